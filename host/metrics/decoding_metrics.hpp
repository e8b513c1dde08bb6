#pragma once

#include "host/metrics/series.hpp"
#include "host/pipeline/raw_batches.hpp"

namespace sluice {

/// Where blocks are decoded, and how many events a device leaves to the host.
class DecodingMetrics {
 public:
  DecodingMetrics(prometheus::Registry& registry, const Labels& labels);
  void update(const DeviceDecoding& decoding);

 private:
  prometheus::Family<prometheus::Counter>& events_;
  prometheus::Counter& decoded_;
  prometheus::Counter& listed_;
  prometheus::Counter& refused_;
  prometheus::Counter& moves_;
  prometheus::Gauge& listed_ratio_;
  prometheus::Gauge& on_device_;
};

}  // namespace sluice
