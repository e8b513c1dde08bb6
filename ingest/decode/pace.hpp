#pragma once

#include <algorithm>
#include <cstddef>

namespace sluice {

/// How often a fast road is tried where it does not pay: after a try in which most rows were odd,
/// it rests for some rows, and longer each time.
class Pace {
 public:
  /// Whether the next row is to go the exact road.
  bool rests() noexcept {
    if (resting_ == 0) return false;
    --resting_;
    return true;
  }

  void note(std::size_t rows, std::size_t odd) noexcept {
    if (odd * 4 <= rows * 3) {
      pause_ = shortest;
      return;
    }
    resting_ = pause_;
    pause_ = std::min(pause_ * 2, longest);
  }

 private:
  static constexpr std::size_t shortest = 64;
  static constexpr std::size_t longest = 8192;

  std::size_t resting_ = 0;
  std::size_t pause_ = shortest;
};

}  // namespace sluice
