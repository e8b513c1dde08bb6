#include "kernels/cuda/row_form.hpp"

namespace sluice::cuda {

FormChoice form_of(const RowLayout& layout, const EventColumns& events) noexcept {
  FormPlaces places;
  unsigned sums = 0;
  unsigned minima = 0;
  unsigned maxima = 0;
  for (std::uint32_t k = 0; k < layout.count; ++k) {
    const AccumulatorSpec& spec = layout.accumulators[k];
    if (events.values[spec.value].valid != nullptr) return {};
    if (spec.kind == AccumulatorKind::nulls) continue;
    if (spec.is_double || (sums + minima + maxima != 0 && spec.value != places.value)) return {};
    places.value = spec.value;
    switch (spec.kind) {
      case AccumulatorKind::sum_integer:
        ++sums;
        places.sum = spec.hot;
        places.overflow = spec.cold;
        break;
      case AccumulatorKind::minimum:
        ++minima;
        places.minimum = spec.hot;
        break;
      case AccumulatorKind::maximum:
        ++maxima;
        places.maximum = spec.hot;
        break;
      default:
        return {};
    }
  }
  if (sums + minima + maxima == 0) return {RowForm::count, places};
  if (sums == 1 && minima + maxima == 0) return {RowForm::sum, places};
  if (sums == 1 && minima == 1 && maxima == 1) return {RowForm::sum_and_extremes, places};
  return {};
}

}  // namespace sluice::cuda
