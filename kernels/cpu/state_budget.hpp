#pragma once

#include <atomic>
#include <cstddef>

namespace sluice::cpu {

/// What is left of max_state_bytes: rows, directory and dictionary take their share here before
/// they allocate. Thread-safe.
class StateBudget {
 public:
  explicit StateBudget(std::size_t limit) noexcept : limit_(limit) {}

  /// @returns false, and takes nothing, when the limit would be passed.
  bool take(std::size_t bytes) noexcept {
    std::size_t used = used_.load(std::memory_order_relaxed);
    do {
      if (bytes > limit_ - used) return false;
    } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
    return true;
  }
  void give(std::size_t bytes) noexcept { used_.fetch_sub(bytes, std::memory_order_relaxed); }

  std::size_t used() const noexcept { return used_.load(std::memory_order_relaxed); }
  std::size_t left() const noexcept { return limit_ - used(); }
  std::size_t limit() const noexcept { return limit_; }

 private:
  std::size_t limit_;
  std::atomic<std::size_t> used_{0};
};

}  // namespace sluice::cpu
