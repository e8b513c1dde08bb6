#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ingest/kafka/embedded_broker.hpp"
#include "ingest/kafka/kafka_producer.hpp"
#include "ingest/kafka/kafka_source.hpp"
#include "tests/ingest/blocks.hpp"

namespace sluice::kafka_test {

using testing_blocks::make_block;
using testing_blocks::texts_of;

using Texts = std::vector<std::string>;

/// Whoever fetches, the messages are the same.
class KafkaSourceTest : public testing::TestWithParam<KafkaFetch> {
 protected:
  KafkaSourceTest() { broker_.create_topic("events", 1); }

  KafkaSettings settings(KafkaStart::From from = KafkaStart::From::earliest) const {
    KafkaSettings settings;
    settings.brokers = broker_.bootstrap_servers();
    settings.topics = {"events"};
    settings.start.from = from;
    settings.lanes = 1;
    settings.fetch = GetParam();
    // The embedded broker answers an empty fetch only after this time.
    settings.properties["fetch.wait.max.ms"] = "10";
    settings.properties["reconnect.backoff.ms"] = "10";
    settings.properties["reconnect.backoff.max.ms"] = "50";
    return settings;
  }

  std::unique_ptr<Source> open(const KafkaSettings& settings) {
    return make_kafka_source(settings, [this](const std::string& line) {
      const std::lock_guard lock(log_mutex_);
      log_.push_back(line);
    });
  }

  Texts log() {
    const std::lock_guard lock(log_mutex_);
    return log_;
  }

  void send(const Texts& payloads, std::int32_t partition = 0,
            const std::string& topic = "events") {
    for (const std::string& payload : payloads) {
      producer_.send(topic, partition, payload);
    }
    ASSERT_TRUE(producer_.flush(std::chrono::seconds(10)));
  }

  FillResult fill(Source& source, SourceBlock& block, unsigned lane = 0,
                  const BlockLimits& limits = {.max_events = 10'000,
                                               .linger = std::chrono::milliseconds(20)}) {
    block.clear();
    return source.fill(lane, block, limits, sequence_);
  }

  /// Payloads of at least `count` messages, in order.
  Texts read(Source& source, std::size_t count) {
    Texts texts;
    SourceBlock block = make_block(1 << 20);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (texts.size() < count && std::chrono::steady_clock::now() < deadline) {
      fill(source, block);
      messages_.insert(messages_.end(), block.messages.begin(), block.messages.end());
      const Texts more = texts_of(block);
      texts.insert(texts.end(), more.begin(), more.end());
    }
    return texts;
  }

  /// Payloads until the lane is finished.
  Texts read_to_the_end(Source& source, unsigned lane = 0) {
    Texts texts;
    SourceBlock block = make_block(1 << 20);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (std::chrono::steady_clock::now() < deadline) {
      if (fill(source, block, lane) == FillResult::finished) {
        return texts;
      }
      finished_.insert(finished_.end(), block.finished.begin(), block.finished.end());
      positions_.insert(positions_.end(), block.positions.begin(), block.positions.end());
      const Texts more = texts_of(block);
      texts.insert(texts.end(), more.begin(), more.end());
    }
    ADD_FAILURE() << "the source does not finish";
    return texts;
  }

  std::string error_of(const KafkaSettings& settings) {
    try {
      open(settings);
    } catch (const SourceError& error) {
      return error.what();
    }
    return "no error";
  }

  /// Drives the source until a condition holds.
  void drive_until(Source& source, const std::function<bool()>& condition) {
    SourceBlock block = make_block(1 << 20);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "the condition never holds";
      fill(source, block);
    }
  }

  EmbeddedBroker broker_;
  KafkaProducer producer_{broker_.bootstrap_servers()};
  std::atomic<std::uint64_t> sequence_{0};
  std::vector<Message> messages_;
  std::vector<PartitionIndex> finished_;
  std::vector<PartitionOffset> positions_;
  std::mutex log_mutex_;
  Texts log_;
};

inline const auto each_way_to_fetch = testing::Values(KafkaFetch::direct, KafkaFetch::librdkafka);
inline std::string name_of_fetch(const testing::TestParamInfo<KafkaFetch>& each) {
  return each.param == KafkaFetch::direct ? "direct" : "librdkafka";
}

}  // namespace sluice::kafka_test
