#pragma once

#include <cstdint>
#include <vector>

#include "host/engine/column_pool.hpp"
#include "host/engine/pane_columns.hpp"
#include "host/engine/running_value.hpp"
#include "kernels/column_step.hpp"
#include "kernels/types.hpp"

namespace sluice {

/// The working value of a definition whose layout has no inverse: two stacks (Tangwongsan et al.,
/// "General incremental sliding-window aggregation", VLDB 2015), in lockstep over whole columns.
/// The back is the combination of the newer panes. The front holds the older ones so that the
/// oldest can leave: a suffix for every window start, that is the combination of all front panes
/// from there on.
///
/// The front has two levels, so that a window of n slides takes about 2 sqrt(n) columns and not n:
/// the suffix of each block of sqrt(n) slides, made when the stacks flip, and the suffixes of the
/// slides inside the one block that is being left, made when it is entered. A slide costs at most
/// five combines (amortised): one into the back, one for the blocks, two for the slides.
///
/// Windows are [from, to) in panes, start on the slide grid and close in order.
class TwoStacks {
 public:
  /// @param window, slide lengths in panes
  TwoStacks(PaneIndex window, PaneIndex slide, ColumnPool& columns);

  static std::uint32_t columns(PaneIndex window, PaneIndex slide) noexcept;

  void close(PaneIndex from, PaneIndex to, const PaneColumns& panes, std::uint32_t output,
             std::vector<ColumnStep>& steps);
  void forget_before(PaneIndex pane, const PaneColumns& panes, std::vector<ColumnStep>& steps);
  bool holds(PaneIndex pane) const noexcept { return pane >= from_ && pane < back_to_; }
  void repair(const PaneColumns& panes, std::vector<ColumnStep>& steps) const;
  /// Its columns are given up; they may be taken again only after the steps have run.
  void give_back(ColumnPool& columns, std::vector<ColumnStep>& steps) const;

 private:
  /// Slides of a front are numbered from its first window start on; `first` is pane of slide 0.
  PaneIndex start_of(std::uint32_t slide) const noexcept {
    return front_from_ + static_cast<PaneIndex>(slide) * slide_;
  }
  std::uint32_t block_end(std::uint32_t slide) const noexcept {
    return (slide / block_slides_ + 1) * block_slides_;
  }
  void combine_slides(std::uint32_t first, std::uint32_t last, const PaneColumns& panes,
                      ColumnIndex target, std::vector<ColumnStep>& steps) const;
  void make_block_suffix(std::uint32_t block, const PaneColumns& panes,
                         std::vector<ColumnStep>& steps) const;
  void make_slide_suffix(std::uint32_t slide, const PaneColumns& panes,
                         std::vector<ColumnStep>& steps) const;
  void flip(PaneIndex from, PaneIndex to, const PaneColumns& panes, std::vector<ColumnStep>& steps);
  void enter_block(std::uint32_t slide, const PaneColumns& panes, std::vector<ColumnStep>& steps);
  void drop_before(std::uint32_t slide, std::vector<ColumnStep>& steps);

  PaneIndex slide_;
  std::uint32_t block_slides_;
  ColumnIndex back_;
  std::vector<ColumnIndex> block_suffix_;  ///< of block k, for k > 0
  std::vector<ColumnIndex> slide_suffix_;  ///< of slide i of the entered block: [i % block_slides_]

  PaneIndex from_ = before_every_pane;        ///< panes before it have been let go of
  PaneIndex front_from_ = before_every_pane;  ///< the front: [front_from_, back_from_)
  PaneIndex back_from_ = before_every_pane;
  PaneIndex back_to_ = before_every_pane;
  std::uint32_t slides_ = 0;       ///< of the front
  std::uint32_t first_block_ = 0;  ///< suffixes exist of the blocks from here on
  std::uint32_t first_slide_ = 0;  ///< and of the slides [first_slide_, last_slide_)
  std::uint32_t last_slide_ = 0;
};

}  // namespace sluice
