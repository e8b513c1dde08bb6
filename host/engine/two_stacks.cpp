#include "host/engine/two_stacks.hpp"

#include <algorithm>
#include <cmath>

namespace sluice {
namespace {

using Kind = ColumnStep::Kind;

std::uint32_t slides_of(PaneIndex panes, PaneIndex slide) {
  return static_cast<std::uint32_t>((panes + slide - 1) / slide);
}

/// Slides in a block of a front of `slides`: about its square root.
std::uint32_t block_of(std::uint32_t slides) {
  return static_cast<std::uint32_t>(std::ceil(std::sqrt(static_cast<double>(slides))));
}

std::uint32_t blocks_of(std::uint32_t slides, std::uint32_t block) {
  return (slides + block - 1) / block;
}

}  // namespace

TwoStacks::TwoStacks(PaneIndex window, PaneIndex slide, ColumnPool& columns)
    : slide_(slide), block_slides_(block_of(slides_of(window, slide))), back_(columns.take()) {
  slide_suffix_.resize(block_slides_);
  block_suffix_.resize(blocks_of(slides_of(window, slide), block_slides_), no_column);
  for (ColumnIndex& column : slide_suffix_) column = columns.take();
  for (std::size_t block = 1; block < block_suffix_.size(); ++block) {
    block_suffix_[block] = columns.take();
  }
}

std::uint32_t TwoStacks::columns(PaneIndex window, PaneIndex slide) noexcept {
  const std::uint32_t slides = slides_of(window, slide);
  return block_of(slides) + blocks_of(slides, block_of(slides));
}

void TwoStacks::close(PaneIndex from, PaneIndex to, const PaneColumns& panes, std::uint32_t output,
                      std::vector<ColumnStep>& steps) {
  forget_before(from, panes, steps);
  if (from >= back_to_) {
    flip(from, to, panes, steps);
  } else {
    combine_panes(back_to_, to, panes, back_, steps);
    back_to_ = to;
  }
  const auto slide = static_cast<std::uint32_t>((from - front_from_) / slide_);
  if (slide >= last_slide_) enter_block(slide, panes, steps);
  steps.push_back({.kind = Kind::emit,
                   .target = back_,
                   .source = slide_suffix_[slide % block_slides_],
                   .output = output});
}

void TwoStacks::forget_before(PaneIndex pane, const PaneColumns& panes,
                              std::vector<ColumnStep>& steps) {
  if (pane <= from_) return;
  from_ = pane;
  if (pane < back_from_) {
    drop_before(static_cast<std::uint32_t>((pane - front_from_) / slide_), steps);
    return;
  }
  drop_before(slides_, steps);
  if (pane < back_to_) {
    flip(pane, back_to_, panes, steps);
    return;
  }
  if (back_from_ < back_to_) steps.push_back({.kind = Kind::reset, .target = back_});
  back_from_ = back_to_ = pane;
}

void TwoStacks::drop_before(std::uint32_t slide, std::vector<ColumnStep>& steps) {
  for (; first_slide_ < std::min(slide, last_slide_); ++first_slide_) {
    steps.push_back({.kind = Kind::drop, .target = slide_suffix_[first_slide_ % block_slides_]});
  }
  const std::uint32_t blocks = blocks_of(slides_, block_slides_);
  for (; first_block_ < blocks && first_block_ * block_slides_ < slide; ++first_block_) {
    steps.push_back({.kind = Kind::drop, .target = block_suffix_[first_block_]});
  }
}

void TwoStacks::flip(PaneIndex from, PaneIndex to, const PaneColumns& panes,
                     std::vector<ColumnStep>& steps) {
  if (back_from_ < back_to_) steps.push_back({.kind = Kind::reset, .target = back_});
  from_ = front_from_ = from;
  back_from_ = back_to_ = to;
  slides_ = slides_of(to - from, slide_);
  first_slide_ = last_slide_ = 0;
  first_block_ = 1;
  for (std::uint32_t block = blocks_of(slides_, block_slides_); block-- > 1;) {
    make_block_suffix(block, panes, steps);
  }
}

void TwoStacks::enter_block(std::uint32_t slide, const PaneColumns& panes,
                            std::vector<ColumnStep>& steps) {
  last_slide_ = std::min(block_end(slide), slides_);
  first_slide_ = slide;
  for (std::uint32_t i = last_slide_; i-- > slide;) make_slide_suffix(i, panes, steps);
}

void TwoStacks::combine_slides(std::uint32_t first, std::uint32_t last, const PaneColumns& panes,
                               ColumnIndex target, std::vector<ColumnStep>& steps) const {
  combine_panes(start_of(first), std::min(start_of(last), back_from_), panes, target, steps);
}

void TwoStacks::make_block_suffix(std::uint32_t block, const PaneColumns& panes,
                                  std::vector<ColumnStep>& steps) const {
  const ColumnIndex suffix = block_suffix_[block];
  const std::uint32_t first = block * block_slides_;
  combine_slides(first, first + block_slides_, panes, suffix, steps);
  if (first + block_slides_ >= slides_) return;
  steps.push_back({.kind = Kind::combine, .target = suffix, .source = block_suffix_[block + 1]});
}

void TwoStacks::make_slide_suffix(std::uint32_t slide, const PaneColumns& panes,
                                  std::vector<ColumnStep>& steps) const {
  const ColumnIndex suffix = slide_suffix_[slide % block_slides_];
  combine_slides(slide, slide + 1, panes, suffix, steps);
  if (slide + 1 >= slides_) return;
  const ColumnIndex later = slide + 1 == block_end(slide)
                                ? block_suffix_[(slide + 1) / block_slides_]
                                : slide_suffix_[(slide + 1) % block_slides_];
  steps.push_back({.kind = Kind::combine, .target = suffix, .source = later});
}

void TwoStacks::repair(const PaneColumns& panes, std::vector<ColumnStep>& steps) const {
  steps.push_back({.kind = Kind::reset, .target = back_});
  combine_panes(back_from_, back_to_, panes, back_, steps);
  for (std::uint32_t block = blocks_of(slides_, block_slides_); block-- > first_block_;) {
    steps.push_back({.kind = Kind::reset, .target = block_suffix_[block]});
    make_block_suffix(block, panes, steps);
  }
  for (std::uint32_t slide = last_slide_; slide-- > first_slide_;) {
    steps.push_back({.kind = Kind::reset, .target = slide_suffix_[slide % block_slides_]});
    make_slide_suffix(slide, panes, steps);
  }
}

void TwoStacks::give_back(ColumnPool& columns, std::vector<ColumnStep>& steps) const {
  const auto give = [&](ColumnIndex column) {
    if (column == no_column) return;
    steps.push_back({.kind = Kind::drop, .target = column});
    columns.give_back(column);
  };
  give(back_);
  // All of them: steps over some slots only leave memory behind where they drop.
  for (const ColumnIndex column : slide_suffix_) give(column);
  for (const ColumnIndex column : block_suffix_) give(column);
}

}  // namespace sluice
