#pragma once

#include "kernels/accumulator.hpp"
#include "kernels/cuda/plain_view.hpp"
#include "kernels/event_columns.hpp"

namespace sluice::cuda {

/// What the plain pass over a batch is specialised for.
struct FormChoice {
  RowForm form = RowForm::general;
  FormPlaces places;
};

[[nodiscard]] FormChoice form_of(const RowLayout& layout, const EventColumns& events) noexcept;

}  // namespace sluice::cuda
