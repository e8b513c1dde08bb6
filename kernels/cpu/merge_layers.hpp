#pragma once

#include <cstddef>

#include "kernels/cpu/pane_table.hpp"
#include "kernels/cpu/workers.hpp"

namespace sluice::cpu {

/// Adds the workers' layers to layer 0 and empties them. A chunk that layer 0 does not have is
/// moved.
void merge_layers(Workers& workers, PaneTable& table);

}  // namespace sluice::cpu
