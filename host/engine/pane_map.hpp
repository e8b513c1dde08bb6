#pragma once

#include <functional>
#include <map>
#include <queue>
#include <vector>

#include "kernels/types.hpp"
#include "kernels/window_spec.hpp"

namespace sluice {

/// Hands out column numbers, the smallest first, so that the backend's directory stays small.
class ColumnPool {
 public:
  ColumnIndex take() {
    if (free_.empty()) return next_++;
    const ColumnIndex column = free_.top();
    free_.pop();
    return column;
  }
  void give_back(ColumnIndex column) { free_.push(column); }

 private:
  std::priority_queue<ColumnIndex, std::vector<ColumnIndex>, std::greater<>> free_;
  ColumnIndex next_ = 0;
};

/// The panes of one grid that hold rows, in order of time.
using PaneMap = std::map<PaneIndex, ColumnIndex>;

}  // namespace sluice
