#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace sluice::cpu {

/// The CPU backend's threads, made once. A pass over items is spread over them, the calling thread
/// being worker 0; it returns when all items are done. Used by one thread at a time.
class Workers {
 public:
  /// @param count 0: one a core.
  explicit Workers(unsigned count);
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  unsigned count() const noexcept { return static_cast<unsigned>(threads_.size()) + 1; }

  /// CPU time of the threads so far, without the calling ones'.
  double cpu_seconds() const noexcept;

  /// Calls task(worker, item) for each item in [0, items); items are handed out one by one. A
  /// single item is done by the caller. The first exception is rethrown, then items may be undone.
  template <class Task>
  void each(std::size_t items, Task&& task) {
    if (items <= 1 || threads_.empty()) {
      for (std::size_t item = 0; item < items; ++item) task(0u, item);
      return;
    }
    std::atomic<std::size_t> next{0};
    auto share = [&](unsigned worker) {
      for (;;) {
        const std::size_t item = next.fetch_add(1, std::memory_order_relaxed);
        if (item >= items) return;
        task(worker, item);
      }
    };
    all([](void* context, unsigned worker) { (*static_cast<decltype(share)*>(context))(worker); },
        &share);
  }

  /// As each, but the items of a worker lie side by side as far as they can: each begins in a part
  /// of its own, and goes on with what is left of the others' parts.
  template <class Task>
  void each_near(std::size_t items, Task&& task) {
    struct alignas(64) Part {
      std::atomic<std::size_t> next;
      std::size_t end;
    };
    const std::size_t workers = count();
    std::vector<Part> parts(workers);
    for (std::size_t part = 0; part < workers; ++part) {
      parts[part].next = items * part / workers;
      parts[part].end = items * (part + 1) / workers;
    }
    each(workers, [&](unsigned worker, std::size_t start) {
      for (std::size_t k = 0; k < workers; ++k) {
        Part& part = parts[(start + k) % workers];
        for (;;) {
          const std::size_t item = part.next.fetch_add(1, std::memory_order_relaxed);
          if (item >= part.end) break;
          task(worker, item);
        }
      }
    });
  }

 private:
  using Call = void (*)(void* context, unsigned worker);

  void all(Call call, void* context);
  void work(unsigned worker);
  void attempt(unsigned worker) noexcept;

  Call call_ = nullptr;
  void* context_ = nullptr;
  std::atomic<std::uint32_t> round_{0};    ///< counts passes; workers wait for the next
  std::atomic<std::uint32_t> running_{0};  ///< threads that have not finished the pass
  bool stopping_ = false;
  std::mutex failure_mutex_;
  std::exception_ptr failure_;
  std::vector<std::thread> threads_;
  std::vector<clockid_t> clocks_;  ///< of the threads' CPU time
};

}  // namespace sluice::cpu
