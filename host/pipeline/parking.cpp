#include "host/pipeline/parking.hpp"

#include <algorithm>

namespace sluice {

Parking::Parking(Engine& engine, Backend& backend, Source& source, BatchPool& pool)
    : engine_(engine),
      backend_(backend),
      source_(source),
      pool_(pool),
      parked_in_(source.partitions().size()) {}

std::size_t Parking::paused() const noexcept {
  return static_cast<std::size_t>(
      std::count_if(parked_in_.begin(), parked_in_.end(), [](auto lots) { return lots > 0; }));
}

void Parking::park(Batch& batch, EngineBatch view, std::vector<std::uint32_t> indices) {
  Lot lot{.batch = &batch,
          .view = std::move(view),
          .indices = std::move(indices),
          .partitions = {},
          .finished = {}};
  for (const std::uint32_t event : lot.indices) {
    const PartitionIndex partition =
        batch.events.partition[batch.events.one_partition ? 0 : event];
    if (std::find(lot.partitions.begin(), lot.partitions.end(), partition) ==
        lot.partitions.end()) {
      lot.partitions.push_back(partition);
      ++parked_in_[partition];
    }
  }
  source_.pause(lot.partitions);
  lots_.push_back(std::move(lot));
}

void Parking::defer_finish(PartitionIndex partition) {
  const auto lot = std::find_if(lots_.rbegin(), lots_.rend(), [&](const Lot& candidate) {
    return std::find(candidate.partitions.begin(), candidate.partitions.end(), partition) !=
           candidate.partitions.end();
  });
  lot->finished.push_back(partition);
}

bool Parking::can_move() const {
  const Watermarks& watermarks = engine_.watermarks();
  for (std::size_t p = 0; p < parked_in_.size(); ++p) {
    const auto partition = static_cast<PartitionIndex>(p);
    if (!watermarks.idle(partition) && !watermarks.finished(partition) && !holds(partition)) {
      return true;
    }
  }
  return false;
}

std::size_t Parking::admit_lot(Lot& lot) {
  const std::size_t before = lot.indices.size();
  const Ticket ticket = backend_.stage(lot.batch->events.columns());
  lot.view.ticket = ticket;
  lot.indices = engine_.admit(lot.view, lot.indices);
  backend_.release(ticket);
  return before - lot.indices.size();
}

void Parking::leave(Lot& lot, std::vector<PartitionIndex>& finished) {
  std::vector<PartitionIndex> resumed;
  for (const PartitionIndex partition : lot.partitions) {
    if (--parked_in_[partition] == 0) resumed.push_back(partition);
  }
  source_.resume(resumed);
  finished.insert(finished.end(), lot.finished.begin(), lot.finished.end());
  pool_.give_back(*lot.batch);
}

std::vector<PartitionIndex> Parking::admit(bool stuck) {
  std::vector<PartitionIndex> finished;
  if (lots_.empty()) return finished;
  std::size_t admitted = 0;
  for (Lot& lot : lots_) admitted += admit_lot(lot);
  if (admitted == 0 && (stuck || !can_move())) {
    for (Lot& lot : lots_) {
      engine_.give_up(lot.indices.size());
      lot.indices.clear();
    }
  }
  for (Lot& lot : lots_) {
    if (lot.indices.empty()) leave(lot, finished);
  }
  std::erase_if(lots_, [](const Lot& lot) { return lot.indices.empty(); });
  return finished;
}

}  // namespace sluice
