#include "kernels/cpu/accumulate.hpp"

#include <algorithm>
#include <cassert>

namespace sluice::cpu {
namespace {

template <class T>
void append(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

}  // namespace

AccumulatePass::AccumulatePass(const BackendShape& shape, Workers& workers,
                               KeyDictionary& dictionary, PaneTable& table)
    : workers_(workers),
      dictionary_(dictionary),
      table_(table),
      admission_(workers, dictionary, table),
      lifter_(workers, table),
      max_events_(shape.max_batch_events),
      slots_(max_events_ * sizeof(KeySlot)),
      columns_(max_events_ * max_grids * sizeof(ColumnIndex)),
      findings_(workers.count()) {}

BatchReport AccumulatePass::run(const EventColumns& events, const BatchLimits& limits,
                                std::span<const std::uint32_t> only, const double* shifts) {
  assert(events.size <= max_events_);
  const std::size_t size = only.empty() ? events.size : only.size();
  tiles_.resize((size + tile_events - 1) / tile_events);
  const TiledBatch batch{events,
                         limits,
                         only,
                         tiles_,
                         reinterpret_cast<KeySlot*>(slots_.data()),
                         reinterpret_cast<ColumnIndex*>(columns_.data()),
                         max_events_};
  BatchReport report;
  judge_clock_.time(size, size * (time_bytes_of(events) + (events.partition ? 2 : 0)),
                    [&] { judge_all(batch, report); });

  std::size_t columns = 0;
  for (const ColumnIndex column : met_.columns())
    columns = std::max<std::size_t>(columns, column + 1u);
  bool covered = table_.cover(columns, dictionary_.capacity());
  resolve_clock_.time(size, size * (key_bytes_of(events) + sizeof(KeySlot)),
                      [&] { admission_.resolve(batch, report); });

  const std::size_t chunks = (dictionary_.bound() + chunk_rows - 1) / chunk_rows;
  covered = covered && dictionary_.bound() <= table_.slots();
  // Two workers may open the same chunk, and one of them gives its own back.
  if (!covered || !table_.has_room(met_.columns().size() * chunks + workers_.count())) {
    park_unplaceable(batch, report);
  }
  lift_clock_.time(size, lifted_bytes(batch),
                   [&] { lifter_.lift(batch, met_.columns(), dictionary_.bound(), shifts); });

  std::sort(report.parked.begin(), report.parked.end());
  report_refusals(batch, report);
  report_corrections(batch, report);
  report_opened(batch, report);
  return report;
}

void AccumulatePass::judge_all(const TiledBatch& batch, BatchReport& report) {
  for (Findings& findings : findings_) findings.clear();
  met_.clear();
  workers_.each(batch.tiles.size(), [&](unsigned worker, std::size_t number) {
    judge_tile(batch, number, findings_[worker]);
  });
  std::vector<EventTime> maxima;
  for (const Findings& findings : findings_) {
    report.accepted += findings.taken;
    report.future += findings.future;
    report.in_no_window += findings.in_no_window;
    append(report.late_events, findings.late);
    append(report.parked, findings.parked);
    for (const ColumnIndex column : findings.columns.columns()) met_.add(column);
    maxima.resize(std::max(maxima.size(), findings.maxima.size()), start_of_time);
    for (std::size_t p = 0; p < findings.maxima.size(); ++p) {
      maxima[p] = std::max(maxima[p], findings.maxima[p]);
    }
  }
  std::sort(report.late_events.begin(), report.late_events.end());
  report.late = report.late_events.size();
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
    if (column >= table_.columns() || !table_.open(column, slot / chunk_rows)) return false;
  }
  return true;
}

void AccumulatePass::park_unplaceable(const TiledBatch& batch, BatchReport& report) {
  for (std::size_t position = 0; position < batch.size(); ++position) {
    if (batch.slots[position] == no_slot || place(batch, position)) continue;
    batch.slots[position] = no_slot;
    batch.tiles[position / tile_events].whole = false;
    report.parked.push_back(batch.event(position));
    report.out_of_memory = true;
  }
}

void AccumulatePass::report_refusals(const TiledBatch& batch, BatchReport& report) const {
  report.refused.assign(batch.limits.window_count, 0);
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

void AccumulatePass::report_opened(const TiledBatch& batch, BatchReport& report) {
  std::uint64_t parked = 0;
  for (const Findings& findings : findings_) parked += findings.parked.size();
  const std::uint64_t failed = report.keys_full + report.parked.size() - parked;
  report.accepted -= failed;
  if (failed != 0) {
    met_.clear();
    for (std::size_t position = 0; position < batch.size(); ++position) {
      if (batch.slots[position] == no_slot) continue;
      for (std::uint32_t g = 0; g < batch.limits.grid_count; ++g) {
        const ColumnIndex column = batch.column(g, position);
        if (column != no_column) met_.add(column);
      }
    }
  }
  for (const ColumnIndex column : met_.columns()) {
    if (table_.holds(column)) continue;
    table_.set_held(column, true);
    report.opened.push_back(column);
  }
  std::sort(report.opened.begin(), report.opened.end());
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
