#include "host/command/signals.hpp"

#include <csignal>
#include <ctime>

#include <pthread.h>
#include <unistd.h>

namespace sluice {
namespace {

sigset_t stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

}  // namespace

StopOnSignal::StopOnSignal() {
  const sigset_t signals = stop_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  waiter_ = std::jthread([stop = stop_](std::stop_token ended) mutable {
    const sigset_t awaited = stop_signals();
    const timespec pause{.tv_sec = 0, .tv_nsec = 100'000'000};
    while (!ended.stop_requested()) {
      if (sigtimedwait(&awaited, nullptr, &pause) < 0) continue;
      if (stop.stop_requested()) ::_exit(1);
      stop.request_stop();
    }
  });
}

StopOnSignal::~StopOnSignal() = default;

}  // namespace sluice
