#include "kernels/cpu/sweep_events.hpp"

#include <algorithm>
#include <cassert>

#include "kernels/cpu/fetch.hpp"
#include "kernels/cpu/hot_row.hpp"
#include "kernels/cpu/place_events.hpp"

namespace sluice::cpu {
namespace {

// Rows that caches near the core hold: beyond, fetching ahead pays.
constexpr std::size_t near_bytes = std::size_t{768} << 10;
// Events that are lifted while as many of the next tile are fetched.
constexpr std::size_t block_events = 256;

std::span<const std::uint64_t> block_of(std::span<const std::uint64_t> events, std::size_t first) {
  events = events.subspan(std::min(first, events.size()));
  return events.first(std::min(block_events, events.size()));
}

}  // namespace

/// Plain panes of a grid.
struct EventSweep::PlainPanes {
  PaneGrid grid;
  PaneIndex first = 0;
  PaneIndex end = 0;
  const ColumnIndex* columns = nullptr;  ///< [end - first]
  PaneDivider divider;
};

/// What is the same for all tiles.
struct EventSweep::Pass {
  const EventColumns& events;
  const BatchLimits& limits;
  AccumulatePath path;
  const double* shifts;
  EventTime from = 0;          ///< first time that every window takes
  EventTime until = 0;         ///< last one
  bool few = false;            ///< rows are kept in FewRows
  bool fetch = false;          ///< rows lie far from the core
  bool fetch_numbers = false;  ///< so does the dictionary's array
  std::size_t tiles = 0;
  PlainPanes grids[max_grids] = {};
};

/// What one worker has for itself.
struct alignas(64) EventSweep::Share {
  Share(const RowLayout& layout, const RowLifter& lifter)
      : few(layout, lifter.lanes(), lifter.instructions()) {}

  Writer writer;
  FewRows few;
  ColumnIndex few_column = no_column;
  std::vector<RowGroup> few_target;  ///< the column's chunks

  // The tile.
  std::size_t first = 0;
  std::size_t size = 0;
  std::size_t missing = 0;
  TimeRange range{};
  KeySlot slots[tile_events];
  std::uint32_t offsets[tile_events];
  ColumnSet met;
  std::vector<std::uint64_t*> rows;  ///< [grids x tile_events]
};

EventSweep::EventSweep(const BackendShape& shape, Workers& workers, const KeyDictionary& dictionary,
                       PaneTable& table)
    : workers_(workers),
      dictionary_(dictionary),
      table_(table),
      lifter_(table.layout()),
      set_(lifter_.instructions()),
      max_events_((shape.max_batch_events + tile_events - 1) / tile_events * tile_events),
      left_over_(max_events_ * sizeof(std::uint32_t)),
      sorted_(max_events_ * max_grids * sizeof(std::uint64_t)) {
  for (unsigned worker = 0; worker < workers.count(); ++worker) {
    shares_.push_back(std::make_unique<Share>(table.layout(), lifter_));
  }
}

EventSweep::~EventSweep() = default;

EventSweep::Outcome EventSweep::run(const EventColumns& events, const BatchLimits& limits,
                                    AccumulatePath path, const double* shifts,
                                    std::span<Findings> findings) {
  Pass pass{.events = events, .limits = limits, .path = path, .shifts = shifts};
  pass.tiles = (events.size + tile_events - 1) / tile_events;
  left_counts_.assign(pass.tiles, 0);
  tile_ranges_.assign(pass.tiles, {end_of_time, start_of_time});
  if (!prepare(pass)) {
    for (std::size_t number = 0; number < pass.tiles; ++number) {
      shares_[0]->first = number * tile_events;
      shares_[0]->size = std::min(tile_events, events.size - shares_[0]->first);
      leave(*shares_[0], number);
    }
    return {gather_left_over(pass.tiles), 0};
  }
  if (path == AccumulatePath::shared_table) {
    for (std::size_t number = 0; number < pass.tiles; ++number) {
      sweep_tile(pass, *shares_[0], number, findings[0]);
    }
    empty_few(*shares_[0]);
  } else {
    workers_.each_near(pass.tiles, [&](unsigned worker, std::size_t number) {
      sweep_tile(pass, *shares_[worker], number, findings[worker]);
    });
    if (path == AccumulatePath::partitioned) {
      workers_.each(workers_.count(), [&](unsigned, std::size_t owner) {
        lift_owned(pass, static_cast<unsigned>(owner));
      });
    } else {
      for (const auto& share : shares_) empty_few(*share);
    }
  }
  table_.end_opening();
  return {gather_left_over(pass.tiles), shared_rows(pass)};
}

/// Rows in panes that several workers meet when each takes its part of the tiles.
std::size_t EventSweep::shared_rows(const Pass& pass) const {
  const std::size_t workers = workers_.count();
  const std::size_t part_events = pass.events.size / workers;
  std::size_t rows = 0;
  TimeRange before{end_of_time, start_of_time};
  for (std::size_t part = 0; part < workers; ++part) {
    TimeRange range{end_of_time, start_of_time};
    for (std::size_t number = pass.tiles * part / workers;
         number < pass.tiles * (part + 1) / workers; ++number) {
      range.earliest = std::min(range.earliest, tile_ranges_[number].earliest);
      range.latest = std::max(range.latest, tile_ranges_[number].latest);
    }
    const EventTime from = std::max(before.earliest, range.earliest);
    const EventTime until = std::min(before.latest, range.latest);
    for (std::uint32_t g = 0; g < pass.limits.grid_count && from <= until; ++g) {
      const PaneGrid& grid = pass.grids[g].grid;
      const auto panes = static_cast<std::size_t>(grid.pane_of(until) - grid.pane_of(from) + 1);
      rows += std::min(part_events, panes * dictionary_.bound());
    }
    before.earliest = std::min(before.earliest, range.earliest);
    before.latest = std::max(before.latest, range.latest);
  }
  return rows;
}

bool EventSweep::prepare(Pass& pass) {
  const BatchLimits& limits = pass.limits;
  if (limits.gaps || limits.grid_count == 0 || dictionary_.bound() == 0 ||
      table_.slots() < dictionary_.bound()) {
    return false;
  }
  pass.from = limits.untouched_from;
  pass.until = limits.future_after;
  for (std::uint32_t w = 0; w < limits.window_count; ++w) {
    pass.from = std::max(pass.from, limits.windows[w].refused_before);
  }
  for (std::uint32_t g = 0; g < limits.grid_count; ++g) {
    const GridLimits& grid = limits.grids[g];
    PlainPanes& panes = pass.grids[g];
    panes.grid = grid.grid;
    panes.first = std::max(grid.first_pane, grid.corrected_before);
    panes.end = grid.first_pane + grid.pane_count;
    panes.columns = grid.columns + (panes.first - grid.first_pane);
    if (grid.grid.length < static_cast<Milliseconds>(PaneDivider::end)) {
      panes.divider = PaneDivider(grid.grid.length);
    }
  }
  if (pass.path == AccumulatePath::private_tables && !table_.cover_layers()) return false;
  const RowLayout& layout = table_.layout();
  const std::size_t row_bytes = layout.hot_words * sizeof(std::uint64_t);
  pass.fetch_numbers = pass.path == AccumulatePath::partitioned &&
                       dictionary_.bound() * sizeof(KeySlot) > near_bytes;
  // Who finds a row in the partitioned path is seldom who changes it.
  pass.fetch =
      pass.path != AccumulatePath::partitioned && dictionary_.bound() * row_bytes > near_bytes;
  pass.few = pass.path != AccumulatePath::partitioned && limits.grid_count == 1 &&
             lifter_.by_lanes(pass.events);
  for (unsigned worker = 0; worker < shares_.size(); ++worker) {
    Share& share = *shares_[worker];
    share.writer = {worker, pass.path == AccumulatePath::private_tables ? worker : 0};
    share.rows.resize(limits.grid_count * tile_events);
    pass.few = pass.few && share.few.fit(dictionary_.bound());
  }
  if (pass.path == AccumulatePath::partitioned) {
    owned_parts_.assign(limits.grid_count * pass.tiles * workers_.count(), {});
  }
  return true;
}

void EventSweep::sweep_tile(const Pass& pass, Share& share, std::size_t number,
                            Findings& findings) {
  const EventColumns& events = pass.events;
  share.first = number * tile_events;
  share.size = std::min(tile_events, events.size - share.first);
  share.range = time_range(set_, events.time, share.first, share.size);
  if (share.range.earliest < pass.from || share.range.latest > pass.until) {
    return leave(share, number);
  }
  if (pass.few && sweep_few(pass, share, number, findings)) return;
  const KeyColumn& keys = events.key;
  const std::uint32_t* const direct = dictionary_.direct_slots(keys, share.first, share.size);
  bool placed = false;
  if (direct != nullptr && keys.narrow != nullptr) {
    placed = place_tile(pass, share, NumbersOfKeys{direct, keys.narrow + share.first});
  } else if (direct != nullptr) {
    placed = place_tile(pass, share, NumbersOfKeys{direct, keys.low + share.first});
  } else {
    dictionary_.find_all(keys, share.first, share.size, share.slots);
    placed = place_tile(pass, share, NumbersOfSlots{share.slots});
  }
  if (!placed) return leave(share, number);
  for (const ColumnIndex column : share.met.columns()) findings.columns.add(column);
  tile_ranges_[number] = share.range;
  note_times(events, share.first, share.size, share.range.latest, findings);
  findings.taken += share.size - share.missing;
  if (pass.path == AccumulatePath::partitioned) {
    sort_tile(pass, share, number);
  } else {
    lift_tile(pass, share);
  }
  if (share.missing != 0) leave_missing(pass, share, number);
}

/// Takes in a tile whose events lie in one column with few rows.
/// @returns false, and does nothing, when they do not
bool EventSweep::sweep_few(const Pass& pass, Share& share, std::size_t number, Findings& findings) {
  const EventColumns& events = pass.events;
  const PlainPanes& panes = pass.grids[0];
  const PaneIndex pane = panes.grid.pane_of(share.range.earliest);
  if (share.range.latest - panes.grid.start_of(pane) >= panes.grid.length) return false;
  if (pane < panes.first || pane >= panes.end) return false;
  const ColumnIndex column = panes.columns[pane - panes.first];
  if (column == no_column) return false;
  const ValueColumn& values = events.values[lifter_.lanes().value];
  const unsigned bits =
      values.narrow != nullptr ? 32 : magnitude_bits(set_, values.bits + share.first, share.size);
  if (share.few_column != column || !share.few.has_room(share.size, bits)) {
    empty_few(share);
    if (!share.few.has_room(share.size, bits) || !open_few(share, column)) return false;
  }
  if (values.narrow != nullptr) {
    lift_few(pass, share, values.narrow + share.first, bits);
  } else {
    lift_few(pass, share, values.bits + share.first, bits);
  }
  note_times(events, share.first, share.size, share.range.latest, findings);
  findings.taken += share.size - share.missing;
  tile_ranges_[number] = share.range;
  if (share.missing != share.size) findings.columns.add(column);
  if (share.missing != 0) leave_missing(pass, share, number);
  return true;
}

/// Opens all chunks of a column for the few rows.
bool EventSweep::open_few(Share& share, ColumnIndex column) {
  if (column >= table_.columns()) return false;
  share.few_target.clear();
  for (std::size_t slot = 0; slot < dictionary_.bound(); slot += table_.chunk_rows()) {
    const RowGroup chunk = table_.open(share.writer, column, slot / table_.chunk_rows());
    if (!chunk) return false;
    share.few_target.push_back(chunk);
  }
  share.few_column = column;
  return true;
}

template <class Value>
void EventSweep::lift_few(const Pass& pass, Share& share, const Value* values, unsigned bits) {
  const KeyColumn& keys = pass.events.key;
  const std::uint32_t* const direct = dictionary_.direct_slots(keys, share.first, share.size);
  if (direct == nullptr) dictionary_.find_all(keys, share.first, share.size, share.slots);
  share.missing = 0;
  for (std::size_t block = 0; block < share.size; block += block_events) {
    const std::size_t first = share.first + block;
    const std::size_t size = std::min(block_events, share.size - block);
    fetch_keys(pass.events, first + tile_events, size);
    fetch_values(pass.events, first + tile_events, size);
    if (direct == nullptr) {
      share.missing +=
          share.few.lift(NumbersOfSlots{share.slots + block}, values + block, size, bits);
    } else if (keys.narrow != nullptr) {
      share.missing +=
          share.few.lift(NumbersOfKeys{direct, keys.narrow + first}, values + block, size, bits);
    } else {
      share.missing +=
          share.few.lift(NumbersOfKeys{direct, keys.low + first}, values + block, size, bits);
    }
  }
}

/// Finds the row of every event in every grid.
template <class Numbers>
bool EventSweep::place_tile(const Pass& pass, Share& share, const Numbers& numbers) const {
  share.met.clear();
  for (std::uint32_t g = 0; g < pass.limits.grid_count; ++g) {
    const PlainPanes& panes = pass.grids[g];
    const PaneIndex first = panes.grid.pane_of(share.range.earliest);
    const EventTime start = panes.grid.start_of(first);
    const EventTime span = share.range.latest - start;
    if (first < panes.first || first >= panes.end) return false;
    const ColumnIndex* const columns = panes.columns + (first - panes.first);
    if (span < panes.grid.length) {
      share.missing =
          place_blocks(pass, share, g, numbers, [&](std::size_t) { return columns[0]; });
    } else if (span < static_cast<EventTime>(PaneDivider::end) &&
               panes.grid.length < static_cast<Milliseconds>(PaneDivider::end) &&
               panes.grid.pane_of(share.range.latest) < panes.end) {
      pane_offsets(set_, pass.events.time, share.first, share.size, start, panes.divider,
                   share.offsets);
      share.missing = place_blocks(pass, share, g, numbers, [&](std::size_t block) {
        return ColumnsOfPanes{columns, share.offsets + block};
      });
    } else {
      return false;
    }
    if (share.missing == unplaced) return false;
  }
  return true;
}

/// Finds the rows of a tile in a grid, while keys and times of the next tile are fetched.
/// @param columns_from the columns of the events from a block on
template <class Numbers, class Columns>
std::size_t EventSweep::place_blocks(const Pass& pass, Share& share, std::uint32_t grid,
                                     const Numbers& numbers, const Columns& columns_from) const {
  std::size_t missing = 0;
  for (std::size_t block = 0; block < share.size; block += block_events) {
    const std::size_t size = std::min(block_events, share.size - block);
    if (grid == 0) fetch_keys(pass.events, share.first + block + tile_events, size);
    const Places places{table_.rows(share.writer),
                        table_.columns(),
                        size,
                        share.size - block,
                        table_.spoil(share.writer.worker),
                        share.rows.data() + grid * tile_events + block,
                        pass.fetch,
                        pass.fetch_numbers};
    const std::size_t here =
        place_events(places, numbers.from(block), columns_from(block), share.met);
    if (here == unplaced) return unplaced;
    missing += here;
  }
  return missing;
}

void EventSweep::lift_tile(const Pass& pass, Share& share) {
  const RowLayout& layout = table_.layout();
  const RowGroup copies = table_.spoil_rows(share.writer.worker);
  for (std::uint32_t g = 0; g < pass.limits.grid_count; ++g) {
    std::uint64_t** const rows = share.rows.data() + g * tile_events;
    std::uint64_t* const hot = find_hot_row(rows, share.size);
    const bool spread = hot != nullptr && hot != copies.hot;
    if (spread) spread_hot_row(layout, hot, copies, rows, share.size);
    for (std::size_t block = 0; block < share.size; block += block_events) {
      const std::size_t first = share.first + block;
      const std::size_t size = std::min(block_events, share.size - block);
      if (g == 0) fetch_values(pass.events, first + tile_events, size);
      lifter_.lift(table_.space(), RowsInOrder{rows + block, first}, size, pass.events,
                   pass.shifts);
    }
    if (spread) gather_hot_row(layout, {hot, table_.space().cold_row(hot)}, copies);
  }
}

void EventSweep::empty_few(Share& share) {
  if (!share.few.is_empty()) share.few.empty_into(share.few_target);
  share.few_column = no_column;
}

void EventSweep::sort_tile(const Pass& pass, Share& share, std::size_t number) {
  const std::size_t owners = workers_.count();
  for (std::uint32_t g = 0; g < pass.limits.grid_count; ++g) {
    const TileRows tile{share.rows.data() + g * tile_events, share.size, table_.space().base,
                        table_.spoil(share.writer.worker)};
    OwnedPart* const parts = owned_parts_.data() + (g * pass.tiles + number) * owners;
    sort_by_owner(tile, {parts, owners}, share.offsets,
                  reinterpret_cast<std::uint64_t*>(sorted_.data()) + g * max_events_ + share.first);
  }
}

/// An owner's events of a tile.
std::span<const std::uint64_t> EventSweep::owned_events(const Pass& pass, std::uint32_t grid,
                                                        std::size_t number, unsigned owner) const {
  const std::uint64_t* const sorted = reinterpret_cast<const std::uint64_t*>(sorted_.data()) +
                                      grid * max_events_ + number * tile_events;
  const OwnedPart part = owned_parts_[(grid * pass.tiles + number) * workers_.count() + owner];
  return {sorted + part.begin, sorted + part.end};
}

/// While an owner's rows of a tile are changed, those of the next tile and its values are fetched.
void EventSweep::lift_owned(const Pass& pass, unsigned owner) {
  const RowSpace space = table_.space();
  for (std::uint32_t g = 0; g < pass.limits.grid_count; ++g) {
    std::span<const std::uint64_t> owned;
    std::size_t first_event = 0;
    for (std::size_t number = 0; number <= pass.tiles; ++number) {
      std::span<const std::uint64_t> coming;
      if (number < pass.tiles) coming = owned_events(pass, g, number, owner);
      for (std::size_t block = 0; block < std::max(owned.size(), coming.size());
           block += block_events) {
        fetch_values(pass.events, number * tile_events + block * workers_.count(),
                     block_events * workers_.count());
        const auto now = block_of(owned, block);
        const auto next = block_of(coming, block);
        const RowsOfOwner rows{space.base, now.data(), first_event, next.data(), next.size()};
        lifter_.lift(space, rows, now.size(), pass.events, pass.shifts);
        for (std::size_t k = now.size(); k < next.size(); ++k) rows.fetch(k);
      }
      owned = coming;
      first_event = number * tile_events;
    }
  }
}

void EventSweep::leave(const Share& share, std::size_t number) {
  auto* const left = reinterpret_cast<std::uint32_t*>(left_over_.data()) + share.first;
  for (std::size_t k = 0; k < share.size; ++k) {
    left[k] = static_cast<std::uint32_t>(share.first + k);
  }
  left_counts_[number] = static_cast<std::uint32_t>(share.size);
}

void EventSweep::leave_missing(const Pass& pass, Share& share, std::size_t number) {
  dictionary_.find_all(pass.events.key, share.first, share.size, share.slots);
  auto* const left = reinterpret_cast<std::uint32_t*>(left_over_.data()) + share.first;
  std::uint32_t count = 0;
  for (std::size_t k = 0; k < share.size; ++k) {
    if (share.slots[k] == no_slot) left[count++] = static_cast<std::uint32_t>(share.first + k);
  }
  left_counts_[number] = count;
}

std::span<const std::uint32_t> EventSweep::gather_left_over(std::size_t tiles) {
  auto* const left = reinterpret_cast<std::uint32_t*>(left_over_.data());
  std::size_t end = 0;
  for (std::size_t number = 0; number < tiles; ++number) {
    const std::size_t count = left_counts_[number];
    if (end != number * tile_events) std::copy_n(left + number * tile_events, count, left + end);
    end += count;
  }
  return {left, end};
}

}  // namespace sluice::cpu
