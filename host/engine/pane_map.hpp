#pragma once

#include <map>
#include <vector>

#include "kernels/types.hpp"
#include "kernels/window_spec.hpp"

namespace sluice {

/// Hands out column numbers, smallest first reused, so that the backend's directory stays small.
class ColumnPool {
 public:
  ColumnIndex take() {
    if (free_.empty()) return next_++;
    const ColumnIndex column = free_.back();
    free_.pop_back();
    return column;
  }
  void give_back(ColumnIndex column) { free_.push_back(column); }

 private:
  std::vector<ColumnIndex> free_;
  ColumnIndex next_ = 0;
};

/// The panes of one grid that hold rows, in order of time.
using PaneMap = std::map<PaneIndex, ColumnIndex>;

}  // namespace sluice
