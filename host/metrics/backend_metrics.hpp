#pragma once

#include <utility>
#include <vector>

#include "host/metrics/series.hpp"
#include "kernels/backend.hpp"

namespace sluice {

/// The backend's state and every kernel's launches, durations, bytes and achieved bandwidth. The
/// CPU backend reports its stages under the same names.
class BackendMetrics {
 public:
  BackendMetrics(prometheus::Registry& registry, const Labels& labels, const Backend& backend);
  void update(const BackendStatus& status);

 private:
  struct Kernel {
    prometheus::Counter* launches;
    prometheus::Counter* timed_launches;
    prometheus::Counter* seconds;
    prometheus::Counter* bytes;
    prometheus::Counter* events;
    prometheus::Gauge* bytes_per_second;
    KernelStatistics last;
  };
  std::vector<Kernel> kernels_;
  prometheus::Gauge& keys_;
  prometheus::Gauge& key_capacity_;
  prometheus::Gauge& state_bytes_;
  prometheus::Gauge& pool_bytes_;
  prometheus::Gauge& sealed_bytes_;
  prometheus::Gauge& staging_bytes_;
  prometheus::Gauge& result_bytes_;
  prometheus::Gauge& columns_;
  prometheus::Counter& rehashes_;
  prometheus::Counter& path_switches_;
  std::vector<std::pair<AccumulatePath, prometheus::Gauge*>> paths_;
};

}  // namespace sluice
