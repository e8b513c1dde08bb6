#include "kernels/cpu/lift_events.hpp"

#include <algorithm>
#include <cassert>

#include "kernels/cpu/merge_layers.hpp"

namespace sluice::cpu {
namespace {

// Rows prepared before any is changed: their cache misses overlap. 256 rows of 64 bytes leave room
// in a first-level cache.
constexpr std::size_t block_events = 256;
// Neighbours share cache lines, so they share an owner; and hot keys, having come first, lie side
// by side, so owners alternate often.
constexpr std::size_t owned_together = 8;

std::uint32_t owner_of(KeySlot slot, std::uint32_t owners) noexcept {
  const auto mixed = static_cast<std::uint32_t>(slot / owned_together) * 0x9e37'79b1u;
  return static_cast<std::uint32_t>(std::uint64_t{mixed} * owners >> 32);
}

}  // namespace

struct EventLifter::Scratch {
  std::uint32_t positions[tile_events];
  std::uint64_t* rows[block_events];
  std::uint32_t events[block_events];
};

EventLifter::EventLifter(Workers& workers, PaneTable& table)
    : workers_(workers), table_(table), lifter_(table.layout()), scratch_(workers.count()) {}

EventLifter::~EventLifter() = default;

void EventLifter::lift(const TiledBatch& batch, std::span<const ColumnIndex> columns,
                       std::size_t slots, const double* shifts) {
  const std::size_t chunk_rows = table_.chunk_rows();
  const std::size_t chunks = columns.size() * ((slots + chunk_rows - 1) / chunk_rows);
  if (workers_.count() == 1 || batch.size() <= alone_events) {
    lift_alone(batch, shifts);
  } else if (chunks * chunk_rows <= batch.size() / 2 && table_.cover_layers() &&
             table_.has_room(workers_.count() * chunks)) {
    lift_into_layers(batch, shifts);
  } else {
    lift_by_owner(batch, shifts);
  }
  table_.end_opening();
}

void EventLifter::lift_alone(const TiledBatch& batch, const double* shifts) {
  Scratch& scratch = scratch_[0];
  const auto taken = [&](std::size_t position) { return batch.slots[position] != no_slot; };
  for (std::size_t number = 0; number < batch.tiles.size(); ++number) {
    lift_picked(batch, pick(batch, number, taken, scratch), table_.rows(), shifts, scratch);
  }
}

void EventLifter::lift_into_layers(const TiledBatch& batch, const double* shifts) {
  const auto taken = [&](std::size_t position) { return batch.slots[position] != no_slot; };
  workers_.each(batch.tiles.size(), [&](unsigned worker, std::size_t number) {
    Scratch& scratch = scratch_[worker];
    lift_picked(batch, pick(batch, number, taken, scratch), table_.rows({worker, worker}), shifts,
                scratch);
  });
  merge_layers(workers_, table_);
}

void EventLifter::lift_by_owner(const TiledBatch& batch, const double* shifts) {
  const auto owners = static_cast<std::uint32_t>(workers_.count());
  workers_.each(owners, [&](unsigned worker, std::size_t owner) {
    Scratch& scratch = scratch_[worker];
    const auto owned = [&](std::size_t position) {
      const KeySlot slot = batch.slots[position];
      return (slot != no_slot) & (owner_of(slot, owners) == owner);
    };
    for (std::size_t number = 0; number < batch.tiles.size(); ++number) {
      lift_picked(batch, pick(batch, number, owned, scratch), table_.rows({worker, 0}), shifts,
                  scratch);
    }
  });
}

/// Positions of a tile's events that `wanted` is true for.
template <class Wanted>
std::span<const std::uint32_t> EventLifter::pick(const TiledBatch& batch, std::size_t number,
                                                 const Wanted& wanted, Scratch& scratch) {
  const std::size_t first = batch.first_of(number);
  const std::size_t end = first + batch.size_of(number);
  std::size_t picked = 0;
  // Without a branch: who owns a row is as good as random.
  for (std::size_t position = first; position < end; ++position) {
    scratch.positions[picked] = static_cast<std::uint32_t>(position);
    picked += wanted(position) ? 1u : 0u;
  }
  return {scratch.positions, picked};
}

void EventLifter::lift_picked(const TiledBatch& batch, std::span<const std::uint32_t> positions,
                              const RowFinder& rows, const double* shifts, Scratch& scratch) {
  while (!positions.empty()) {
    const auto block = positions.first(std::min(block_events, positions.size()));
    positions = positions.subspan(block.size());
    for (std::uint32_t g = 0; g < batch.limits.grid_count; ++g) {
      const std::size_t in_grid = locate(batch, g, block, rows, scratch);
      lifter_.lift(table_.space(), RowsByAddress{scratch.rows, scratch.events}, in_grid,
                   batch.events, shifts);
    }
  }
}

std::size_t EventLifter::locate(const TiledBatch& batch, std::uint32_t grid,
                                std::span<const std::uint32_t> block, const RowFinder& rows,
                                Scratch& scratch) {
  std::size_t in_grid = 0;
  for (const std::uint32_t position : block) {
    const ColumnIndex column = batch.column(grid, position);
    if (column == no_column) continue;
    const KeySlot slot = batch.slots[position];
    std::uint64_t* row = rows.find(rows.chunks_of(column), slot);
    if (row == nullptr) row = rows.open(column, slot);
    assert(row != nullptr);
    __builtin_prefetch(row, 1);
    scratch.rows[in_grid] = row;
    scratch.events[in_grid++] = batch.event(position);
  }
  return in_grid;
}

}  // namespace sluice::cpu
