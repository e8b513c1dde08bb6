#pragma once

#include "host/metrics/series.hpp"

namespace sluice {

/// The process_* metrics that dashboards expect, from /proc.
class ProcessMetrics {
 public:
  explicit ProcessMetrics(prometheus::Registry& registry);
  void update();

 private:
  prometheus::Counter& cpu_seconds_;
  prometheus::Gauge& resident_bytes_;
  prometheus::Gauge& virtual_bytes_;
  prometheus::Gauge& threads_;
  prometheus::Gauge& open_files_;
};

}  // namespace sluice
