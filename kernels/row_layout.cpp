#include "kernels/row_layout.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace sluice {
namespace {

std::uint32_t hot_words_of(AccumulatorKind kind) {
  switch (kind) {
    case AccumulatorKind::nulls:
      return 0;
    case AccumulatorKind::sum_squares_integer:
      return 2;
    default:
      return 1;
  }
}

std::uint32_t cold_words_of(AccumulatorKind kind) {
  return kind == AccumulatorKind::nulls || kind == AccumulatorKind::sum_integer ||
                 kind == AccumulatorKind::sum_squares_integer
             ? 1
             : 0;
}

bool has_inverse(AccumulatorKind kind) {
  return kind == AccumulatorKind::nulls || kind == AccumulatorKind::sum_integer ||
         kind == AccumulatorKind::sum_squares_integer;
}

std::uint32_t stride(std::uint32_t words) {
  if (words <= 2) return words;
  return words <= 4 ? 4 : (words + 7) / 8 * 8;
}

}  // namespace

RowLayout lay_out_row(std::span<const AccumulatorNeed> needs) {
  RowLayout layout;
  for (const AccumulatorNeed& need : needs) {
    if (find_accumulator(layout, need) != nullptr) continue;
    if (layout.count == max_accumulators) {
      throw std::length_error("a row holds at most " + std::to_string(max_accumulators) +
                              " accumulators");
    }
    layout.accumulators[layout.count++] = {need.kind, need.value, need.is_double,
                                           static_cast<std::uint16_t>(layout.hot_words),
                                           static_cast<std::uint16_t>(layout.cold_words)};
    layout.hot_words += hot_words_of(need.kind);
    layout.cold_words += cold_words_of(need.kind);
    layout.invertible = layout.invertible && has_inverse(need.kind);
  }
  layout.hot_words = stride(layout.hot_words);
  return layout;
}

const AccumulatorSpec* find_accumulator(const RowLayout& layout, const AccumulatorNeed& need) {
  const AccumulatorSpec* const end = layout.accumulators + layout.count;
  const AccumulatorSpec* const found =
      std::find_if(layout.accumulators, end, [&](const AccumulatorSpec& spec) {
        return AccumulatorNeed{spec.kind, spec.value, spec.is_double} == need;
      });
  return found == end ? nullptr : found;
}

}  // namespace sluice
