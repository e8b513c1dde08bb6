#pragma once

#include "kernels/cuda/batch_view.hpp"
#include "kernels/cuda/pane_table_ref.hpp"
#include "kernels/cuda/runtime.hpp"

namespace sluice::cuda {

/// [value column] what is taken off the values in the shifted sums of doubles.
struct Shifts {
  double of[max_values] = {};
};

/// Lifts every event that has a slot into its row in each grid, or, where one of the chunks is
/// absent, into none: the event is listed as starved. Notes refusals, corrections and the columns
/// that get their first events.
void accumulate_events(const BatchView& batch, const PaneTableRef& table, const Shifts& shifts,
                       const BatchLists& lists, Stream& stream);

/// Writes the times of `count` corrected events: those of a batch that was decoded on the device
/// are nowhere else.
void time_corrections(const EventColumns& events, CorrectedEvent* corrections, std::size_t count,
                      Stream& stream);

}  // namespace sluice::cuda
