#pragma once

#include <algorithm>
#include <cstddef>
#include <thread>
#include <vector>

namespace sluice::bench {

/// Calls `part(begin, end)` for parts of [0, count), on every core; returns when all are done.
template <class Part>
void in_parallel(std::size_t count, Part part) {
  const std::size_t threads = std::max(1u, std::thread::hardware_concurrency());
  std::vector<std::jthread> workers;
  for (std::size_t t = 0; t < threads; ++t) {
    workers.emplace_back([=] { part(count * t / threads, count * (t + 1) / threads); });
  }
}

}  // namespace sluice::bench
