#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "ingest/kafka/direct/direct_lane.hpp"
#include "tests/ingest/blocks.hpp"
#include "tests/ingest/kafka/direct/scripted_broker.hpp"

namespace sluice::wire_test {

/// Where a partition begins and, if anywhere, ends.
struct Start {
  std::int64_t offset = 0;
  std::optional<std::int64_t> end = std::nullopt;
};

/// A lane over the partitions of one topic, "events", and what came out of it so far.
class LaneUnderTest {
 public:
  using Texts = std::vector<std::string>;

  static DirectSettings settings_for(const ScriptedBroker& broker) {
    DirectSettings settings;
    settings.brokers = text_of(broker.address());
    settings.bootstrap = {broker.address()};
    settings.client_id = "test";
    settings.limits.max_wait_ms = 10;
    settings.backoff = std::chrono::milliseconds(1);
    settings.backoff_max = std::chrono::milliseconds(5);
    settings.error_backoff = std::chrono::milliseconds(1);
    settings.unknown_topic_grace = std::chrono::milliseconds(50);
    return settings;
  }

  explicit LaneUnderTest(const ScriptedBroker& broker, std::vector<Start> starts = {{}})
      : LaneUnderTest(settings_for(broker), starts) {}
  LaneUnderTest(const DirectSettings& settings, const std::vector<Start>& starts,
                std::size_t block_bytes = std::size_t{1} << 20)
      : block_(testing_blocks::make_block(block_bytes)) {
    std::vector<AssignedPartition> assigned;
    for (std::size_t i = 0; i < starts.size(); ++i) {
      assigned.push_back(
          {static_cast<PartitionIndex>(i),
           {"events", static_cast<std::int32_t>(i), starts[i].offset, starts[i].end}});
    }
    statistics_.partitions.resize(starts.size());
    lane_ = std::make_unique<DirectLane>(
        settings, assigned, [this](const std::string& line) { log_.push_back(line); },
        std::nullopt);
  }

  FillResult fill(const BlockLimits& limits = {.max_events = 10'000,
                                               .linger = std::chrono::milliseconds(5)}) {
    block_.clear();
    const FillResult result = lane_->fill(block_, limits, sequence_);
    messages.insert(messages.end(), block_.messages.begin(), block_.messages.end());
    positions.insert(positions.end(), block_.positions.begin(), block_.positions.end());
    finished.insert(finished.end(), block_.finished.begin(), block_.finished.end());
    const Texts more = testing_blocks::texts_of(block_);
    texts.insert(texts.end(), more.begin(), more.end());
    return result;
  }

  /// Fills until a condition holds. @returns whether it came to hold
  bool drive_until(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!condition()) {
      if (std::chrono::steady_clock::now() >= deadline) return false;
      fill();
    }
    return true;
  }
  /// At least so many messages in all.
  bool read(std::size_t count) {
    return drive_until([this, count] { return texts.size() >= count; });
  }
  bool read_to_the_end() {
    return drive_until([this] { return fill() == FillResult::finished; });
  }
  /// The error that ends the lane.
  std::string failure() {
    try {
      (void)drive_until([] { return false; });
    } catch (const SourceError& error) {
      return error.what();
    }
    return "no error";
  }

  DirectLane& lane() { return *lane_; }
  SourceBlock& block() { return block_; }
  SourceStatistics statistics() const {
    SourceStatistics statistics = statistics_;
    lane_->add_to(statistics);
    return statistics;
  }
  const Texts& log() const { return log_; }

  Texts texts;
  std::vector<Message> messages;
  std::vector<PartitionOffset> positions;
  std::vector<PartitionIndex> finished;

 private:
  SourceBlock block_;
  SourceStatistics statistics_;
  std::atomic<std::uint64_t> sequence_{0};
  Texts log_;
  std::unique_ptr<DirectLane> lane_;
};

}  // namespace sluice::wire_test
