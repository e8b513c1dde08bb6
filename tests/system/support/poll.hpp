#pragma once

#include <chrono>
#include <thread>

#include "tests/system/support/process.hpp"

namespace sluice::system_test {

/// Asks again and again, a moment apart, until a condition of another process holds.
/// @return whether it did in time
template <class Condition>
bool eventually(Condition condition, std::chrono::seconds limit = patience) {
  constexpr auto moment = std::chrono::milliseconds(20);
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(moment);
  }
  return true;
}

}  // namespace sluice::system_test
