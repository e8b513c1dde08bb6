#include "host/engine/engine.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "host/engine/closings.hpp"
#include "host/engine/grid_state.hpp"
#include "host/engine/key_names.hpp"
#include "host/engine/limits.hpp"
#include "host/engine/lowering.hpp"
#include "host/engine/window_clock.hpp"

namespace sluice {
namespace {

/// A closed window that has not passed.
struct OpenRevision {
  std::uint32_t revision = 0;  ///< of its last touch
  bool has_rows = false;
};

std::vector<WindowSpec> specs_of(const Job& job) {
  std::vector<WindowSpec> specs;
  for (const WindowDefinition& definition : job.windows) specs.push_back(definition.spec);
  return specs;
}

}  // namespace

struct Engine::Impl {
  Impl(const Job& job_in, std::size_t partitions, Backend& backend_in, Publish publish_in);

  BatchLimits limits_for(const EngineBatch& batch);
  BatchReport accumulate(const EngineBatch& batch, std::span<const std::uint32_t> only);
  void enter(const BatchReport& report);
  void revise(const std::vector<Correction>& corrections);
  void repair(GridState& grid, std::span<const Correction> corrections);
  void revise_window(const WindowId& window, const std::set<KeySlot>& slots);
  void move_to(EventTime watermark);
  void close(const std::vector<WindowId>& closings);
  void retire();
  void publish_rows(const WindowId& window, std::uint32_t revision, const WindowRows& rows);
  WindowValues& values_of(std::uint32_t window) { return *values_[window]; }

  const Job& job;
  std::vector<WindowSpec> specs;
  Backend& backend;
  Publish publish;
  Watermarks watermarks;
  EventTime watermark = start_of_time;  ///< windows have closed up to here
  Lowering lowering;
  std::size_t row_words;
  ColumnPool columns;
  std::vector<GridState> grids;
  std::vector<std::uint32_t> grid_of;       ///< by definition
  std::vector<WindowValues*> values_;       ///< by definition
  std::vector<std::uint32_t> limits_order;  ///< definition of BatchLimits::windows[i]
  KeyNames names;
  Books books;
  std::vector<std::uint64_t> refused;
  std::map<std::pair<std::uint32_t, EventTime>, OpenRevision> closed;  ///< (definition, start)

  std::vector<ColumnStep> steps;
  std::vector<WindowRows> outputs;
  WindowResult result;
};

Engine::Impl::Impl(const Job& job_in, std::size_t partitions, Backend& backend_in,
                   Publish publish_in)
    : job(job_in),
      specs(specs_of(job_in)),
      backend(backend_in),
      publish(std::move(publish_in)),
      watermarks(partitions, job_in.watermark),
      lowering(job_in, layout_of(job_in)),
      row_words(layout_of(job_in).words()),
      grid_of(specs.size()),
      values_(specs.size()),
      refused(specs.size()) {
  const bool invertible = layout_of(job).invertible;
  for (const GridPlan& plan : plan_grids(specs)) {
    GridState state;
    state.grid = plan.grid;
    state.windows = plan.windows;
    for (const std::uint32_t w : plan.windows) {
      state.values.emplace_back(specs[w], plan.grid, invertible, columns);
      grid_of[w] = static_cast<std::uint32_t>(grids.size());
      limits_order.push_back(w);
    }
    grids.push_back(std::move(state));
  }
  for (GridState& grid : grids) {
    for (std::size_t i = 0; i < grid.windows.size(); ++i) {
      values_[grid.windows[i]] = &grid.values[i];
    }
  }
}

BatchLimits Engine::Impl::limits_for(const EngineBatch& batch) {
  BatchLimits limits;
  if (job.watermark.max_future) limits.future_after = batch.now + *job.watermark.max_future;
  limit_windows(specs, grids, watermark, job.watermark.allowed_lateness, limits);
  for (std::uint32_t g = 0; g < limits.grid_count; ++g) {
    offer_panes(batch.min_time, batch.max_time, limits, grids[g], limits.grids[g], columns);
  }
  return limits;
}

BatchReport Engine::Impl::accumulate(const EngineBatch& batch,
                                     std::span<const std::uint32_t> only) {
  BatchReport report = backend.accumulate(batch.ticket, limits_for(batch), only);
  std::sort(report.opened.begin(), report.opened.end());
  for (GridState& grid : grids) grid.settle(report.opened, columns);
  for (const FirstSeenKey& key : report.first_seen) names.set(key.slot, batch.key_of(key.event));
  enter(report);
  return report;
}

void Engine::Impl::enter(const BatchReport& report) {
  books.events_accepted += report.accepted;
  books.future_dropped += report.future;
  books.in_no_window += report.in_no_window;
  books.late_dropped += report.late;
  books.keys_full += report.keys_full;
  books.parked += report.parked.size();
  for (std::size_t i = 0; i < report.refused.size(); ++i) {
    refused[limits_order[i]] += report.refused[i];
  }
  if (report.keys_full > 0 && job.engine.on_full == OnFull::stop) {
    throw EngineFull("engine.max_keys: " + std::to_string(job.engine.max_keys) +
                     " keys are alive and another one came; raise it, or set engine.on_full: "
                     "drop_new");
  }
}

void Engine::Impl::revise(const std::vector<Correction>& corrections) {
  TouchedWindows touched;
  for (auto first = corrections.begin(); first != corrections.end();) {
    const auto last = std::find_if(first, corrections.end(), [&](const Correction& correction) {
      return correction.grid != first->grid;
    });
    repair(grids[first->grid], {first, last});
    collect_touched(specs, grids[first->grid], {first, last}, watermark,
                    job.watermark.allowed_lateness, touched);
    first = last;
  }
  for (const auto& [window, slots] : touched) revise_window(window, slots);
}

void Engine::Impl::repair(GridState& grid, std::span<const Correction> corrections) {
  for (WindowValues& values : grid.values) {
    std::vector<KeySlot> slots;
    for (const Correction& correction : corrections) {
      if (!values.holds(correction.pane)) continue;
      values.admit_pane(correction.pane, grid.panes, steps);
      slots.push_back(correction.slot);
    }
    if (slots.empty()) continue;
    std::sort(slots.begin(), slots.end());
    slots.erase(std::unique(slots.begin(), slots.end()), slots.end());
    if (!steps.empty()) backend.run(steps, {}, {});
    steps.clear();
    values.repair(grid.panes, steps);
    backend.run(steps, slots, {});
    steps.clear();
  }
}

void Engine::Impl::revise_window(const WindowId& window, const std::set<KeySlot>& slots) {
  OpenRevision& state = closed[{window.window, window.start}];
  ++state.revision;
  if (!state.has_rows) ++books.windows_closed;
  state.has_rows = true;
  values_of(window.window).revise(window.start, grids[grid_of[window.window]].panes, 0, steps);
  outputs.assign(1, {});
  const std::vector<KeySlot> only(slots.begin(), slots.end());
  backend.run(steps, only, outputs);
  steps.clear();
  books.rows_revised += outputs[0].size();
  publish_rows(window, state.revision, outputs[0]);
}

void Engine::Impl::move_to(EventTime next) {
  if (next <= watermark) return;
  std::vector<WindowId> closings;
  for (std::uint32_t w = 0; w < specs.size(); ++w) {
    append_closings(w, specs[w], grids[grid_of[w]], watermark, next, closings);
  }
  std::sort(closings.begin(), closings.end());
  close(closings);
  watermark = next;
  retire();
}

void Engine::Impl::close(const std::vector<WindowId>& closings) {
  const std::size_t rows_each = std::max<std::size_t>(1, names.size());
  const std::size_t most = std::max<std::size_t>(1, job.engine.max_rows_per_close / rows_each);
  for (std::size_t first = 0; first < closings.size(); first += most) {
    const std::span windows(closings.data() + first, std::min(most, closings.size() - first));
    for (std::uint32_t i = 0; i < windows.size(); ++i) {
      const WindowId& window = windows[i];
      values_of(window.window).close(window.start, grids[grid_of[window.window]].panes, i, steps);
    }
    outputs.resize(std::max(outputs.size(), windows.size()));
    for (WindowRows& rows : outputs) {
      rows.slots.clear();
      rows.words.clear();
    }
    backend.run(steps, {}, outputs);
    steps.clear();
    for (std::size_t i = 0; i < windows.size(); ++i) {
      const WindowId& window = windows[i];
      if (job.watermark.allowed_lateness > 0) {
        closed[{window.window, window.start}].has_rows = outputs[i].size() > 0;
      }
      if (outputs[i].size() == 0) continue;
      ++books.windows_closed;
      publish_rows(window, 0, outputs[i]);
    }
  }
}

void Engine::Impl::retire() {
  for (GridState& grid : grids) {
    EventTime live_until = start_of_time;
    for (std::size_t i = 0; i < grid.windows.size(); ++i) {
      const WindowSpec& spec = specs[grid.windows[i]];
      grid.values[i].forget_before(grid.grid.pane_of(first_open_start(spec, watermark)), grid.panes,
                                   steps);
      live_until =
          std::max(live_until, first_live_start(spec, watermark, job.watermark.allowed_lateness));
    }
    const auto stop = grid.panes.lower_bound(grid.grid.pane_of(live_until));
    for (auto pane = grid.panes.begin(); pane != stop;) {
      const EventTime time = grid.grid.start_of(pane->first);
      const bool live = std::any_of(grid.windows.begin(), grid.windows.end(), [&](std::uint32_t w) {
        return specs[w].covers(time) &&
               time >= first_live_start(specs[w], watermark, job.watermark.allowed_lateness);
      });
      if (live) {
        ++pane;
        continue;
      }
      steps.push_back({.kind = ColumnStep::Kind::drop, .target = pane->second});
      columns.give_back(pane->second);
      pane = grid.panes.erase(pane);
    }
  }
  if (!steps.empty()) backend.run(steps, {}, {});
  steps.clear();
  std::erase_if(closed, [&](const auto& entry) {
    return entry.first.second <
           first_live_start(specs[entry.first.first], watermark, job.watermark.allowed_lateness);
  });
}

void Engine::Impl::publish_rows(const WindowId& window, std::uint32_t revision,
                                const WindowRows& rows) {
  result.window = window.window;
  result.start = window.start;
  result.end = window.end;
  result.revision = revision;
  result.keys.clear();
  result.values.clear();
  for (std::size_t r = 0; r < rows.size(); ++r) {
    result.keys.push_back(names[rows.slots[r]]);
    books.sum_overflows += lowering.lower(&rows.words[r * row_words], result.values);
  }
  books.rows_emitted += rows.size();
  publish(result);
}

Engine::Engine(const Job& job, std::size_t partitions, Backend& backend, Publish publish)
    : impl_(std::make_unique<Impl>(job, partitions, backend, std::move(publish))) {}

Engine::~Engine() = default;

BatchOutcome Engine::process(const EngineBatch& batch) {
  Impl& engine = *impl_;
  engine.books.events_read += batch.size + batch.malformed + batch.tombstones;
  engine.books.malformed += batch.malformed;
  engine.books.tombstones += batch.tombstones;
  BatchOutcome outcome;
  if (batch.size > 0) {
    BatchReport report = engine.accumulate(batch, {});
    for (const PartitionMaximum& maximum : report.maxima) {
      engine.watermarks.observe(maximum.partition, maximum.time, batch.lane_clock);
    }
    engine.revise(report.corrections);
    outcome.parked = std::move(report.parked);
  }
  engine.watermarks.hold(batch.held_partitions, batch.lane_clock);
  engine.watermarks.tick(batch.lane_partitions, batch.lane_clock);
  for (const PartitionIndex partition : batch.finished) engine.watermarks.finish(partition);
  // Parked events were there before the watermark moved: no window that may hold one closes.
  EventTime parked_from = batch.parked_from;
  for (const std::uint32_t event : outcome.parked) {
    parked_from = std::min(parked_from, batch.times[event]);
  }
  const EventTime watermark = engine.watermarks.advance(batch.now);
  engine.move_to(parked_from == end_of_time ? watermark : std::min(watermark, parked_from - 1));
  return outcome;
}

std::vector<std::uint32_t> Engine::admit(const EngineBatch& batch,
                                         std::span<const std::uint32_t> parked) {
  impl_->books.parked -= parked.size();
  BatchReport report = impl_->accumulate(batch, parked);
  impl_->revise(report.corrections);
  return std::move(report.parked);
}

void Engine::give_up(std::size_t parked) {
  if (impl_->job.engine.on_full == OnFull::stop) {
    throw EngineFull(
        "engine.max_state_bytes: " + std::to_string(impl_->job.engine.max_state_bytes) +
        " bytes (or " + std::to_string(max_live_panes) + " live panes) cannot hold " +
        std::to_string(parked) +
        " more events and no window can close before they are in; raise it, shorten the windows, "
        "or set engine.on_full: drop_new");
  }
  impl_->books.parked -= parked;
  impl_->books.state_full += parked;
}

const Books& Engine::books() const noexcept { return impl_->books; }
const Watermarks& Engine::watermarks() const noexcept { return impl_->watermarks; }
EventTime Engine::watermark() const noexcept { return impl_->watermark; }
std::span<const std::uint64_t> Engine::refused_by_window() const noexcept { return impl_->refused; }

std::size_t Engine::live_panes() const noexcept {
  std::size_t panes = 0;
  for (const GridState& grid : impl_->grids) panes += grid.panes.size();
  return panes;
}

}  // namespace sluice
