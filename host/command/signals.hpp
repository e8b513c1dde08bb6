#pragma once

#include <stop_token>
#include <thread>

namespace sluice {

/// Turns SIGTERM and SIGINT into a stop request; a second one ends the process at once with code 1.
/// Make it before any other thread, so that all inherit the blocked signals. One at a time.
class StopOnSignal {
 public:
  StopOnSignal();
  ~StopOnSignal();
  StopOnSignal(const StopOnSignal&) = delete;
  StopOnSignal& operator=(const StopOnSignal&) = delete;

  std::stop_token token() const { return stop_.get_token(); }
  std::stop_source source() const { return stop_; }

 private:
  std::stop_source stop_;
  std::jthread waiter_;
};

}  // namespace sluice
