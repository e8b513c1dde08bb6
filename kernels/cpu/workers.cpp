#include "kernels/cpu/workers.hpp"

#include <algorithm>
#include <utility>

#include <pthread.h>

namespace sluice::cpu {

Workers::Workers(unsigned count) {
  if (count == 0) count = std::max(1u, std::thread::hardware_concurrency());
  threads_.reserve(count - 1);
  for (unsigned worker = 1; worker < count; ++worker) {
    threads_.emplace_back([this, worker] { work(worker); });
    ::pthread_getcpuclockid(threads_.back().native_handle(), &clocks_.emplace_back());
  }
}

Workers::~Workers() {
  stopping_ = true;
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

double Workers::cpu_seconds() const noexcept {
  double seconds = 0;
  for (const clockid_t clock : clocks_) {
    timespec time{};
    ::clock_gettime(clock, &time);
    seconds += static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
  }
  return seconds;
}

void Workers::all(Call call, void* context) {
  call_ = call;
  context_ = context;
  running_.store(static_cast<std::uint32_t>(threads_.size()), std::memory_order_relaxed);
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
  attempt(0);
  for (;;) {
    const std::uint32_t running = running_.load(std::memory_order_acquire);
    if (running == 0) break;
    running_.wait(running, std::memory_order_acquire);
  }
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void Workers::work(unsigned worker) {
  std::uint32_t seen = 0;
  for (;;) {
    round_.wait(seen, std::memory_order_acquire);
    seen = round_.load(std::memory_order_acquire);
    if (stopping_) return;
    attempt(worker);
    if (running_.fetch_sub(1, std::memory_order_acq_rel) == 1) running_.notify_one();
  }
}

void Workers::attempt(unsigned worker) noexcept {
  try {
    call_(context_, worker);
  } catch (...) {
    const std::lock_guard lock(failure_mutex_);
    if (!failure_) failure_ = std::current_exception();
  }
}

}  // namespace sluice::cpu
