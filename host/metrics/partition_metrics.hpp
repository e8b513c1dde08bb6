#pragma once

#include <vector>

#include "host/metrics/series.hpp"
#include "ingest/source.hpp"
#include "ingest/watermark.hpp"

namespace sluice {

/// The watermark, who holds it back, and how far each partition has been read.
class PartitionMetrics {
 public:
  PartitionMetrics(prometheus::Registry& registry, const Labels& labels,
                   const std::vector<PartitionName>& partitions);
  void update(EventTime watermark, const Watermarks& watermarks, const SourceStatistics& source);

 private:
  /// A gauge that shows only once its figure is known: an unknown lag is not a lag of 0.
  struct MaybeGauge {
    prometheus::Family<prometheus::Gauge>* family;
    Labels labels;
    prometheus::Gauge* gauge = nullptr;
    void set(double value);
  };
  struct Partition {
    MaybeGauge max_time;
    MaybeGauge lag;
    MaybeGauge committed;
    MaybeGauge end;
    prometheus::Gauge* idle;
    prometheus::Gauge* holds;
  };
  std::vector<Partition> partitions_;
  MaybeGauge watermark_;
  prometheus::Gauge& idle_;
  prometheus::Gauge& queue_messages_;
  prometheus::Gauge& queue_bytes_;
  prometheus::Counter& client_errors_;
};

}  // namespace sluice
