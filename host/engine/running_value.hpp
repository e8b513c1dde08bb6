#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "host/engine/column_pool.hpp"
#include "host/engine/pane_columns.hpp"
#include "kernels/column_step.hpp"
#include "kernels/types.hpp"

namespace sluice {

/// Before every pane: a working value that holds nothing.
inline constexpr PaneIndex before_every_pane = std::numeric_limits<PaneIndex>::min();

/// target <- target + the panes of [from, to) that hold rows.
inline void combine_panes(PaneIndex from, PaneIndex to, const PaneColumns& panes,
                          ColumnIndex target, std::vector<ColumnStep>& steps) {
  for (PaneIndex pane = from; pane < to; ++pane) {
    const ColumnIndex source = panes[pane];
    if (source == no_column) continue;
    steps.push_back({.kind = ColumnStep::Kind::combine, .target = target, .source = source});
  }
}

/// The working value of an invertible definition: panes enter on one side and are taken out on the
/// other. Windows are [from, to) in panes and close in order.
class RunningValue {
 public:
  explicit RunningValue(ColumnPool& columns) : value_(columns.take()) {}

  static constexpr std::uint32_t columns() noexcept { return 1; }

  void close(PaneIndex from, PaneIndex to, const PaneColumns& panes, std::uint32_t output,
             std::vector<ColumnStep>& steps);
  void forget_before(PaneIndex pane, const PaneColumns& panes, std::vector<ColumnStep>& steps);
  bool holds(PaneIndex pane) const noexcept { return pane >= from_ && pane < to_; }
  void repair(const PaneColumns& panes, std::vector<ColumnStep>& steps) const;
  /// Its columns are given up; they may be taken again only after the steps have run.
  void give_back(ColumnPool& columns, std::vector<ColumnStep>& steps) const;

 private:
  ColumnIndex value_;
  PaneIndex from_ = before_every_pane;  ///< holds the panes [from_, to_)
  PaneIndex to_ = before_every_pane;
};

}  // namespace sluice
