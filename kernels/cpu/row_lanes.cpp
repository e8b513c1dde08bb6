#include "kernels/cpu/row_lanes.hpp"

namespace sluice::cpu {

RowLanes lanes_of(const RowLayout& layout) noexcept {
  RowLanes row;
  if (layout.hot_words != 2 && layout.hot_words != 4) return {};
  bool first = true;
  for (std::uint32_t k = 0; k < layout.count; ++k) {
    const AccumulatorSpec& spec = layout.accumulators[k];
    if (spec.kind == AccumulatorKind::nulls) {
      row.nulls |= 1u << spec.value;
      continue;
    }
    if (spec.is_double || (!first && spec.value != row.value)) return {};
    first = false;
    row.value = spec.value;
    switch (spec.kind) {
      case AccumulatorKind::sum_integer:
        row.adds[spec.hot] = -1;
        row.sum = &spec;
        break;
      case AccumulatorKind::minimum:
        row.minimum[spec.hot] = -1;
        break;
      case AccumulatorKind::maximum:
        row.maximum[spec.hot] = -1;
        break;
      default:
        return {};
    }
  }
  row.lanes = layout.hot_words;
  return row;
}

}  // namespace sluice::cpu
