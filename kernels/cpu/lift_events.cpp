#include "kernels/cpu/lift_events.hpp"

#include <algorithm>
#include <numeric>

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

/// Rows of one column in a worker's own memory.
struct ReplicaRows {
  std::uint64_t* first;
  std::size_t hot_words;
  std::uint64_t* operator()(KeySlot slot) const noexcept { return first + slot * hot_words; }
};

RowsBySlot rows_for(const ReplicaRows& rows, const KeySlot* slots, std::size_t, std::uint64_t**) {
  return {rows.first, slots, rows.hot_words};
}

RowsByAddress rows_for(const ColumnRows& row_of, const KeySlot* slots, std::size_t size,
                       std::uint64_t** rows) {
  for (std::size_t k = 0; k < size; ++k) {
    rows[k] = row_of(slots[k]);
    __builtin_prefetch(rows[k], 1);
  }
  return {rows};
}

}  // namespace

struct EventLifter::Scratch {
  std::uint64_t* rows[block_events];
  std::uint32_t positions[tile_events];
  std::uint32_t picked[block_events];
  std::int64_t bits[max_values][block_events];
  std::uint8_t valid[max_values][block_events];
  EventColumns values;  ///< of the picked events, in bits and valid
  Pages replica;
  RowSpace replica_space;
  std::vector<std::uint32_t> next;
};

EventLifter::EventLifter(Workers& workers, PaneTable& table, std::size_t max_batch_events)
    : workers_(workers),
      table_(table),
      lifter_(table.layout()),
      replica_rows_(replica_bytes / (table.layout().words() * sizeof(std::uint64_t))),
      scratch_(workers.count()),
      by_owner_(max_batch_events) {
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
  const RowSpace space = table_.space();
  const auto rows_of = [this](ColumnIndex column) { return table_.rows(column); };
  for (std::size_t number = 0; number < batch.tiles.size(); ++number) {
    lift_tile(batch, number, space, rows_of, shifts, scratch_[0]);
  }
}

void EventLifter::lift_into_replicas(const TiledBatch& batch, std::span<const ColumnIndex> columns,
                                     std::size_t slots, const double* shifts) {
  for (std::uint32_t number = 0; number < columns.size(); ++number) {
    if (columns[number] >= replica_of_.size()) replica_of_.resize(columns[number] + std::size_t{1});
    replica_of_[columns[number]] = number;
  }
  const std::size_t hot_words = table_.layout().hot_words;
  workers_.each(batch.tiles.size(), [&](unsigned worker, std::size_t number) {
    Scratch& scratch = scratch_[worker];
    const auto rows_of = [&](ColumnIndex column) {
      return ReplicaRows{scratch.replica_space.base + replica_of_[column] * slots * hot_words,
                         hot_words};
    };
    lift_tile(batch, number, scratch.replica_space, rows_of, shifts, scratch);
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

void EventLifter::lift_by_owner(const TiledBatch& batch, const double* shifts) {
  const std::size_t owners = workers_.count();
  owner_starts_.resize(batch.tiles.size() * (owners + 1));
  workers_.each(batch.tiles.size(), [&](unsigned worker, std::size_t number) {
    order_by_owner(batch, number, scratch_[worker]);
  });
  const RowSpace space = table_.space();
  const auto rows_of = [this](ColumnIndex column) { return table_.rows(column); };
  workers_.each(owners, [&](unsigned worker, std::size_t owner) {
    Scratch& scratch = scratch_[worker];
    for (std::size_t number = 0; number < batch.tiles.size(); ++number) {
      const std::uint32_t* const starts = &owner_starts_[number * (owners + 1) + owner];
      const auto first = static_cast<std::uint32_t>(batch.first_of(number));
      for (std::uint32_t k = starts[0]; k < starts[1]; ++k) {
        scratch.positions[k - starts[0]] = first + by_owner_[first + k];
      }
      lift_picked(batch, {scratch.positions, starts[1] - starts[0]}, space, rows_of, shifts,
                  scratch);
    }
  });
}

void EventLifter::order_by_owner(const TiledBatch& batch, std::size_t number, Scratch& scratch) {
  const auto owners = static_cast<std::uint32_t>(workers_.count());
  const std::size_t first = batch.first_of(number);
  const std::size_t size = batch.size_of(number);
  const KeySlot* const slots = batch.slots + first;
  std::uint32_t* const owner = scratch.positions;
  std::vector<std::uint32_t>& next = scratch.next;
  next.assign(owners + 1, 0);
  // Events that are not taken belong to one more owner, whose share nobody reads.
  for (std::size_t k = 0; k < size; ++k) {
    owner[k] = slots[k] == no_slot ? owners : owner_of(slots[k], owners);
    ++next[owner[k]];
  }
  std::exclusive_scan(next.begin(), next.end(), next.begin(), 0u);
  std::copy(next.begin(), next.end(),
            owner_starts_.begin() + static_cast<std::ptrdiff_t>(number * (owners + 1)));
  for (std::size_t k = 0; k < size; ++k) {
    by_owner_[first + next[owner[k]]++] = static_cast<std::uint16_t>(k);
  }
}

template <class RowsOf>
void EventLifter::lift_tile(const TiledBatch& batch, std::size_t number, const RowSpace& space,
                            const RowsOf& rows_of, const double* shifts, Scratch& scratch) {
  const std::size_t first = batch.first_of(number);
  const std::size_t size = batch.size_of(number);
  if (batch.tiles[number].whole) {
    for (std::size_t k = 0; k < size; k += block_events) {
      lift_whole(batch, first + k, std::min(block_events, size - k), space, rows_of, shifts,
                 scratch);
    }
    return;
  }
  std::size_t picked = 0;
  for (std::size_t position = first; position < first + size; ++position) {
    scratch.positions[picked] = static_cast<std::uint32_t>(position);
    picked += batch.slots[position] != no_slot ? 1 : 0;
  }
  lift_picked(batch, {scratch.positions, picked}, space, rows_of, shifts, scratch);
}

template <class RowsOf>
void EventLifter::lift_whole(const TiledBatch& batch, std::size_t first, std::size_t size,
                             const RowSpace& space, const RowsOf& rows_of, const double* shifts,
                             Scratch& scratch) {
  EventColumns values;
  values.size = size;
  values.value_count = batch.events.value_count;
  for (std::uint32_t v = 0; v < values.value_count; ++v) {
    const ValueColumn& column = batch.events.values[v];
    values.values[v] = {column.bits + first,
                        column.valid == nullptr ? nullptr : column.valid + first};
  }
  for (std::uint32_t g = 0; g < batch.limits.grid_count; ++g) {
    const auto row_of = rows_of(batch.column(g, first));
    lifter_.lift(space, rows_for(row_of, batch.slots + first, size, scratch.rows), values, shifts);
  }
}

template <class RowsOf>
void EventLifter::lift_picked(const TiledBatch& batch, std::span<const std::uint32_t> positions,
                              const RowSpace& space, const RowsOf& rows_of, const double* shifts,
                              Scratch& scratch) {
  for (; !positions.empty();
       positions = positions.subspan(std::min(block_events, positions.size()))) {
    const auto block = positions.first(std::min(block_events, positions.size()));
    const Tile& tile = batch.tiles[block[0] / tile_events];
    for (std::uint32_t g = 0; g < batch.limits.grid_count; ++g) {
      const std::size_t picked = tile.uniform
                                     ? pick_uniform(batch, block, rows_of(tile.columns[g]), scratch)
                                     : pick_mixed(batch, g, block, rows_of, scratch);
      if (g == 0 || !tile.uniform) gather_values(batch, {scratch.picked, picked}, scratch);
      scratch.values.size = picked;
      lifter_.lift(space, RowsByAddress{scratch.rows}, scratch.values, shifts);
    }
  }
}

template <class RowOf>
std::size_t EventLifter::pick_uniform(const TiledBatch& batch, std::span<const std::uint32_t> block,
                                      const RowOf& row_of, Scratch& scratch) {
  for (std::size_t k = 0; k < block.size(); ++k) {
    scratch.rows[k] = row_of(batch.slots[block[k]]);
    __builtin_prefetch(scratch.rows[k], 1);
    scratch.picked[k] = batch.event(block[k]);
  }
  return block.size();
}

template <class RowsOf>
std::size_t EventLifter::pick_mixed(const TiledBatch& batch, std::uint32_t grid,
                                    std::span<const std::uint32_t> block, const RowsOf& rows_of,
                                    Scratch& scratch) {
  std::size_t picked = 0;
  for (const std::uint32_t position : block) {
    const ColumnIndex column = batch.columns[grid * batch.stride + position];
    if (column == no_column) continue;
    scratch.rows[picked] = rows_of(column)(batch.slots[position]);
    __builtin_prefetch(scratch.rows[picked], 1);
    scratch.picked[picked++] = batch.event(position);
  }
  return picked;
}

void EventLifter::gather_values(const TiledBatch& batch, std::span<const std::uint32_t> events,
                                Scratch& scratch) {
  scratch.values.value_count = batch.events.value_count;
  for (std::uint32_t v = 0; v < batch.events.value_count; ++v) {
    const ValueColumn& column = batch.events.values[v];
    for (std::size_t k = 0; k < events.size(); ++k) scratch.bits[v][k] = column.bits[events[k]];
    if (column.valid != nullptr) {
      for (std::size_t k = 0; k < events.size(); ++k) {
        scratch.valid[v][k] = column.valid[events[k]];
      }
    }
    scratch.values.values[v] = {scratch.bits[v],
                                column.valid == nullptr ? nullptr : scratch.valid[v]};
  }
}

}  // namespace sluice::cpu
