#pragma once

#include <vector>

#include <sched.h>

namespace sluice {

/// The cores that this process may run on.
std::vector<int> allowed_cores();

/// Keeps the calling thread, and threads that it starts meanwhile, on one core. Does nothing where
/// the system refuses.
void pin_to_core(int core) noexcept;

/// Pins for as long as it lives, then gives the thread its cores back.
class PinnedScope {
 public:
  explicit PinnedScope(int core) noexcept;
  ~PinnedScope();
  PinnedScope(const PinnedScope&) = delete;
  PinnedScope& operator=(const PinnedScope&) = delete;

 private:
  cpu_set_t before_;
  bool known_;
};

}  // namespace sluice
