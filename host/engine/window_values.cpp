#include "host/engine/window_values.hpp"

#include <algorithm>
#include <cassert>

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

WindowValues::WindowValues(const WindowSpec& spec, const PaneGrid& grid, bool invertible,
                           ColumnPool& columns)
    : spec_(spec),
      grid_(grid),
      method_(method_for(spec, invertible)),
      columns_(columns),
      scratch_(columns.take()),
      working_(method_ == Method::direct ? no_column : columns.take()) {}

void WindowValues::combine_panes(PaneIndex from, PaneIndex to, const PaneMap& panes,
                                 ColumnIndex target, std::vector<ColumnStep>& steps) const {
  for (auto it = panes.lower_bound(from); it != panes.end() && it->first < to; ++it) {
    steps.push_back({.kind = Kind::combine, .target = target, .source = it->second});
  }
}

void WindowValues::emit_direct(PaneIndex from, PaneIndex to, const PaneMap& panes,
                               std::uint32_t output, std::vector<ColumnStep>& steps) const {
  const auto first = panes.lower_bound(from);
  if (first == panes.end() || first->first >= to) return;
  auto second = std::next(first);
  const bool has_second = second != panes.end() && second->first < to;
  const auto third = has_second ? std::next(second) : panes.end();
  if (third == panes.end() || third->first >= to) {
    steps.push_back({.kind = Kind::emit,
                     .target = first->second,
                     .source = has_second ? second->second : no_column,
                     .output = output});
    return;
  }
  combine_panes(from, to, panes, scratch_, steps);
  steps.push_back({.kind = Kind::emit, .target = scratch_, .output = output});
  steps.push_back({.kind = Kind::reset, .target = scratch_});
}

void WindowValues::close(EventTime start, const PaneMap& panes, std::uint32_t output,
                         std::vector<ColumnStep>& steps) {
  const PaneIndex from = grid_.pane_of(start);
  const PaneIndex to = grid_.pane_of(start + spec_.size);
  switch (method_) {
    case Method::direct:
      emit_direct(from, to, panes, output, steps);
      break;
    case Method::running:
      close_running(from, to, panes, output, steps);
      break;
    case Method::two_stacks:
      close_two_stacks(from, to, panes, output, steps);
      break;
  }
}

void WindowValues::revise(EventTime start, const PaneMap& panes, std::uint32_t output,
                          std::vector<ColumnStep>& steps) {
  emit_direct(grid_.pane_of(start), grid_.pane_of(start + spec_.size), panes, output, steps);
}

void WindowValues::close_running(PaneIndex from, PaneIndex to, const PaneMap& panes,
                                 std::uint32_t output, std::vector<ColumnStep>& steps) {
  forget_before(from, panes, steps);
  combine_panes(covered_to_, to, panes, working_, steps);
  covered_to_ = to;
  steps.push_back({.kind = Kind::emit, .target = working_, .output = output});
}

void WindowValues::close_two_stacks(PaneIndex from, PaneIndex to, const PaneMap& panes,
                                    std::uint32_t output, std::vector<ColumnStep>& steps) {
  forget_before(from, panes, steps);
  if (from >= back_from_) {
    flip(from, to, panes, steps);
  } else {
    combine_panes(covered_to_, to, panes, working_, steps);
    covered_to_ = to;
  }
  steps.push_back({.kind = Kind::emit,
                   .target = working_,
                   .source = front_.empty() ? no_column : front_.begin()->second,
                   .output = output});
}

void WindowValues::forget_before(PaneIndex pane, const PaneMap& panes,
                                 std::vector<ColumnStep>& steps) {
  if (method_ == Method::running) {
    if (pane >= covered_to_) {
      steps.push_back({.kind = Kind::reset, .target = working_});
      covered_to_ = pane;
    } else {
      for (auto it = panes.lower_bound(covered_from_); it != panes.end() && it->first < pane;
           ++it) {
        steps.push_back({.kind = Kind::remove, .target = working_, .source = it->second});
      }
    }
  }
  covered_from_ = std::max(covered_from_, pane);
  while (!front_.empty() && front_.begin()->first < pane) {
    steps.push_back({.kind = Kind::drop, .target = front_.begin()->second});
    columns_.give_back(front_.begin()->second);
    front_.erase(front_.begin());
  }
}

void WindowValues::flip(PaneIndex from, PaneIndex to, const PaneMap& panes,
                        std::vector<ColumnStep>& steps) {
  assert(front_.empty());
  steps.push_back({.kind = Kind::reset, .target = working_});
  ColumnIndex later = no_column;
  auto it = panes.lower_bound(to);
  while (it != panes.begin() && std::prev(it)->first >= from) {
    --it;
    const ColumnIndex suffix = columns_.take();
    steps.push_back({.kind = Kind::combine, .target = suffix, .source = it->second});
    if (later != no_column) {
      steps.push_back({.kind = Kind::combine, .target = suffix, .source = later});
    }
    front_.emplace(it->first, suffix);
    later = suffix;
  }
  covered_from_ = from;
  covered_to_ = to;
  back_from_ = to;
}

bool WindowValues::holds(PaneIndex pane) const noexcept {
  return method_ != Method::direct && pane >= covered_from_ && pane < covered_to_;
}

void WindowValues::admit_pane(PaneIndex pane, const PaneMap& panes,
                              std::vector<ColumnStep>& steps) {
  if (method_ != Method::two_stacks || !holds(pane) || pane >= back_from_ ||
      front_.contains(pane)) {
    return;
  }
  const ColumnIndex suffix = columns_.take();
  const auto later = front_.upper_bound(pane);
  steps.push_back({.kind = Kind::combine, .target = suffix, .source = panes.at(pane)});
  if (later != front_.end()) {
    steps.push_back({.kind = Kind::combine, .target = suffix, .source = later->second});
  }
  front_.emplace(pane, suffix);
}

void WindowValues::repair(const PaneMap& panes, std::vector<ColumnStep>& steps) {
  steps.push_back({.kind = Kind::reset, .target = working_});
  if (method_ == Method::running) {
    combine_panes(covered_from_, covered_to_, panes, working_, steps);
    return;
  }
  combine_panes(back_from_, covered_to_, panes, working_, steps);
  ColumnIndex later = no_column;
  for (auto it = front_.rbegin(); it != front_.rend(); ++it) {
    steps.push_back({.kind = Kind::reset, .target = it->second});
    steps.push_back({.kind = Kind::combine, .target = it->second, .source = panes.at(it->first)});
    if (later != no_column) {
      steps.push_back({.kind = Kind::combine, .target = it->second, .source = later});
    }
    later = it->second;
  }
}

}  // namespace sluice
