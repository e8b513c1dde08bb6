#pragma once

#include <atomic>
#include <cstddef>

namespace sluice::cpu {

/// What is left of max_state_bytes: rows, layers, sealed pages, directories and dictionary take
/// their share here before they allocate. What they give back stays with the process for them to
/// take again: open and sealed rows together may touch up to twice the limit over time. Thread-safe
/// but for reserve().
class StateBudget {
 public:
  explicit StateBudget(std::size_t limit) noexcept : limit_(limit) {}

  /// @returns false, and takes nothing, when the limit would be passed.
  bool take(std::size_t bytes) noexcept {
    std::size_t used = used_.load(std::memory_order_relaxed);
    do {
      if (bytes > left_beside(used)) return false;
    } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
    return true;
  }
  void give(std::size_t bytes) noexcept { used_.fetch_sub(bytes, std::memory_order_relaxed); }

  std::size_t used() const noexcept { return used_.load(std::memory_order_relaxed); }
  std::size_t left() const noexcept { return left_beside(used()); }
  std::size_t limit() const noexcept { return limit_; }

  /// Keeps so many bytes for later: nobody gets them until the next call.
  void reserve(std::size_t bytes) noexcept { reserved_ = bytes; }

 private:
  std::size_t left_beside(std::size_t used) const noexcept {
    return limit_ - used > reserved_ ? limit_ - used - reserved_ : 0;
  }

  std::size_t limit_;
  std::size_t reserved_ = 0;
  std::atomic<std::size_t> used_{0};
};

}  // namespace sluice::cpu
