#include "kernels/cuda/plain_accumulation.hpp"

#include <algorithm>

#include "kernels/cuda/open_chunks.hpp"
#include "kernels/cuda/row_form.hpp"

namespace sluice::cuda {

namespace {

constexpr int first_device = 0;
/// Of the static shared memory of the kernels.
constexpr std::size_t shared_reserve = std::size_t{6} << 10;
/// Rows that are worth opening ahead, for each event of the batch: writing an empty row costs a
/// tenth of what a left over event costs.
constexpr std::size_t rows_opened_per_event = 16;
/// Opening ahead may take this part of the memory that is left.
constexpr std::size_t ahead_divisor = 2;
/// More (pane, chunk) pairs than this do not fit next to private tables.
constexpr std::uint64_t most_pairs = std::uint64_t{1} << 20;
/// A group's number has 32 bits, and one value means none.
constexpr std::uint64_t most_groups = 0xffff'fffeu;
/// Sums without returned values are given up when values come near what is allowed: an event with
/// a larger one would be left over.
constexpr std::uint64_t magnitude_headroom = 4;

PassResources resources_of(const DeviceInfo& info) {
  return {.multiprocessors = static_cast<unsigned>(info.multiprocessors),
          .shared_bytes = info.shared_bytes_per_block - shared_reserve};
}

std::size_t event_bytes(const EventColumns& events) {
  std::size_t bytes = time_bytes_of(events) + key_bytes_of(events) +
                      (events.partition == nullptr ? 0 : sizeof(PartitionIndex));
  for (std::uint32_t v = 0; v < events.value_count; ++v) {
    if (events.values[v].is_set()) bytes += value_bytes_of(events.values[v]);
  }
  return bytes;
}

std::size_t chunks_of(std::size_t slots) { return (slots + chunk_slots - 1) / chunk_slots; }

}  // namespace

PlainAccumulation::PlainAccumulation(const BackendShape& shape, DeviceState& state,
                                     KernelTimes& times, Stream& stream)
    : state_(state),
      times_(times),
      stream_(stream),
      layout_(shape.layout),
      resources_(resources_of(device_info(first_device))),
      l2_bytes_(device_info(first_device).l2_bytes),
      choice_(shape.path),
      parts_(shape.max_batch_events) {}

bool PlainAccumulation::start(const StagedBatch& batch, const BatchLimits& limits,
                              const Shifts& shifts, const BatchLists& lists) {
  const PlainRange range = plain_range(limits, batch.sample);
  const std::size_t slots = state_.keys().bound();
  measured_ = true;
  if (range.span == 0 || slots == 0) return false;
  const FormChoice chosen = form_of(layout_, batch.device);
  form_ = chosen.form;
  view_.events = batch.device;
  view_.from = range.from;
  view_.span = range.span;
  view_.slots = static_cast<std::uint32_t>(slots);
  view_.places = chosen.places;
  view_.shifts = shifts;
  view_.lists = lists;
  set_grids(limits, range);
  open_ahead(limits, range, batch.size, lists);
  view_.keys = state_.keys().ref();
  view_.table = state_.panes().ref();
  bound_sums(batch.size);

  measured_ = form_ != RowForm::general;
  launch(batch.size);
  return true;
}

void PlainAccumulation::launch(std::size_t events) {
  const PathLoad load = load_of(events, form_);
  private_blocks_ = static_cast<unsigned>(load.blocks);
  times_.start(Stage::accumulate, stream_);
  switch (choice_.choose(load)) {
    case AccumulatePath::private_tables:
      accumulate_private(view_, form_, resources_, stream_);
      break;
    case AccumulatePath::partitioned:
      if (parts_.provide()) {
        accumulate_partitioned(view_, form_, resources_, parts_, stream_);
        break;
      }
      [[fallthrough]];
    case AccumulatePath::shared_table:
    case AccumulatePath::automatic:
      accumulate_shared(view_, form_, resources_, stream_);
      break;
  }
  times_.stop(Stage::accumulate, stream_, events, events * event_bytes(view_.events));
}

void PlainAccumulation::set_grids(const BatchLimits& limits, const PlainRange& range) {
  std::size_t used = 0;
  std::uint64_t groups = 0;
  std::uint64_t pairs = 0;
  view_.short_offsets = true;
  for (std::uint32_t g = 0; g < limits.grid_count; ++g) used += range.panes[g].count;
  if (used > columns_.size()) uploaded_.clear();
  columns_.reserve(used);
  used = 0;
  for (std::uint32_t g = 0; g < limits.grid_count; ++g) {
    const GridLimits& grid = limits.grids[g];
    const PaneRange& panes = range.panes[g];
    PlainGrid& plain = view_.grids[g];
    plain.before = static_cast<std::uint64_t>(range.from - grid.grid.start_of(panes.first));
    plain.columns = columns_.device.data() + used;
    plain.panes = panes.count;
    plain.first_group = static_cast<std::uint32_t>(groups);
    plain.first_chunk = static_cast<std::uint32_t>(pairs);
    groups = std::min(groups + std::uint64_t{panes.count} * view_.slots, most_groups + 1);
    pairs = std::min(pairs + panes.count * chunks_of(view_.slots), most_pairs + 1);
    const std::uint64_t furthest = range.span + plain.before;
    const std::uint64_t shortest = std::uint64_t{1} << PaneDivision::short_bits;
    if (std::max(furthest, static_cast<std::uint64_t>(grid.grid.length)) >= shortest) {
      view_.short_offsets = false;
    }
    std::copy_n(grid.columns + (panes.first - grid.first_pane), panes.count,
                columns_.host.begin() + used);
    used += panes.count;
  }
  for (std::uint32_t g = 0; g < limits.grid_count; ++g) {
    view_.grids[g].division = division_by(limits.grids[g].grid.length, view_.short_offsets);
  }
  view_.grid_count = limits.grid_count;
  view_.groups = groups > most_groups ? 0 : static_cast<std::uint32_t>(groups);
  too_many_pairs_ = pairs > most_pairs;
  const ColumnIndex* const columns = columns_.host.data();
  if (uploaded_.size() != used || !std::equal(uploaded_.begin(), uploaded_.end(), columns)) {
    uploaded_.assign(columns, columns + used);
    columns_.upload(used, stream_);
  }
}

void PlainAccumulation::open_ahead(const BatchLimits& limits, const PlainRange& range,
                                   std::size_t events, const BatchLists& lists) {
  PaneTable& panes = state_.panes();
  const auto chunks = static_cast<std::uint32_t>(chunks_of(view_.slots));
  std::vector<ColumnIndex> opening;
  open_chunks_.resize(std::max(open_chunks_.size(), panes.columns()), 0);
  for (std::uint32_t g = 0; g < limits.grid_count; ++g) {
    const GridLimits& grid = limits.grids[g];
    const PaneIndex first = range.expected[g].first - grid.first_pane;
    for (std::uint32_t p = 0; p < range.expected[g].count; ++p) {
      const ColumnIndex column = grid.columns[first + p];
      if (column >= panes.columns()) continue;
      if (!panes.holds(column) || open_chunks_[column] < chunks) opening.push_back(column);
    }
  }
  const std::size_t wanted = opening.size() * chunks;
  if (wanted == 0 || wanted * chunk_slots > events * rows_opened_per_event) return;
  const std::size_t left = state_.max_bytes() - std::min(state_.max_bytes(), state_.bytes());
  if ((wanted + panes.kept()) * panes.chunk_bytes() > left / ahead_divisor) return;
  state_.provide_chunks(wanted);
  opening_.reserve(opening.size());
  std::copy(opening.begin(), opening.end(), opening_.host.begin());
  opening_.upload(opening.size(), stream_);
  open_columns(panes.ref(), opening_.device.data(), static_cast<std::uint32_t>(opening.size()),
               chunks, &lists.counters->plain.popped, stream_);
  for (const ColumnIndex column : opening) open_chunks_[column] = chunks;
}

void PlainAccumulation::bound_sums(std::size_t events) {
  view_.value_limit = (SumBounds::limit - 1) / events;
  view_.wrapless = false;
  if (form_ != RowForm::sum && form_ != RowForm::sum_and_extremes) return;
  std::uint64_t largest = view_.value_limit;
  for (const ColumnIndex column : uploaded_) {
    if (!state_.panes().holds(column)) bounds_.set_empty(column);
    largest = std::min(largest, bounds_.largest_value(column, events));
  }
  constexpr std::uint64_t narrow_limit = std::uint64_t{1} << 31;
  if (largest < std::max(narrow_limit, magnitude_ * magnitude_headroom)) return;
  view_.wrapless = true;
  view_.value_limit = largest;
}

PathLoad PlainAccumulation::load_of(std::size_t events, RowForm form) const {
  PathLoad load{.events = events,
                .groups = view_.groups == 0 ? most_groups + 1 : view_.groups,
                .row_bytes = layout_.hot_words * sizeof(std::uint64_t),
                .l2_bytes = l2_bytes_};
  load.fits_parts = view_.groups != 0 && view_.grid_count == 1;
  if (choice_.path() == AccumulatePath::private_tables) load.touched = touched_;
  if (view_.groups == 0 || too_many_pairs_) return load;
  const std::size_t bytes = private_bytes(view_, form);
  load.fits_block = bytes <= resources_.shared_bytes;
  load.blocks = resources_.grid_for(events, bytes).blocks;
  return load;
}

void PlainAccumulation::settle(const PlainTotals& totals) {
  state_.panes().taken(totals.popped);
  touched_ = totals.touched / private_blocks_;
  if (totals.starved == 0) return;
  // Chunks that were thought open were not: look again.
  for (const ColumnIndex column : uploaded_) {
    if (column < open_chunks_.size()) open_chunks_[column] = 0;
  }
}

void PlainAccumulation::finish(std::size_t events, const BatchLimits& limits,
                               const PlainTotals& totals, bool had_rounds) {
  if (totals.magnitude != 0) magnitude_ = totals.magnitude;
  const std::uint64_t magnitude = measured_ ? totals.magnitude : SumBounds::limit;
  if (!had_rounds) {
    for (const ColumnIndex column : uploaded_) bounds_.add(column, events, magnitude);
    return;
  }
  for (std::uint32_t g = 0; g < limits.grid_count; ++g) {
    const GridLimits& grid = limits.grids[g];
    for (std::uint32_t p = 0; p < grid.pane_count; ++p) {
      bounds_.add(grid.columns[p], events, magnitude);
    }
  }
}

}  // namespace sluice::cuda
