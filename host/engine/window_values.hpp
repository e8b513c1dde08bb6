#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "host/engine/pane_map.hpp"
#include "kernels/column_step.hpp"
#include "kernels/types.hpp"
#include "kernels/window_spec.hpp"

namespace sluice {

/// Turns the panes of one window definition into its windows' values, at O(1) amortised combines
/// per slide and key whatever size / slide is (DESIGN, decision 4). It only writes the program of
/// column steps; a backend runs it.
///
/// - Windows of few panes, or that hardly overlap, are combined afresh (`direct`).
/// - Invertible layouts keep a running value: panes enter on one side and are taken out on the
///   other.
/// - The others use two stacks (Tangwongsan et al., "General incremental sliding-window
///   aggregation", VLDB 2015), in lockstep over whole columns: `front` holds, for each pane of an
///   older part of the window, the combination of it and all later panes of that part; `back` is
///   the combination of the rest.
///
/// Windows must be closed in order; after a round of closings `forget_before` lets go of the panes
/// that no open window holds, and only then may they be dropped from the table.
class WindowValues {
 public:
  enum class Method : std::uint8_t { direct, running, two_stacks };

  WindowValues(const WindowSpec& spec, const PaneGrid& grid, bool invertible, ColumnPool& columns);

  /// How windows of `spec` are kept.
  static Method method_for(const WindowSpec& spec, bool invertible) noexcept;

  /// Appends the steps that emit the window starting at `start` to `output`.
  void close(EventTime start, const PaneMap& panes, std::uint32_t output,
             std::vector<ColumnStep>& steps);

  /// Takes panes before `pane` out of the working values: no window that is still to close holds
  /// them.
  void forget_before(PaneIndex pane, const PaneMap& panes, std::vector<ColumnStep>& steps);

  /// Appends steps that emit a window afresh from its panes, without touching the working values.
  void revise(EventTime start, const PaneMap& panes, std::uint32_t output,
              std::vector<ColumnStep>& steps);

  /// Whether a change in `pane` must be repaired in a working value.
  bool holds(PaneIndex pane) const noexcept;

  /// Gives a new pane inside the front a suffix of its own. Run over all slots, before `repair`.
  void admit_pane(PaneIndex pane, const PaneMap& panes, std::vector<ColumnStep>& steps);

  /// Appends the steps that compute the working values again from the panes; to be run over the
  /// touched slots only.
  void repair(const PaneMap& panes, std::vector<ColumnStep>& steps);

 private:
  static constexpr PaneIndex nothing = std::numeric_limits<PaneIndex>::min();

  void combine_panes(PaneIndex from, PaneIndex to, const PaneMap& panes, ColumnIndex target,
                     std::vector<ColumnStep>& steps) const;
  void emit_direct(PaneIndex from, PaneIndex to, const PaneMap& panes, std::uint32_t output,
                   std::vector<ColumnStep>& steps) const;
  void close_running(PaneIndex from, PaneIndex to, const PaneMap& panes, std::uint32_t output,
                     std::vector<ColumnStep>& steps);
  void close_two_stacks(PaneIndex from, PaneIndex to, const PaneMap& panes, std::uint32_t output,
                        std::vector<ColumnStep>& steps);
  void flip(PaneIndex from, PaneIndex to, const PaneMap& panes, std::vector<ColumnStep>& steps);

  WindowSpec spec_;
  PaneGrid grid_;
  Method method_;
  ColumnPool& columns_;
  ColumnIndex scratch_;               ///< windows combined afresh
  ColumnIndex working_ = no_column;   ///< the running value, or the back stack
  PaneIndex covered_from_ = nothing;  ///< panes in the working values: [covered_from_, covered_to_)
  PaneIndex covered_to_ = nothing;
  PaneIndex back_from_ = nothing;  ///< first pane in the back stack
  PaneMap front_;                  ///< pane -> its suffix column
};

}  // namespace sluice
