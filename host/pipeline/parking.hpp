#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "host/engine/engine.hpp"
#include "ingest/decode/decoded_events.hpp"
#include "ingest/source.hpp"
#include "kernels/backend.hpp"

namespace sluice {

/// Copies of events that the state cannot hold yet (SEMANTICS, Held-back watermark). Their
/// partitions are paused, and count neither as idle nor as finished, until every event is in;
/// engine.on_full decides when nothing can bring that about. Engine thread only.
///
/// Bounded by the batches that were on their way when the partitions were paused.
class Parking {
 public:
  Parking(Engine& engine, Backend& backend, Source& source);

  bool empty() const noexcept { return lots_.empty(); }
  bool holds(PartitionIndex partition) const noexcept { return parked_in_[partition] > 0; }
  std::size_t paused() const noexcept;
  /// Time of the earliest parked event; end_of_time when there is none.
  EventTime earliest() const noexcept;

  /// Copies events of a batch. @param indices in `columns`, at least one
  /// @param keys [indices] encoded @param now the batch's
  /// @returns the earliest of their times
  EventTime park(const EventColumns& columns, std::span<const std::uint32_t> indices,
                 std::vector<std::string> keys, EventTime now);

  /// The partition was read to its end while some of its events are parked: the end waits too.
  void defer_finish(PartitionIndex partition);

  /// Offers the parked events again, oldest first. @returns the finished partitions that waited
  /// for what is in now.
  /// @throws EngineFull when nothing can be admitted, no other partition can move the watermark,
  /// and on_full is stop.
  std::vector<PartitionIndex> admit();

 private:
  struct Lot {
    DecodedEvents events;
    std::vector<std::string> keys;       ///< [events] encoded
    EventTime now;                       ///< of their batch
    std::vector<std::uint32_t> waiting;  ///< events that are not in yet
    std::vector<PartitionIndex> partitions;
    std::vector<PartitionIndex> finished;  ///< ends that wait
  };
  bool can_move() const;
  std::size_t admit_lot(Lot& lot);
  void leave(const Lot& lot, std::vector<PartitionIndex>& finished);

  Engine& engine_;
  Backend& backend_;
  Source& source_;
  std::vector<Lot> lots_;
  std::vector<std::uint32_t> parked_in_;  ///< lots per partition
};

}  // namespace sluice
