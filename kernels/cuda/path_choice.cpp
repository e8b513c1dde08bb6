#include "kernels/cuda/path_choice.hpp"

namespace sluice::cuda {

namespace {

/// A block merges a row for each group it met, at the price of an event that goes straight into its
/// row: private tables pay when that is a small part of its events.
constexpr std::uint64_t events_per_merge = 4;
/// The rows share L2 with the columns that stream through, so that half of it is theirs.
constexpr std::uint64_t rows_in_l2 = 2;
/// Partitioning moves an event three times more, and saves fetching rows from memory only where
/// several events of a batch meet in a sector.
constexpr std::uint64_t groups_per_event = 2;

bool allows(const PathLoad& load, AccumulatePath path) noexcept {
  switch (path) {
    case AccumulatePath::private_tables:
      return load.fits_block;
    case AccumulatePath::partitioned:
      return load.fits_parts;
    case AccumulatePath::shared_table:
      return true;
    case AccumulatePath::automatic:
      return false;
  }
  return false;
}

}  // namespace

AccumulatePath best_path(const PathLoad& load) noexcept {
  const std::uint64_t merged = load.touched == 0 ? load.groups : load.touched;
  if (load.fits_block && merged * load.blocks * events_per_merge <= load.events) {
    return AccumulatePath::private_tables;
  }
  if (load.fits_parts && load.groups * load.row_bytes > load.l2_bytes / rows_in_l2 &&
      load.groups <= load.events * groups_per_event) {
    return AccumulatePath::partitioned;
  }
  return AccumulatePath::shared_table;
}

AccumulatePath PathChoice::choose(const PathLoad& load) noexcept {
  if (forced_ != AccumulatePath::automatic) {
    move_to(allows(load, forced_) ? forced_ : AccumulatePath::shared_table);
    return path_;
  }
  const AccumulatePath best = best_path(load);
  if (path_ == AccumulatePath::automatic || best == path_) {
    times_wanted_ = 0;
    move_to(best);
    return path_;
  }
  times_wanted_ = best == wanted_ ? times_wanted_ + 1 : 1;
  wanted_ = best;
  if (times_wanted_ >= patience) {
    times_wanted_ = 0;
    move_to(best);
  } else if (!allows(load, path_)) {
    return AccumulatePath::shared_table;
  }
  return path_;
}

void PathChoice::move_to(AccumulatePath path) noexcept {
  if (path_ != AccumulatePath::automatic && path_ != path) ++switches_;
  path_ = path;
}

}  // namespace sluice::cuda
