#pragma once

#include <cstdint>

#include "kernels/backend.hpp"

namespace sluice::cuda {

/// What decides the path of a batch.
struct PathLoad {
  std::uint64_t events = 0;
  std::uint64_t groups = 0;   ///< keys alive x panes of the batch
  std::uint64_t touched = 0;  ///< of them, those that a block had events of when that was last seen
  std::uint64_t blocks = 1;   ///< that have private tables
  bool fits_block = false;    ///< the private tables fit into shared memory
  bool fits_parts = false;    ///< one grid, and groups that 32 bits can number
  std::uint64_t row_bytes = 0;  ///< of a row's hot part
  std::uint64_t l2_bytes = 0;
};

/// The path that a load alone speaks for.
[[nodiscard]] AccumulatePath best_path(const PathLoad& load) noexcept;

/// Chooses the path of every batch: another one only after several batches in a row have spoken for
/// it, so that a load on a threshold does not flap.
class PathChoice {
 public:
  static constexpr unsigned patience = 4;

  explicit PathChoice(AccumulatePath forced) noexcept : forced_(forced) {}

  /// A path that the load does not allow is never chosen: shared_table takes any.
  AccumulatePath choose(const PathLoad& load) noexcept;

  [[nodiscard]] AccumulatePath path() const noexcept { return path_; }
  [[nodiscard]] std::uint64_t switches() const noexcept { return switches_; }

 private:
  void move_to(AccumulatePath path) noexcept;

  AccumulatePath forced_;
  AccumulatePath path_ = AccumulatePath::automatic;    ///< of the last batch
  AccumulatePath wanted_ = AccumulatePath::automatic;  ///< spoken for `times_wanted_` times
  unsigned times_wanted_ = 0;
  std::uint64_t switches_ = 0;
};

}  // namespace sluice::cuda
