#pragma once

#include <functional>

#include "kernels/types.hpp"

namespace sluice {

/// The only clocks of the program, read above the engine and handed down; tests hand in their own.
struct Clock {
  std::function<EventTime()> wall;       ///< milliseconds since the epoch
  std::function<Milliseconds()> steady;  ///< monotonic milliseconds

  static Clock system();
};

}  // namespace sluice
