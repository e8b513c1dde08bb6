#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "ingest/source.hpp"
#include "tests/host/pipeline/fake_clock.hpp"

namespace sluice {

struct ScriptedMessage {
  PartitionIndex partition = 0;
  std::optional<std::string> payload;  ///< nullopt: a tombstone
};

/// One block of the script.
struct ScriptedBlock {
  unsigned lane = 0;
  std::vector<ScriptedMessage> messages;
  std::vector<PartitionIndex> finished = {};  ///< partitions that end with this block
  Milliseconds quiet_before = 0;              ///< how long the lane has nothing before it
};

/// What a lane does when its blocks are used up.
enum class Afterwards { finish, stay_quiet, break_down };

/// A source that delivers a script, block by block. A block waits while one of its partitions is
/// paused. Every quiet fill takes `quiet_time` on the fake clock.
class ScriptedSource : public Source {
 public:
  static constexpr Milliseconds quiet_time = 50;

  ScriptedSource(std::size_t partitions, std::vector<ScriptedBlock> script, Afterwards afterwards,
                 FakeClock& clock);

  const std::vector<PartitionName>& partitions() const noexcept override { return partitions_; }
  unsigned lanes() const noexcept override { return lanes_; }
  std::optional<unsigned> lane_of(PartitionIndex partition) const noexcept override;
  FillResult fill(unsigned lane, SourceBlock& block, const BlockLimits& limits,
                  std::atomic<std::uint64_t>& sequence) override;
  void pause(std::span<const PartitionIndex> partitions) override;
  void resume(std::span<const PartitionIndex> partitions) override;
  void commit(std::span<const PartitionOffset> offsets) override;
  SourceStatistics statistics() const override;

  /// Delivers one block only after the engine has told that it is done with the one before.
  void wait_for_engine();
  /// The engine is done with a block.
  void processed();

  std::vector<PartitionIndex> paused() const;
  /// Next offset by partition.
  std::map<PartitionIndex, std::int64_t> committed() const;

 private:
  bool is_paused(const ScriptedBlock& block) const;
  void write(const ScriptedBlock& from, SourceBlock& block);

  std::vector<PartitionName> partitions_;
  std::vector<std::optional<unsigned>> lane_of_;
  unsigned lanes_ = 1;
  Afterwards afterwards_;
  FakeClock& clock_;

  mutable std::mutex mutex_;  ///< guards everything below
  std::vector<ScriptedBlock> script_;
  std::vector<std::int64_t> next_offset_;
  std::set<PartitionIndex> paused_;
  std::map<PartitionIndex, std::int64_t> committed_;
  bool waits_for_engine_ = false;
  bool on_its_way_ = false;
};

}  // namespace sluice
