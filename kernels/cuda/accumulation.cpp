#include "kernels/cuda/accumulation.hpp"

#include <algorithm>
#include <cassert>
#include <cstddef>

#include "kernels/cuda/judge.hpp"
#include "kernels/cuda/open_chunks.hpp"
#include "kernels/cuda/resolve_keys.hpp"

namespace sluice::cuda {

Accumulation::Accumulation(const BackendShape& shape, DeviceState& state, KernelTimes& times,
                           Stream& stream)
    : state_(state),
      times_(times),
      stream_(stream),
      row_bytes_(shape.layout.hot_words * sizeof(std::uint64_t)),
      plain_(shape, state, times, stream),
      selection_(shape.max_batch_events),
      slots_(shape.max_batch_events),
      not_plain_(shape.max_batch_events),
      unplaced_(shape.max_batch_events),
      starved_(shape.max_batch_events),
      left_over_(shape.max_batch_events),
      late_(shape.max_batch_events),
      parked_(shape.max_batch_events),
      corrections_(shape.max_batch_events),
      claims_(shape.max_batch_events),
      first_seen_(shape.max_batch_events),
      wanted_(std::max<std::size_t>(shape.max_batch_events, 1)) {
  fill_bytes(partition_maxima_.data(), 0, partition_maxima_.bytes(), stream_);
  lists_ = {.counters = &front_.device.data()->counters,
            .slots = slots_.data(),
            .left_over = not_plain_.data(),
            .late = late_.device.data(),
            .parked = parked_.device.data(),
            .unplaced = unplaced_.data(),
            .starved = starved_.data(),
            .corrections = corrections_.device.data(),
            .claims = claims_.data(),
            .first_seen = first_seen_.device.data(),
            .wanted = wanted_.data(),
            .wanted_capacity = static_cast<std::uint32_t>(wanted_.size()),
            .columns = nullptr,
            .partition_maxima = partition_maxima_.data(),
            .partitions = partitions_.data(),
            .maxima = front_.device.data()->maxima};
}

BatchReport Accumulation::run(const StagedBatch& batch, const BatchLimits& limits,
                              std::span<const std::uint32_t> only, const Shifts& shifts) {
  BatchReport report;
  report.refused.resize(limits.window_count);
  const std::size_t offered = only.empty() ? batch.size : only.size();
  if (offered == 0) return report;

  prepare(batch, limits);
  BatchView view{
      .events = batch.device, .limits = limits, .selected = static_cast<std::uint32_t>(offered)};
  if (only.empty()) {
    take_plain(batch, limits, shifts, view);
  } else {
    upload_selection(only, view);
  }
  const bool has_rounds = view.selected != 0;
  if (has_rounds) run_rounds(view, only.empty(), shifts, report);
  plain_.finish(offered, limits, front_.host[0].counters.plain, has_rounds);
  read_lists(batch, limits, report);
  report.accepted = offered - report.future - report.in_no_window - report.late - report.keys_full -
                    report.parked.size();
  times_.settle();
  return report;
}

void Accumulation::prepare(const StagedBatch& batch, const BatchLimits& limits) {
  ColumnIndex last = 0;
  std::size_t panes = 0;
  for (std::uint32_t g = 0; g < limits.grid_count; ++g) {
    const GridLimits& grid = limits.grids[g];
    for (std::uint32_t p = 0; p < grid.pane_count; ++p) last = std::max(last, grid.columns[p]);
    panes += grid.pane_count;
  }
  // Events of a column that the directory cannot have find no chunk, and are parked.
  if (panes > 0) state_.cover_columns(std::size_t{last} + 1);
  if (batch.device.key.high == nullptr) state_.expect_integer_keys();
  state_.reserve_for_closing(limits.closing_columns, batch.size);
  columns_.reserve(state_.panes().columns());
  lists_.columns = columns_.device.data();
  fill_bytes(lists_.counters, 0, sizeof(BatchCounters), stream_);
  stream_.wait(batch.copied);
}

void Accumulation::take_plain(const StagedBatch& batch, const BatchLimits& limits,
                              const Shifts& shifts, BatchView& view) {
  if (!plain_.start(batch, limits, shifts, lists_)) return;
  read_front(maxima_expected_);
  const PlainTotals& totals = front_.host[0].counters.plain;
  plain_.settle(totals);
  view.selected = totals.left_over;
  view.selection = not_plain_.data();
}

void Accumulation::upload_selection(std::span<const std::uint32_t> only, BatchView& view) {
  std::copy(only.begin(), only.end(), selection_.host.begin());
  selection_.upload(only.size(), stream_);
  view.selection = selection_.device.data();
}

void Accumulation::run_rounds(BatchView& view, bool with_maxima, const Shifts& shifts,
                              BatchReport& report) {
  upload_columns(view.limits);
  judge(view, with_maxima);
  while (view.selected != 0) {
    const std::size_t slots_before = state_.keys().available();
    run_round(view, shifts);
    view.selection = selection_.device.data();
    view.selected = static_cast<std::uint32_t>(settle_round(slots_before, report));
  }
}

void Accumulation::upload_columns(BatchLimits& limits) {
  std::size_t panes = 0;
  for (std::uint32_t g = 0; g < limits.grid_count; ++g) panes += limits.grids[g].pane_count;
  pane_columns_.reserve(panes);
  std::size_t used = 0;
  for (std::uint32_t g = 0; g < limits.grid_count; ++g) {
    GridLimits& grid = limits.grids[g];
    std::copy_n(grid.columns, grid.pane_count, pane_columns_.host.begin() + used);
    grid.columns = pane_columns_.device.data() + used;
    used += grid.pane_count;
  }
  pane_columns_.upload(used, stream_);
}

void Accumulation::judge(const BatchView& view, bool with_maxima) {
  times_.start(Stage::judge, stream_);
  judge_events(view, lists_, with_maxima, stream_);
  if (with_maxima) gather_maxima(lists_, stream_);
  times_.stop(Stage::judge, stream_, view.selected,
              view.selected * (sizeof(EventTime) + sizeof(std::uint32_t) +
                               (view.events.partition == nullptr ? 0 : sizeof(PartitionIndex))));
}

void Accumulation::run_round(const BatchView& view, const Shifts& shifts) {
  const KeyDictionaryRef keys = state_.keys().ref();
  const PaneTableRef panes = state_.panes().ref();
  RoundTotals* const totals = &lists_.counters->round;
  const std::uint64_t events = view.selected;
  fill_bytes(totals, 0, sizeof *totals, stream_);

  times_.start(Stage::resolve_keys, stream_);
  resolve_keys(view, keys, lists_, stream_);
  settle_keys(view.events, keys, lists_, std::min<std::size_t>(view.selected, keys.available),
              stream_);
  times_.stop(Stage::resolve_keys, stream_, events,
              events * (2 * key_bytes_of(view.events) + sizeof(DictionaryEntry) +
                        2 * sizeof(std::uint32_t)));

  times_.start(Stage::open_chunks, stream_);
  want_chunks(view, keys, panes, lists_, stream_);
  const std::size_t entries = std::size_t{panes.columns} * panes.chunks;
  open_chunks(panes,
              {.indices = wanted_.data(),
               .count = &totals->wanted,
               .capacity = static_cast<std::uint32_t>(std::min(entries, wanted_.size())),
               .popped = &totals->popped},
              stream_);
  const std::uint64_t grids = view.limits.grid_count;
  times_.stop(Stage::open_chunks, stream_, events,
              events * (sizeof(EventTime) + (1 + 2 * grids) * sizeof(std::uint32_t)));

  times_.start(Stage::accumulate, stream_);
  accumulate_events(view, panes, shifts, lists_, stream_);
  const std::uint64_t event_bytes = sizeof(EventTime) + 2 * sizeof(std::uint32_t) +
                                    view.events.value_count * sizeof(std::int64_t);
  times_.stop(Stage::accumulate, stream_, events, events * (event_bytes + 2 * grids * row_bytes_));
  state_.panes().download_totals(stream_);
  read_front(maxima_expected_);
}

void Accumulation::read_front(std::size_t maxima) {
  copy_bytes_to_host(front_.host.data(), front_.device.data(),
                     offsetof(Front, maxima) + maxima * sizeof(PartitionMaximum), stream_);
  stream_.synchronize();  // the counters decide what comes next
}

std::size_t Accumulation::settle_round(std::size_t slots_before, BatchReport& report) {
  const RoundTotals round = front_.host[0].counters.round;
  state_.keys().settled(round.claimed);
  const std::size_t missing = state_.panes().taken(round.popped);
  state_.panes().take_back(stream_);
  take_first_seen(round.claimed, report);
  std::size_t next = 0;
  const auto go_on_with = [&](const DeviceBuffer<std::uint32_t>& events, std::size_t count) {
    copy_on_device(selection_.device.data() + next, events.data(), count, stream_);
    next += count;
  };

  if (round.unplaced > 0) {
    using Room = DeviceState::KeyRoom;
    const Room room = state_.keys().available() > 0
                          ? Room::made
                          : state_.make_key_room({starved_.data(), round.starved, slots_.data()});
    // Without room, one more round finds the keys that others entered in this one.
    if (room == Room::made || slots_before > 0) {
      go_on_with(unplaced_, round.unplaced);
    } else if (room == Room::keys_full) {
      report.keys_full += round.unplaced;
    } else {
      park(unplaced_, round.unplaced, report);
    }
  }
  if (round.starved > 0) {
    const bool list_was_short = round.wanted > wanted_.size();
    if (missing > 0 ? state_.provide_chunks(missing) : list_was_short) {
      go_on_with(starved_, round.starved);
    } else {
      park(starved_, round.starved, report);
      state_.slots_may_be_dead();
    }
  }
  return next;
}

void Accumulation::take_first_seen(std::size_t count, BatchReport& report) {
  if (count == 0) return;
  first_seen_.download(count, stream_);
  stream_.synchronize();  // the next round writes the list anew
  report.first_seen.insert(report.first_seen.end(), first_seen_.host.begin(),
                           first_seen_.host.begin() + count);
}

void Accumulation::park(const DeviceBuffer<std::uint32_t>& events, std::size_t count,
                        BatchReport& report) {
  copy_to_host(left_over_.data(), events.data(), count, stream_);
  stream_.synchronize();  // the buffer is read at once
  report.parked.insert(report.parked.end(), left_over_.begin(), left_over_.begin() + count);
  report.out_of_memory = true;
}

void Accumulation::read_lists(const StagedBatch& batch, const BatchLimits& limits,
                              BatchReport& report) {
  const BatchTotals totals = front_.host[0].counters.batch;
  if (totals.partitions > maxima_expected_) {
    maxima_expected_ = totals.partitions;
    read_front(maxima_expected_);
  }
  const PlainTotals& plain = front_.host[0].counters.plain;
  const bool has_columns =
      plain.blocks_done != 0 && plain.left_over == 0 && totals.columns <= plain_columns;
  if (has_columns) std::copy_n(plain.columns, totals.columns, columns_.host.begin());
  const std::size_t columns = has_columns ? 0 : totals.columns;
  late_.download(totals.late, stream_);
  parked_.download(totals.parked, stream_);
  time_corrections(batch.device, corrections_.device.data(), totals.corrections, stream_);
  corrections_.download(totals.corrections, stream_);
  columns_.download(columns, stream_);
  if (totals.late + totals.parked + totals.corrections + columns > 0) {
    stream_.synchronize();  // the lists are read below
  }

  report.future = totals.future;
  report.in_no_window = totals.in_no_window;
  report.late = totals.late;
  std::copy_n(totals.refused, report.refused.size(), report.refused.begin());
  report.maxima.assign(front_.host[0].maxima, front_.host[0].maxima + totals.partitions);
  report.late_events.assign(late_.host.begin(), late_.host.begin() + totals.late);
  std::sort(report.late_events.begin(), report.late_events.end());
  report.parked.insert(report.parked.end(), parked_.host.begin(),
                       parked_.host.begin() + totals.parked);
  std::sort(report.parked.begin(), report.parked.end());
  add_corrections(limits, totals.corrections, report);
  for (std::size_t i = 0; i < totals.columns; ++i) {
    const ColumnIndex column = columns_.host[i];
    if (!state_.panes().holds(column)) report.opened.push_back(column);
    state_.panes().set_held(column);
  }
  std::sort(report.opened.begin(), report.opened.end());
}

void Accumulation::add_corrections(const BatchLimits& limits, std::size_t count,
                                   BatchReport& report) const {
  for (std::size_t i = 0; i < count; ++i) {
    const CorrectedEvent corrected = corrections_.host[i];
    for (std::uint32_t g = 0; g < limits.grid_count; ++g) {
      const GridLimits& grid = limits.grids[g];
      const Placement placement = place(limits, grid, corrected.time);
      const PaneIndex pane = grid.first_pane + placement.pane;
      if (placement.taken && pane < grid.corrected_before) {
        report.corrections.push_back({g, pane, corrected.slot});
      }
    }
  }
  std::sort(report.corrections.begin(), report.corrections.end());
  report.corrections.erase(std::unique(report.corrections.begin(), report.corrections.end()),
                           report.corrections.end());
}

}  // namespace sluice::cuda
