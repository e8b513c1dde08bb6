#include "host/engine/window_values.hpp"

#include <utility>

namespace sluice {
namespace {

using Kind = ColumnStep::Kind;

/// Up to this many windows hold a pane before keeping a working value pays: below it, combining
/// afresh touches a pane at most this often, and needs no memory.
constexpr Milliseconds direct_overlap = 2;

}  // namespace

WindowValues::Method WindowValues::method_for(const WindowSpec& spec, bool invertible) noexcept {
  if (spec.size <= spec.slide * direct_overlap) return Method::direct;
  return invertible ? Method::running : Method::two_stacks;
}

std::uint32_t WindowValues::working_columns(const WindowSpec& spec, const PaneGrid& grid,
                                            bool invertible) noexcept {
  switch (method_for(spec, invertible)) {
    case Method::direct:
      return spec.size / grid.length > 2 ? 1 : 0;
    case Method::running:
      return RunningValue::columns();
    case Method::two_stacks:
      return TwoStacks::columns(spec.size / grid.length, spec.slide / grid.length);
  }
  return 0;
}

WindowValues::WindowValues(const WindowSpec& spec, const PaneGrid& grid, bool invertible,
                           ColumnPool& columns)
    : spec_(spec),
      grid_(grid),
      window_panes_(spec.size / grid.length),
      slide_panes_(spec.slide / grid.length),
      most_columns_(working_columns(spec, grid, invertible)),
      columns_(columns),
      method_(method_for(spec, invertible)),
      working_(make_working()) {}

WindowValues::Working WindowValues::make_working() {
  switch (method_) {
    case Method::running:
      return RunningValue(columns_);
    case Method::two_stacks:
      return TwoStacks(window_panes_, slide_panes_, columns_);
    case Method::direct:
      break;
  }
  return Direct{columns_.take()};
}

void WindowValues::close(EventTime start, const PaneColumns& panes, std::uint32_t output,
                         std::vector<ColumnStep>& steps) {
  close(working_, start, panes, output, steps);
}

void WindowValues::close(Working& working, EventTime start, const PaneColumns& panes,
                         std::uint32_t output, std::vector<ColumnStep>& steps) const {
  const PaneIndex from = grid_.pane_of(start);
  const PaneIndex to = from + window_panes_;
  if (auto* const running = std::get_if<RunningValue>(&working)) {
    running->close(from, to, panes, output, steps);
  } else if (auto* const stacks = std::get_if<TwoStacks>(&working)) {
    stacks->close(from, to, panes, output, steps);
  } else {
    emit_afresh(from, to, std::get<Direct>(working).sum, panes, output, steps);
  }
}

void WindowValues::emit_afresh(PaneIndex from, PaneIndex to, ColumnIndex sum,
                               const PaneColumns& panes, std::uint32_t output,
                               std::vector<ColumnStep>& steps) const {
  const auto next = [&](PaneIndex pane) {
    const PaneIndex found = panes.next(pane);
    return found < to ? found : PaneColumns::none;
  };
  const PaneIndex first = next(from);
  if (first == PaneColumns::none) return;
  const PaneIndex second = next(first + 1);
  if (second == PaneColumns::none || next(second + 1) == PaneColumns::none) {
    steps.push_back({.kind = Kind::emit,
                     .target = panes[first],
                     .source = second == PaneColumns::none ? no_column : panes[second],
                     .output = output});
    return;
  }
  combine_panes(first, to, panes, sum, steps);
  steps.push_back({.kind = Kind::emit, .target = sum, .output = output});
  steps.push_back({.kind = Kind::drop, .target = sum});
}

void WindowValues::forget_before(PaneIndex pane, const PaneColumns& panes,
                                 std::vector<ColumnStep>& steps) {
  if (auto* const running = std::get_if<RunningValue>(&working_)) {
    running->forget_before(pane, panes, steps);
  } else if (auto* const stacks = std::get_if<TwoStacks>(&working_)) {
    stacks->forget_before(pane, panes, steps);
  }
}

void WindowValues::begin_strand() { ended_.push_back(std::exchange(working_, make_working())); }

void WindowValues::end_strands(std::vector<ColumnStep>& steps) {
  for (const Working& ended : ended_) give_back(ended, steps);
  ended_.clear();
}

void WindowValues::give_back(const Working& working, std::vector<ColumnStep>& steps) {
  if (const auto* const running = std::get_if<RunningValue>(&working)) {
    running->give_back(columns_, steps);
  } else if (const auto* const stacks = std::get_if<TwoStacks>(&working)) {
    stacks->give_back(columns_, steps);
  } else {
    const ColumnIndex sum = std::get<Direct>(working).sum;
    steps.push_back({.kind = Kind::drop, .target = sum});
    columns_.give_back(sum);
  }
}

void WindowValues::revise(EventTime start, const PaneColumns& panes, std::uint32_t output,
                          std::vector<ColumnStep>& steps) {
  if (!revising_) revising_ = make_working();
  close(*revising_, start, panes, output, steps);
}

void WindowValues::end_revisions(std::vector<ColumnStep>& steps) {
  if (!revising_) return;
  give_back(*revising_, steps);
  revising_.reset();
}

bool WindowValues::holds(PaneIndex pane) const noexcept {
  if (const auto* const running = std::get_if<RunningValue>(&working_)) return running->holds(pane);
  const auto* const stacks = std::get_if<TwoStacks>(&working_);
  return stacks != nullptr && stacks->holds(pane);
}

void WindowValues::repair(const PaneColumns& panes, std::vector<ColumnStep>& steps) const {
  if (const auto* const running = std::get_if<RunningValue>(&working_)) {
    running->repair(panes, steps);
  } else if (const auto* const stacks = std::get_if<TwoStacks>(&working_)) {
    stacks->repair(panes, steps);
  }
}

}  // namespace sluice
