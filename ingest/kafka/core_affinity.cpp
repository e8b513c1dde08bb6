#include "ingest/kafka/core_affinity.hpp"

namespace sluice {

std::vector<int> allowed_cores() {
  std::vector<int> cores;
  cpu_set_t set;
  if (::sched_getaffinity(0, sizeof set, &set) == 0) {
    for (unsigned core = 0; core < CPU_SETSIZE; ++core) {
      if (CPU_ISSET(core, &set)) {
        cores.push_back(static_cast<int>(core));
      }
    }
  }
  return cores;
}

void pin_to_core(int core) noexcept {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<unsigned>(core), &set);
  (void)::sched_setaffinity(0, sizeof set, &set);
}

PinnedScope::PinnedScope(int core) noexcept
    : before_{}, known_(::sched_getaffinity(0, sizeof before_, &before_) == 0) {
  if (known_) {
    pin_to_core(core);
  }
}

PinnedScope::~PinnedScope() {
  if (known_) {
    (void)::sched_setaffinity(0, sizeof before_, &before_);
  }
}

}  // namespace sluice
