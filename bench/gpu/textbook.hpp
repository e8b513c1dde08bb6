#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "bench/group_rows.hpp"
#include "kernels/cuda/runtime.hpp"
#include "kernels/event_columns.hpp"

namespace sluice::cuda {

/// Keyed aggregation as a textbook does it on a GPU: every event gets the number of its group,
/// thrust::sort_by_key brings the events of a group together, thrust::reduce_by_key reduces them.
/// It judges no lateness, keeps no state from batch to batch and knows its keys: it has less to do
/// than the backend.
///
/// Thrust's scratch memory is kept between runs. Over the emulator, Thrust's own sequential back
/// end runs.
class Textbook {
 public:
  /// @param keys keys are below it; panes * keys is below 2^32
  Textbook(std::size_t max_events, std::uint32_t keys);
  ~Textbook();

  /// Copies the columns to the device: narrow times and keys, wide values; returns when that is
  /// done.
  void load(const EventColumns& events);
  /// Aggregates what was loaded. @returns how many groups there are
  std::size_t run(bench::Aggregates aggregates);
  /// What the last run came to, by group.
  std::vector<bench::GroupRow> rows();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::cuda
