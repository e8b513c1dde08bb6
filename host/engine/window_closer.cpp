#include "host/engine/window_closer.hpp"

#include <algorithm>
#include <iterator>

#include "host/engine/lowering.hpp"
#include "host/engine/window_clock.hpp"
#include "kernels/sealed_rows.hpp"

namespace sluice {
namespace {

using Kind = ColumnStep::Kind;

/// A strand of fewer windows is not worth another thread.
constexpr std::size_t windows_a_strand = 16;
/// A strand may spend this share of its windows' work on starting afresh: one in this many.
constexpr std::size_t afresh_share = 2;
/// Columns that all strands of a program may take.
constexpr std::size_t strand_columns = 1024;
/// Rows that a program may compute for windows that were not touched in them.
constexpr std::size_t spare_revisions = 1024;

constexpr std::uint32_t no_strand = ~std::uint32_t{0};

std::vector<WindowSpec> specs_of(const Job& job) {
  std::vector<WindowSpec> specs;
  for (const WindowDefinition& definition : job.windows) specs.push_back(definition.spec);
  return specs;
}

}  // namespace

WindowCloser::WindowCloser(const Job& job, Backend& backend, const KeyNames& names, Books& books,
                           Publish publish)
    : job_(job),
      backend_(backend),
      names_(names),
      books_(books),
      publish_(std::move(publish)),
      specs_(specs_of(job)),
      places_(specs_.size()),
      chunk_bytes_(sealed_slots * layout_of(job).words() * sizeof(std::uint64_t)),
      lowered_(job) {
  const bool invertible = layout_of(job).invertible;
  for (const GridPlan& plan : plan_grids(specs_)) {
    GridState state;
    state.grid = plan.grid;
    state.windows = plan.windows;
    for (const std::uint32_t w : plan.windows) {
      places_[w] = {static_cast<std::uint32_t>(grids_.size()),
                    static_cast<std::uint32_t>(state.values.size())};
      state.values.emplace_back(specs_[w], plan.grid, invertible, columns_);
    }
    grids_.push_back(std::move(state));
  }
  result_.names = &names_;
}

std::uint32_t WindowCloser::columns_to_open() const {
  std::uint32_t columns = 0;
  for (const GridState& grid : grids_) {
    for (const WindowValues& values : grid.values) columns += values.columns_a_strand();
  }
  return job_.watermark.allowed_lateness > 0 ? 2 * columns : columns;
}

void WindowCloser::run(std::span<const KeySlot> only, std::size_t outputs) {
  backend_.run({steps_, strands_}, only, outputs, rows_);
  steps_.clear();
  strands_.clear();
}

void WindowCloser::revise(std::span<const Correction> corrections) {
  if (corrections.empty()) return;
  std::vector<WindowId> windows;
  std::vector<std::span<const Correction>> of_grid(grids_.size());
  for (auto first = corrections.begin(); first != corrections.end();) {
    const auto last = std::find_if(first, corrections.end(), [&](const Correction& correction) {
      return correction.grid != first->grid;
    });
    GridState& grid = grids_[first->grid];
    of_grid[first->grid] = {first, last};
    repair(grid, {first, last});
    for (const std::uint32_t w : grid.windows) {
      append_touched(w, specs_[w], grid.grid, {first, last}, watermark_,
                     job_.watermark.allowed_lateness, windows);
    }
    first = last;
  }
  std::sort(windows.begin(), windows.end());
  Revisions revisions;
  for (const WindowId& window : windows) {
    std::vector<KeySlot> touched =
        slots_touched(window, grid_of(window.window).grid, of_grid[places_[window.window].first]);
    if (add_revision(revisions, window, touched)) continue;
    publish_revisions(revisions);
    revisions = {};
    add_revision(revisions, window, std::move(touched));
  }
  if (!revisions.windows.empty()) publish_revisions(revisions);
}

void WindowCloser::repair(GridState& grid, std::span<const Correction> corrections) {
  for (WindowValues& values : grid.values) {
    std::vector<KeySlot> slots;
    for (const Correction& correction : corrections) {
      if (values.holds(correction.pane)) slots.push_back(correction.slot);
    }
    if (slots.empty()) continue;
    std::sort(slots.begin(), slots.end());
    slots.erase(std::unique(slots.begin(), slots.end()), slots.end());
    values.repair(grid.panes, steps_);
    run(slots, 0);
  }
  for (const Correction& correction : corrections) {
    if (correction.pane >= grid.sealed_to) continue;
    if (grid.unsealed.empty() || grid.unsealed.back() != correction.pane) {
      grid.unsealed.push_back(correction.pane);
    }
  }
}

bool WindowCloser::add_revision(Revisions& revisions, const WindowId& window,
                                std::vector<KeySlot> touched) const {
  std::vector<KeySlot> slots;
  std::set_union(revisions.slots.begin(), revisions.slots.end(), touched.begin(), touched.end(),
                 std::back_inserter(slots));
  const std::size_t rows = revisions.rows + touched.size();
  const std::size_t computed = (revisions.windows.size() + 1) * slots.size();
  if (!revisions.windows.empty() &&
      (computed > 2 * rows + spare_revisions || computed > job_.engine.max_rows_per_close)) {
    return false;
  }
  revisions.windows.push_back(window);
  revisions.touched.push_back(std::move(touched));
  revisions.slots = std::move(slots);
  revisions.rows = rows;
  return true;
}

void WindowCloser::publish_revisions(const Revisions& revisions) {
  const std::vector<WindowId>& windows = revisions.windows;
  for (std::uint32_t i = 0; i < windows.size(); ++i) {
    values_of(windows[i].window)
        .revise(windows[i].start, grid_of(windows[i].window).panes, i, steps_);
  }
  run(revisions.slots, windows.size());
  for (std::size_t i = 0; i < windows.size(); ++i) rows_.keep_only(i, revisions.touched[i]);
  lowered_.lower(rows_, backend_);
  for (std::size_t i = 0; i < windows.size(); ++i) {
    OpenRevision& state = closed_[{windows[i].window, windows[i].start}];
    ++state.revision;
    if (!state.has_rows) ++books_.windows_closed;
    state.has_rows = true;
    books_.rows_revised += rows_.rows_of(i);
    publish_window(windows[i], state.revision, i);
  }
  for (GridState& grid : grids_) {
    for (WindowValues& values : grid.values) values.end_revisions(steps_);
  }
  run({}, 0);
}

void WindowCloser::move_to(EventTime next) {
  if (next <= watermark_) return;
  closings_.clear();
  for (std::uint32_t w = 0; w < specs_.size(); ++w) {
    append_closings(w, specs_[w], grid_of(w), watermark_, next, closings_);
  }
  if (!std::is_sorted(closings_.begin(), closings_.end())) {
    std::sort(closings_.begin(), closings_.end());
  }
  watermark_ = next;
  const std::size_t rows_each = std::max<std::size_t>(1, names_.size());
  const std::size_t most = std::max<std::size_t>(1, job_.engine.max_rows_per_close / rows_each);
  for (std::size_t first = 0; first < closings_.size(); first += most) {
    const std::size_t count = std::min(most, closings_.size() - first);
    const std::span windows(closings_.data() + first, count);
    write_closings(windows);
    // What follows the last window joins its program, unless strands would share columns with it.
    if (first + count == closings_.size() && strands_.empty()) write_retirement();
    run({}, count);
    publish_closings(windows);
  }
  write_retirement();
  if (!steps_.empty()) run({}, 0);
}

std::size_t WindowCloser::strands_for(std::span<const WindowId> windows) const {
  const std::size_t groups = std::max<std::size_t>(1, backend_.slot_groups());
  const std::size_t busy = backend_.parallelism() / groups;
  if (busy <= 1 || windows.size() < 2 * windows_a_strand) return 1;
  std::size_t afresh = 0;
  std::size_t columns = 0;
  for (const GridState& grid : grids_) {
    for (const WindowValues& values : grid.values) {
      afresh += std::min(static_cast<std::size_t>(values.panes_a_strand()), grid.panes.size());
      columns += values.columns_a_strand();
    }
  }
  const std::size_t by_work = windows.size() / std::max(windows_a_strand, afresh_share * afresh);
  const std::size_t strands =
      std::min({busy, by_work, strand_columns / std::max<std::size_t>(1, columns)});
  if (strands <= 1) return 1;
  const std::size_t taken = backend_.status().state_bytes;
  const std::size_t room =
      job_.engine.max_state_bytes - std::min(taken, job_.engine.max_state_bytes);
  return room / 2 < strands * columns * groups * chunk_bytes_ ? 1 : strands;
}

void WindowCloser::write_closings(std::span<const WindowId> windows) {
  const std::size_t strands = strands_for(windows);
  strand_of_.assign(specs_.size(), no_strand);
  std::size_t i = 0;
  for (std::uint32_t strand = 0; strand < strands; ++strand) {
    for (; i < windows.size() * (strand + 1) / strands; ++i) {
      const WindowId& window = windows[i];
      WindowValues& values = values_of(window.window);
      std::uint32_t& last_strand = strand_of_[window.window];
      if (last_strand != strand) {
        if (last_strand != no_strand) values.begin_strand();
        last_strand = strand;
      }
      values.close(window.start, grid_of(window.window).panes, static_cast<std::uint32_t>(i),
                   steps_);
    }
    if (strands > 1) strands_.push_back(static_cast<std::uint32_t>(steps_.size()));
  }
}

void WindowCloser::publish_closings(std::span<const WindowId> windows) {
  lowered_.lower(rows_, backend_);
  for (std::size_t i = 0; i < windows.size(); ++i) {
    const WindowId& window = windows[i];
    const bool has_rows = rows_.rows_of(i) > 0;
    if (job_.watermark.allowed_lateness > 0) {
      closed_[{window.window, window.start}].has_rows = has_rows;
    }
    if (!has_rows) continue;
    ++books_.windows_closed;
    publish_window(window, 0, i);
  }
}

void WindowCloser::publish_window(const WindowId& window, std::uint32_t revision,
                                  std::size_t output) {
  result_.window = window.window;
  result_.start = window.start;
  result_.end = window.end;
  result_.revision = revision;
  lowered_.show(output, result_);
  books_.rows_emitted += result_.size();
  books_.sum_overflows += lowered_.overflows_of(output);
  publish_(result_);
}

void WindowCloser::write_retirement() {
  for (GridState& grid : grids_) {
    for (std::size_t i = 0; i < grid.windows.size(); ++i) {
      const EventTime open = first_open_start(specs_[grid.windows[i]], watermark_);
      grid.values[i].end_strands(steps_);
      grid.values[i].forget_before(grid.grid.pane_of(open), grid.panes, steps_);
    }
    retire_panes(grid);
    seal_panes(grid);
  }
  std::erase_if(closed_, [&](const auto& entry) {
    return entry.first.second <
           first_live_start(specs_[entry.first.first], watermark_, job_.watermark.allowed_lateness);
  });
}

void WindowCloser::retire_panes(GridState& grid) {
  // Panes from `needed_from` on are held by a definition without gaps, panes from `live_until` on
  // by any.
  EventTime needed_from = end_of_time;
  EventTime live_until = start_of_time;
  for (const std::uint32_t w : grid.windows) {
    const EventTime live = first_live_start(specs_[w], watermark_, job_.watermark.allowed_lateness);
    live_until = std::max(live_until, live);
    if (specs_[w].slide <= specs_[w].size) needed_from = std::min(needed_from, live);
  }
  const PaneIndex stop = grid.grid.pane_of(std::min(needed_from, live_until));
  PaneIndex pane = grid.panes.empty() ? stop : grid.panes.first();
  for (; pane < stop; pane = grid.panes.next(pane + 1)) {
    const EventTime time = grid.grid.start_of(pane);
    const bool live = std::any_of(grid.windows.begin(), grid.windows.end(), [&](std::uint32_t w) {
      return specs_[w].slide > specs_[w].size && specs_[w].covers(time) &&
             time >= first_live_start(specs_[w], watermark_, job_.watermark.allowed_lateness);
    });
    if (live) continue;
    const ColumnIndex column = grid.panes.remove(pane);
    steps_.push_back({.kind = Kind::drop, .target = column});
    columns_.give_back(column);
  }
}

void WindowCloser::seal_panes(GridState& grid) {
  const bool kept = std::any_of(grid.values.begin(), grid.values.end(), [](const auto& values) {
    return values.method() != WindowValues::Method::direct;
  });
  if (!kept) return;
  const auto seal = [&](PaneIndex pane) {
    const ColumnIndex column = grid.panes[pane];
    if (column != no_column) steps_.push_back({.kind = Kind::seal, .target = column});
  };
  std::sort(grid.unsealed.begin(), grid.unsealed.end());
  grid.unsealed.erase(std::unique(grid.unsealed.begin(), grid.unsealed.end()), grid.unsealed.end());
  for (const PaneIndex pane : grid.unsealed) seal(pane);
  grid.unsealed.clear();
  EventTime closed_to = start_of_time;
  for (const std::uint32_t w : grid.windows) {
    closed_to = std::max(closed_to, closed_until(specs_[w], watermark_));
  }
  const PaneIndex stop = grid.grid.pane_of(closed_to);
  if (!grid.panes.empty()) {
    for (PaneIndex pane = grid.panes.next(grid.sealed_to); pane < stop;
         pane = grid.panes.next(pane + 1)) {
      seal(pane);
    }
  }
  grid.sealed_to = std::max(grid.sealed_to, stop);
}

}  // namespace sluice
