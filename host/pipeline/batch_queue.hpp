#pragma once

#include <compare>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <map>
#include <mutex>
#include <vector>

#include "host/pipeline/batch.hpp"

namespace sluice {

/// Brings the lanes' batches into the order of their sequence numbers. Bounded by the pool that
/// the batches come from. Thread-safe: many lanes push, one engine thread pops.
class BatchQueue {
 public:
  explicit BatchQueue(unsigned lanes) : lanes_(lanes) {}

  void push(Batch& batch);
  /// This lane pushes no more.
  void lane_done();
  /// This lane broke; pop throws it after the batches that are ready.
  void fail(std::exception_ptr failure);

  /// The next batch in order; waits. nullptr when every lane is done and all is taken. A gap left
  /// by a lane that broke or stopped is skipped once every lane is done.
  Batch* pop();
  bool failed();
  /// Up to `most` batches that pop would return next without waiting.
  std::vector<Batch*> ready(std::size_t most);

 private:
  struct Place {
    std::uint64_t sequence = 0;
    std::size_t part = 0;
    auto operator<=>(const Place&) const = default;
  };
  static Place after(const Place& place, const Batch& batch) noexcept;

  unsigned lanes_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<Place, Batch*> waiting_;
  Place next_;
  std::exception_ptr failure_;
};

}  // namespace sluice
