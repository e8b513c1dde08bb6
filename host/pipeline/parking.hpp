#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "host/engine/engine.hpp"
#include "host/pipeline/batch.hpp"
#include "host/pipeline/batch_pool.hpp"
#include "ingest/source.hpp"

namespace sluice {

/// Batches with events that the state cannot hold yet (SEMANTICS, Held-back watermark). Their
/// partitions are paused, and count neither as idle nor as finished, until every event is in;
/// engine.on_full decides when nothing can bring that about. Engine thread only.
class Parking {
 public:
  Parking(Engine& engine, Backend& backend, Source& source, BatchPool& pool);

  bool empty() const noexcept { return lots_.empty(); }
  bool holds(PartitionIndex partition) const noexcept { return parked_in_[partition] > 0; }
  std::size_t paused() const noexcept;

  /// Keeps `batch` for the events at `indices`.
  void park(Batch& batch, EngineBatch view, std::vector<std::uint32_t> indices);

  /// The partition was read to its end while some of its events are parked: the end waits too.
  void defer_finish(PartitionIndex partition);

  /// Offers the parked events again, oldest first. @returns the finished partitions that waited
  /// for what is in now. `stuck`: no other batch can be read any more.
  /// @throws EngineFull when nothing can be admitted, nothing else can move the watermark, and
  /// on_full is stop.
  std::vector<PartitionIndex> admit(bool stuck);

 private:
  struct Lot {
    Batch* batch;
    EngineBatch view;
    std::vector<std::uint32_t> indices;
    std::vector<PartitionIndex> partitions;  ///< of the parked events
    std::vector<PartitionIndex> finished;    ///< ends that wait
  };
  bool can_move() const;
  std::size_t admit_lot(Lot& lot);
  void leave(Lot& lot, std::vector<PartitionIndex>& finished);

  Engine& engine_;
  Backend& backend_;
  Source& source_;
  BatchPool& pool_;
  std::vector<Lot> lots_;
  std::vector<std::uint32_t> parked_in_;  ///< lots per partition
};

}  // namespace sluice
