#include "kernels/cpu/accumulate.hpp"

#include <algorithm>
#include <cassert>

namespace sluice::cpu {
namespace {

// A row that merging adds costs about as much as sorting this many events by owner.
constexpr std::size_t most_shared = 4;
constexpr unsigned batches_to_switch = 3;

template <class T>
void append(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

}  // namespace

AccumulatePass::AccumulatePass(const BackendShape& shape, Workers& workers,
                               KeyDictionary& dictionary, PaneTable& table, StateBudget& budget)
    : workers_(workers),
      dictionary_(dictionary),
      table_(table),
      budget_(budget),
      admission_(workers, dictionary, table),
      sweep_(shape, workers, dictionary, table),
      lifter_(workers, table),
      max_events_(shape.max_batch_events),
      slots_(max_events_ * sizeof(KeySlot)),
      columns_(max_events_ * max_grids * sizeof(ColumnIndex)),
      findings_(workers.count()),
      forced_path_(shape.path) {}

BatchReport AccumulatePass::run(const EventColumns& events, const BatchLimits& limits,
                                std::span<const std::uint32_t> only, const double* shifts) {
  assert(events.size <= max_events_);
  const std::size_t size = only.empty() ? events.size : only.size();
  leave_room(limits);
  for (Findings& findings : findings_) findings.clear();
  met_.clear();
  BatchReport report;
  std::span<const std::uint32_t> left = only;
  if (only.empty() && size != 0) {
    cover_offered(limits);
    const AccumulatePath path = choose_path(size);
    EventSweep::Outcome outcome;
    lift_clock_.time(size, swept_bytes(events, limits),
                     [&] { outcome = sweep_.run(events, limits, path, shifts, findings_); });
    note_path(path, outcome.shared_rows, size);
    left = outcome.left_over;
  }
  for (const Findings& findings : findings_) {
    report.accepted += findings.taken;
    for (const ColumnIndex column : findings.columns.columns()) met_.add(column);
  }
  report_opened(report);
  report.refused.assign(limits.window_count, 0);
  if (!left.empty()) {
    const bool all = left.size() == events.size;
    tiles_.resize((left.size() + tile_events - 1) / tile_events);
    const TiledBatch batch{events,
                           limits,
                           all ? std::span<const std::uint32_t>() : left,
                           tiles_,
                           reinterpret_cast<KeySlot*>(slots_.data()),
                           reinterpret_cast<ColumnIndex*>(columns_.data()),
                           max_events_,
                           only.empty()};
    take_in(batch, shifts, report);
  }
  report_maxima(report);
  budget_.reserve(0);
  return report;
}

/// Leaves memory for what closing may still open.
void AccumulatePass::leave_room(const BatchLimits& limits) noexcept {
  budget_.reserve(table_.bytes_of_more(limits.closing_columns, dictionary_.bound()));
}

void AccumulatePass::cover_offered(const BatchLimits& limits) {
  std::size_t columns = 0;
  for (std::uint32_t g = 0; g < limits.grid_count; ++g) {
    const GridLimits& grid = limits.grids[g];
    for (const ColumnIndex column : std::span(grid.columns, grid.pane_count)) {
      // no_column + 1 is 0.
      columns = std::max<std::size_t>(columns, ColumnIndex{column + 1});
    }
  }
  if (!table_.covers(columns, dictionary_.bound())) settle();
  table_.cover(columns, dictionary_.bound());
}

AccumulatePath AccumulatePass::choose_path(std::size_t size) const noexcept {
  if (workers_.count() == 1) return AccumulatePath::shared_table;
  if (forced_path_ != AccumulatePath::automatic) return forced_path_;
  return size <= alone_events ? AccumulatePath::shared_table : path_;
}

/// Changes path_ when batch after batch speaks against it.
void AccumulatePass::note_path(AccumulatePath taken, std::size_t shared_rows, std::size_t size) {
  if (last_path_ != AccumulatePath::automatic && taken != last_path_) ++path_switches_;
  last_path_ = taken;
  if (taken != path_) return;
  const bool is_private = taken == AccumulatePath::private_tables;
  const bool against =
      is_private ? shared_rows > size / most_shared : shared_rows < size / (2 * most_shared);
  against_ = against ? against_ + 1 : 0;
  if (against_ < batches_to_switch) return;
  against_ = 0;
  path_ = is_private ? AccumulatePath::partitioned : AccumulatePath::private_tables;
}

/// Takes in events one by one.
void AccumulatePass::take_in(const TiledBatch& batch, const double* shifts, BatchReport& report) {
  const std::size_t size = batch.size();
  const EventColumns& events = batch.events;
  settle();
  for (Findings& findings : findings_) findings.clear_but_maxima();
  met_.clear();
  judge_clock_.time(size, size * (time_bytes_of(events) + (events.partition ? 2 : 0)),
                    [&] { judge_all(batch, report); });

  std::size_t columns = 0;
  for (const ColumnIndex column : met_.columns())
    columns = std::max<std::size_t>(columns, column + 1u);
  resolve_clock_.time(size, size * (key_bytes_of(events) + sizeof(KeySlot)),
                      [&] { admission_.resolve(batch, report); });

  leave_room(batch.limits);
  const bool covered = table_.cover(columns, dictionary_.bound());
  const std::size_t chunks = (dictionary_.bound() + table_.chunk_rows() - 1) / table_.chunk_rows();
  if (!covered || !table_.has_room(met_.columns().size() * chunks)) {
    park_unplaceable(batch, report);
  }
  lift_clock_.time(size, lifted_bytes(batch),
                   [&] { lifter_.lift(batch, met_.columns(), dictionary_.bound(), shifts); });

  std::sort(report.parked.begin(), report.parked.end());
  report_refusals(batch, report);
  report_corrections(batch, report);
  settle_failures(batch, report);
  report_opened(report);
}

void AccumulatePass::judge_all(const TiledBatch& batch, BatchReport& report) {
  workers_.each(batch.tiles.size(), [&](unsigned worker, std::size_t number) {
    judge_tile(batch, number, findings_[worker]);
  });
  for (const Findings& findings : findings_) {
    report.accepted += findings.taken;
    report.future += findings.future;
    report.in_no_window += findings.in_no_window;
    append(report.late_events, findings.late);
    append(report.parked, findings.parked);
    for (const ColumnIndex column : findings.columns.columns()) met_.add(column);
  }
  std::sort(report.late_events.begin(), report.late_events.end());
  report.late = report.late_events.size();
}

void AccumulatePass::report_maxima(BatchReport& report) const {
  std::vector<EventTime> maxima;
  for (const Findings& findings : findings_) {
    maxima.resize(std::max(maxima.size(), findings.maxima.size()), start_of_time);
    for (std::size_t p = 0; p < findings.maxima.size(); ++p) {
      maxima[p] = std::max(maxima[p], findings.maxima[p]);
    }
  }
  for (std::size_t p = 0; p < maxima.size(); ++p) {
    if (maxima[p] == start_of_time) continue;
    report.maxima.push_back({static_cast<PartitionIndex>(p), maxima[p]});
  }
}

bool AccumulatePass::place(const TiledBatch& batch, std::size_t position) {
  const KeySlot slot = batch.slots[position];
  if (slot >= table_.slots()) return false;
  for (std::uint32_t g = 0; g < batch.limits.grid_count; ++g) {
    const ColumnIndex column = batch.column(g, position);
    if (column == no_column) continue;
    if (column >= table_.columns() || !table_.open(column, slot / table_.chunk_rows()))
      return false;
  }
  return true;
}

void AccumulatePass::park_unplaceable(const TiledBatch& batch, BatchReport& report) {
  for (std::size_t position = 0; position < batch.size(); ++position) {
    if (batch.slots[position] == no_slot || place(batch, position)) continue;
    batch.slots[position] = no_slot;
    report.parked.push_back(batch.event(position));
    report.out_of_memory = true;
  }
}

void AccumulatePass::report_refusals(const TiledBatch& batch, BatchReport& report) const {
  for (const Findings& findings : findings_) {
    for (const std::uint32_t position : findings.refused_by_some) {
      if (batch.slots[position] == no_slot) continue;
      const EventTime time = batch.events.time[batch.event(position)];
      for (std::uint32_t w = 0; w < batch.limits.window_count; ++w) {
        report.refused[w] += refuses(batch.limits.windows[w], time) ? 1u : 0u;
      }
    }
  }
}

void AccumulatePass::report_corrections(const TiledBatch& batch, BatchReport& report) const {
  for (const Findings& findings : findings_) {
    for (const Findings::InClosedPane& found : findings.in_closed_pane) {
      const KeySlot slot = batch.slots[found.position];
      if (slot != no_slot) report.corrections.push_back({found.grid, found.pane, slot});
    }
  }
  std::sort(report.corrections.begin(), report.corrections.end());
  report.corrections.erase(std::unique(report.corrections.begin(), report.corrections.end()),
                           report.corrections.end());
}

/// Events that were taken by their time and got no slot or no memory are not accepted, and their
/// columns not met.
void AccumulatePass::settle_failures(const TiledBatch& batch, BatchReport& report) {
  std::uint64_t parked = 0;
  for (const Findings& findings : findings_) parked += findings.parked.size();
  const std::uint64_t failed = report.keys_full + report.parked.size() - parked;
  if (failed == 0) return;
  report.accepted -= failed;
  met_.clear();
  for (std::size_t position = 0; position < batch.size(); ++position) {
    if (batch.slots[position] == no_slot) continue;
    for (std::uint32_t g = 0; g < batch.limits.grid_count; ++g) {
      const ColumnIndex column = batch.column(g, position);
      if (column != no_column) met_.add(column);
    }
  }
}

void AccumulatePass::report_opened(BatchReport& report) {
  for (const ColumnIndex column : met_.columns()) {
    if (table_.holds(column)) continue;
    table_.set_held(column, true);
    report.opened.push_back(column);
  }
  std::sort(report.opened.begin(), report.opened.end());
}

std::uint64_t AccumulatePass::swept_bytes(const EventColumns& events,
                                          const BatchLimits& limits) const {
  std::uint64_t read = time_bytes_of(events) + key_bytes_of(events);
  for (std::uint32_t v = 0; v < events.value_count; ++v) read += value_bytes_of(events.values[v]);
  const std::uint64_t row = table_.layout().hot_words * sizeof(std::uint64_t);
  return events.size * (read + limits.grid_count * 2 * row);
}

std::uint64_t AccumulatePass::lifted_bytes(const TiledBatch& batch) const {
  const std::uint64_t read = sizeof(KeySlot) + batch.events.value_count * sizeof(std::int64_t);
  const std::uint64_t row = table_.layout().hot_words * sizeof(std::uint64_t);
  return batch.size() * (read + batch.limits.grid_count * 2 * row);
}

std::array<KernelStatistics, 3> AccumulatePass::statistics() const {
  return {judge_clock_.figures(), resolve_clock_.figures(), lift_clock_.figures()};
}

}  // namespace sluice::cpu
