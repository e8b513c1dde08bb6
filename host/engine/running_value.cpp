#include "host/engine/running_value.hpp"

#include <algorithm>

namespace sluice {

using Kind = ColumnStep::Kind;

void RunningValue::close(PaneIndex from, PaneIndex to, const PaneColumns& panes,
                         std::uint32_t output, std::vector<ColumnStep>& steps) {
  forget_before(from, panes, steps);
  combine_panes(to_, to, panes, value_, steps);
  to_ = to;
  steps.push_back({.kind = Kind::emit, .target = value_, .output = output});
}

void RunningValue::forget_before(PaneIndex pane, const PaneColumns& panes,
                                 std::vector<ColumnStep>& steps) {
  if (pane >= to_) {
    if (from_ < to_) steps.push_back({.kind = Kind::reset, .target = value_});
    from_ = to_ = std::max(to_, pane);
    return;
  }
  for (; from_ < pane; ++from_) {
    const ColumnIndex source = panes[from_];
    if (source == no_column) continue;
    steps.push_back({.kind = Kind::remove, .target = value_, .source = source});
  }
}

void RunningValue::repair(const PaneColumns& panes, std::vector<ColumnStep>& steps) const {
  steps.push_back({.kind = Kind::reset, .target = value_});
  combine_panes(from_, to_, panes, value_, steps);
}

void RunningValue::give_back(ColumnPool& columns, std::vector<ColumnStep>& steps) const {
  steps.push_back({.kind = Kind::drop, .target = value_});
  columns.give_back(value_);
}

}  // namespace sluice
