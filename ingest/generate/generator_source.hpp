#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include "ingest/decode/format.hpp"
#include "ingest/generate/event_generator.hpp"
#include "ingest/generate/generator_settings.hpp"
#include "ingest/source.hpp"

namespace sluice {

/// Generated JSON events, written straight into the blocks: in `lines` framing about a thousand a
/// message, in `message` framing one. Partition p is of lane p % lanes(). Offsets count events.
/// With a rate, events come when the wall clock says so, and what was held back is caught up.
class GeneratorSource final : public Source {
 public:
  /// @param lanes 0: one a core; never more than one a partition
  /// @param now event time of the first event unless the settings say another
  GeneratorSource(const GeneratorSettings& settings, Framing framing, unsigned lanes,
                  EventTime now);

  const std::vector<PartitionName>& partitions() const noexcept override { return partitions_; }
  unsigned lanes() const noexcept override { return static_cast<unsigned>(lanes_.size()); }
  std::optional<unsigned> lane_of(PartitionIndex partition) const noexcept override;
  FillResult fill(unsigned lane, SourceBlock& block, const BlockLimits& limits,
                  std::atomic<std::uint64_t>& sequence) override;
  void pause(std::span<const PartitionIndex> partitions) override;
  void resume(std::span<const PartitionIndex> partitions) override;
  void commit(std::span<const PartitionOffset>) override {}
  SourceStatistics statistics() const override;

 private:
  using Clock = std::chrono::steady_clock;

  struct Partition {
    PartitionIndex index;
    EventGenerator events;
    std::int64_t next = 0;  ///< offset of the next event
    bool finished = false;
  };
  struct Lane {
    std::vector<Partition> partitions;
    std::size_t turn = 0;  ///< partition that writes next
    std::uint64_t written = 0;
    std::optional<Clock::time_point> started;
  };
  /// A block as far as it is filled.
  struct Filling {
    SourceBlock& block;
    const BlockLimits& limits;
    std::size_t events = 0;
    Clock::time_point deadline;
  };

  std::uint64_t due(const Lane& lane) const;
  bool wait_for_events(const Lane& lane, const Filling& filling) const;
  Partition* next_partition(Lane& lane) const;
  bool write(Lane& lane, Partition& partition, std::size_t count, Filling& filling) const;

  std::vector<PartitionName> partitions_;
  bool lines_;
  std::optional<std::uint64_t> rate_;
  std::vector<Lane> lanes_;
  std::unique_ptr<std::atomic<bool>[]> paused_;  ///< by PartitionIndex
};

/// @see GeneratorSource; `now` is the wall clock.
std::unique_ptr<Source> make_generator_source(const GeneratorSettings& settings, Framing framing,
                                              unsigned lanes = 0);

}  // namespace sluice
