#include "kernels/cpu/lift_events.hpp"

#include <algorithm>

#include "kernels/row_operations.hpp"

namespace sluice::cpu {
namespace {

// Rows prepared before any is changed: their cache misses overlap. 256 rows of 64 bytes leave room
// in a first-level cache.
constexpr std::size_t block_events = 256;
// Half of a second-level cache of 1 MiB.
constexpr std::size_t replica_bytes = std::size_t{512} << 10;
// Waking the workers costs about as much as lifting this many events.
constexpr std::size_t alone_events = 16'384;
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
  Pages replica;
  RowSpace replica_space;
};

EventLifter::EventLifter(Workers& workers, PaneTable& table)
    : workers_(workers),
      table_(table),
      lifter_(table.layout()),
      replica_rows_(replica_bytes / (table.layout().words() * sizeof(std::uint64_t))),
      scratch_(workers.count()) {
  const RowLayout& layout = table.layout();
  for (Scratch& scratch : scratch_) {
    scratch.replica = Pages(replica_rows_ * layout.words() * sizeof(std::uint64_t));
    RowSpace& space = scratch.replica_space;
    space = {reinterpret_cast<std::uint64_t*>(scratch.replica.data()), replica_rows_,
             layout.hot_words, layout.cold_words};
    for (std::size_t row = 0; row < replica_rows_; ++row) {
      std::uint64_t* const hot = space.base + row * layout.hot_words;
      reset_row(layout, {hot, space.cold_row(hot)});
    }
  }
}

EventLifter::~EventLifter() = default;

void EventLifter::lift(const TiledBatch& batch, std::span<const ColumnIndex> columns,
                       std::size_t slots, const double* shifts) {
  if (workers_.count() == 1 || batch.size() <= alone_events) {
    lift_alone(batch, shifts);
  } else if (columns.size() * slots <= replica_rows_) {
    lift_into_replicas(batch, columns, slots, shifts);
  } else {
    lift_by_owner(batch, shifts);
  }
}

void EventLifter::lift_alone(const TiledBatch& batch, const double* shifts) {
  Scratch& scratch = scratch_[0];
  const auto taken = [&](std::size_t position) { return batch.slots[position] != no_slot; };
  for (std::size_t number = 0; number < batch.tiles.size(); ++number) {
    lift_picked(batch, pick(batch, number, taken, scratch), table_.space(), table_rows(), shifts,
                scratch);
  }
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
      lift_picked(batch, pick(batch, number, owned, scratch), table_.space(), table_rows(), shifts,
                  scratch);
    }
  });
}

void EventLifter::lift_into_replicas(const TiledBatch& batch, std::span<const ColumnIndex> columns,
                                     std::size_t slots, const double* shifts) {
  for (std::uint32_t number = 0; number < columns.size(); ++number) {
    if (columns[number] >= replica_of_.size()) replica_of_.resize(columns[number] + std::size_t{1});
    replica_of_[columns[number]] = number;
  }
  const std::size_t hot_words = table_.layout().hot_words;
  const auto taken = [&](std::size_t position) { return batch.slots[position] != no_slot; };
  workers_.each(batch.tiles.size(), [&](unsigned worker, std::size_t number) {
    Scratch& scratch = scratch_[worker];
    const RowSpace& space = scratch.replica_space;
    const auto first_row = [&](ColumnIndex column) {
      return space.base + replica_of_[column] * slots * hot_words;
    };
    if (batch.tiles[number].whole) {
      for (std::uint32_t g = 0; g < batch.limits.grid_count; ++g) {
        const std::size_t first = batch.first_of(number);
        lifter_.lift(space,
                     RowsBySlot{first_row(batch.tiles[number].columns[g]), hot_words,
                                batch.slots + first, first},
                     batch.size_of(number), batch.events, shifts);
      }
      return;
    }
    const auto rows_of = [&](ColumnIndex column) {
      return
          [first = first_row(column), hot_words](KeySlot slot) { return first + slot * hot_words; };
    };
    lift_picked(batch, pick(batch, number, taken, scratch), space, rows_of, shifts, scratch);
  });
  workers_.each((slots + chunk_rows - 1) / chunk_rows,
                [&](unsigned, std::size_t chunk) { merge_replicas(columns, slots, chunk); });
}

void EventLifter::merge_replicas(std::span<const ColumnIndex> columns, std::size_t slots,
                                 std::size_t chunk) {
  const RowLayout& layout = table_.layout();
  const std::size_t last = std::min(slots, (chunk + 1) * chunk_rows);
  for (std::size_t number = 0; number < columns.size(); ++number) {
    for (const Scratch& scratch : scratch_) {
      const RowSpace& space = scratch.replica_space;
      for (std::size_t slot = chunk * chunk_rows; slot < last; ++slot) {
        std::uint64_t* const hot = space.base + (number * slots + slot) * layout.hot_words;
        if (hot[0] == 0) continue;
        const RowRef replica{hot, space.cold_row(hot)};
        const RowGroup rows = table_.open(columns[number], chunk);
        const std::size_t row = slot % chunk_rows;
        combine_row<PlainWords>(
            layout, {rows.hot + row * layout.hot_words, rows.cold + row * layout.cold_words},
            replica);
        reset_row(layout, replica);
      }
    }
  }
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

template <class RowsOf>
void EventLifter::lift_picked(const TiledBatch& batch, std::span<const std::uint32_t> positions,
                              const RowSpace& space, const RowsOf& rows_of, const double* shifts,
                              Scratch& scratch) {
  while (!positions.empty()) {
    const auto block = positions.first(std::min(block_events, positions.size()));
    positions = positions.subspan(block.size());
    const Tile& tile = batch.tiles[block[0] / tile_events];
    for (std::uint32_t g = 0; g < batch.limits.grid_count; ++g) {
      if (tile.uniform) {
        const auto row_of = rows_of(tile.columns[g]);
        for (std::size_t k = 0; k < block.size(); ++k) {
          scratch.rows[k] = row_of(batch.slots[block[k]]);
          __builtin_prefetch(scratch.rows[k], 1);
        }
        lifter_.lift(space, RowsByAddress{scratch.rows, block.data()}, block.size(), batch.events,
                     shifts);
      } else {
        const std::size_t in_grid = locate_mixed(batch, g, block, rows_of, scratch);
        lifter_.lift(space, RowsByAddress{scratch.rows, scratch.events}, in_grid, batch.events,
                     shifts);
      }
    }
  }
}

template <class RowsOf>
std::size_t EventLifter::locate_mixed(const TiledBatch& batch, std::uint32_t grid,
                                      std::span<const std::uint32_t> block, const RowsOf& rows_of,
                                      Scratch& scratch) {
  std::size_t in_grid = 0;
  for (const std::uint32_t position : block) {
    const ColumnIndex column = batch.columns[grid * batch.stride + position];
    if (column == no_column) continue;
    scratch.rows[in_grid] = rows_of(column)(batch.slots[position]);
    __builtin_prefetch(scratch.rows[in_grid], 1);
    scratch.events[in_grid++] = batch.event(position);
  }
  return in_grid;
}

}  // namespace sluice::cpu
