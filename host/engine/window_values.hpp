#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "host/engine/column_pool.hpp"
#include "host/engine/pane_columns.hpp"
#include "host/engine/running_value.hpp"
#include "host/engine/two_stacks.hpp"
#include "kernels/column_step.hpp"
#include "kernels/types.hpp"
#include "kernels/window_spec.hpp"

namespace sluice {

/// Turns the panes of one window definition into its windows' values, at O(1) amortised combines
/// per slide and key whatever size / slide is (DESIGN, decision 4). It only writes the program of
/// column steps; a backend runs it.
///
/// - Windows of few panes, or that hardly overlap, are combined afresh (`direct`).
/// - Invertible layouts keep a running value (RunningValue).
/// - The others keep two stacks (TwoStacks).
///
/// Windows must be closed in order; after a round of closings `forget_before` lets go of the panes
/// that no open window holds, and only then may they be dropped from the table.
///
/// A long round of closings may be cut into strands: `begin_strand` before the first window of a
/// strand makes a working value that depends on nothing but the panes. When the program has run,
/// `end_strands` gives up the working values of all strands but the last.
class WindowValues {
 public:
  enum class Method : std::uint8_t { direct, running, two_stacks };

  WindowValues(const WindowSpec& spec, const PaneGrid& grid, bool invertible, ColumnPool& columns);

  /// How windows of `spec` are kept.
  static Method method_for(const WindowSpec& spec, bool invertible) noexcept;
  /// Columns of rows that windows of `spec` take beside the panes, at most.
  static std::uint32_t working_columns(const WindowSpec& spec, const PaneGrid& grid,
                                       bool invertible) noexcept;

  Method method() const noexcept { return method_; }
  /// Columns that its closings may open, in each strand, at most.
  std::uint32_t columns_a_strand() const noexcept { return most_columns_; }
  /// Panes that a strand takes in before it can emit its first window, at most.
  PaneIndex panes_a_strand() const noexcept {
    return method() == Method::direct ? 0 : window_panes_;
  }

  /// Appends the steps that emit the window starting at `start` to `output`.
  void close(EventTime start, const PaneColumns& panes, std::uint32_t output,
             std::vector<ColumnStep>& steps);

  /// Takes panes before `pane` out of the working values: no window that is still to close holds
  /// them.
  void forget_before(PaneIndex pane, const PaneColumns& panes, std::vector<ColumnStep>& steps);

  void begin_strand();
  void end_strands(std::vector<ColumnStep>& steps);

  /// Appends steps that emit a closed window again, without touching the working values. Windows
  /// revised by one program come in order and share a value of their own; when the program has run,
  /// the steps of `end_revisions`, over all slots, give it up.
  void revise(EventTime start, const PaneColumns& panes, std::uint32_t output,
              std::vector<ColumnStep>& steps);
  void end_revisions(std::vector<ColumnStep>& steps);

  /// Whether a change in `pane` must be repaired in a working value.
  bool holds(PaneIndex pane) const noexcept;
  /// Appends the steps that compute the working values again from the panes; to be run over the
  /// touched slots only.
  void repair(const PaneColumns& panes, std::vector<ColumnStep>& steps) const;

 private:
  /// Windows combined afresh need no value but a place to add up more than two panes in.
  struct Direct {
    ColumnIndex sum;
  };
  using Working = std::variant<Direct, RunningValue, TwoStacks>;

  Working make_working();
  void give_back(const Working& working, std::vector<ColumnStep>& steps);
  void close(Working& working, EventTime start, const PaneColumns& panes, std::uint32_t output,
             std::vector<ColumnStep>& steps) const;
  void emit_afresh(PaneIndex from, PaneIndex to, ColumnIndex sum, const PaneColumns& panes,
                   std::uint32_t output, std::vector<ColumnStep>& steps) const;

  WindowSpec spec_;
  PaneGrid grid_;
  PaneIndex window_panes_;
  PaneIndex slide_panes_;
  std::uint32_t most_columns_;
  ColumnPool& columns_;
  Method method_;
  Working working_;
  std::vector<Working> ended_;  ///< working values of the strands before the last
  std::optional<Working> revising_;
};

}  // namespace sluice
