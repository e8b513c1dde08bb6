#pragma once

#include "kernels/cuda/batch_view.hpp"
#include "kernels/cuda/runtime.hpp"

namespace sluice::cuda {

/// Judges the batch's events: counts and lists what is dropped, parks what lies beyond the panes
/// there are, and leaves no_key_yet for the rest. With `with_maxima`, also the largest time of each
/// partition.
void judge_events(const BatchView& batch, const BatchLists& lists, bool with_maxima,
                  Stream& stream);

/// Lists the maxima of the partitions that judge_events met, and forgets them.
void gather_maxima(const BatchLists& lists, Stream& stream);

}  // namespace sluice::cuda
