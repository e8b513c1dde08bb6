#include "kernels/cuda/row_rules.hpp"

namespace sluice::cuda {

std::optional<RowRules> rules_of(const RowLayout& layout) {
  if (layout.hot_words > most_hot_words || layout.cold_words > most_cold_words) return {};
  RowRules rules;
  rules.cold_words = layout.cold_words;
  for (std::uint32_t k = 0; k < layout.count; ++k) {
    const AccumulatorSpec& spec = layout.accumulators[k];
    switch (spec.kind) {
      case AccumulatorKind::nulls:
        continue;
      case AccumulatorKind::sum_integer:
        rules.of[spec.hot] = RowRules::sum;
        rules.overflow[spec.hot] = static_cast<std::uint8_t>(spec.cold);
        break;
      case AccumulatorKind::sum_squares_integer:
        return {};
      case AccumulatorKind::sum_double:
      case AccumulatorKind::sum_shifted:
      case AccumulatorKind::sum_squares_shifted:
        rules.of[spec.hot] = RowRules::sum_of_doubles;
        break;
      case AccumulatorKind::minimum:
        rules.of[spec.hot] = RowRules::minimum;
        break;
      case AccumulatorKind::maximum:
        rules.of[spec.hot] = RowRules::maximum;
        break;
    }
    rules.identity[spec.hot] = identity_word(spec);
  }
  return rules;
}

}  // namespace sluice::cuda
