#include "host/metrics/partition_metrics.hpp"

namespace sluice {
namespace {

constexpr double milliseconds_per_second = 1'000;

}  // namespace

PartitionMetrics::PartitionMetrics(prometheus::Registry& registry, const Labels& labels,
                                   const std::vector<PartitionName>& partitions)
    : watermark_{&gauges(registry, "sluice_watermark_timestamp_seconds",
                         "No event at or before this time is expected any more.", labels),
                 {}},
      idle_(gauges(registry, "sluice_idle_partitions", "Partitions left out as idle.", labels)
                .Add({})),
      queue_messages_(gauges(registry, "sluice_source_queue_messages",
                             "Messages fetched and not yet taken.", labels)
                          .Add({})),
      queue_bytes_(
          gauges(registry, "sluice_source_queue_bytes", "Bytes fetched and not yet taken.", labels)
              .Add({})),
      client_errors_(counters(registry, "sluice_source_client_errors_total",
                              "Errors that the Kafka client recovered from.", labels)
                         .Add({})) {
  auto& max_time =
      gauges(registry, "sluice_partition_max_event_timestamp_seconds",
             "Largest event time of a partition that the future guard passed.", labels);
  auto& idle = gauges(registry, "sluice_partition_idle", "1 while a partition is idle.", labels);
  auto& holds = gauges(registry, "sluice_partition_holds_watermark",
                       "1 for the partition that holds the watermark back.", labels);
  auto& lag = gauges(registry, "sluice_kafka_consumer_lag",
                     "Messages between the position and the end of a partition.", labels);
  auto& committed =
      gauges(registry, "sluice_kafka_committed_offset", "Offset committed for the group.", labels);
  auto& end = gauges(registry, "sluice_kafka_end_offset", "End offset of a partition.", labels);
  for (const PartitionName& name : partitions) {
    const Labels own{{"topic", name.topic}, {"partition", std::to_string(name.number)}};
    partitions_.push_back({.max_time = {&max_time, own},
                           .lag = {&lag, own},
                           .committed = {&committed, own},
                           .end = {&end, own},
                           .idle = &idle.Add(own),
                           .holds = &holds.Add(own)});
  }
}

void PartitionMetrics::MaybeGauge::set(double value) {
  if (gauge == nullptr) gauge = &family->Add(labels);
  gauge->Set(value);
}

void PartitionMetrics::update(EventTime watermark, const Watermarks& watermarks,
                              const SourceStatistics& source) {
  if (watermark != start_of_time && watermark != end_of_time) {
    watermark_.set(static_cast<double>(watermark) / milliseconds_per_second);
  }
  idle_.Set(static_cast<double>(watermarks.idle_count()));
  queue_messages_.Set(static_cast<double>(source.fetch_queue_messages));
  queue_bytes_.Set(static_cast<double>(source.fetch_queue_bytes));
  advance(client_errors_, static_cast<double>(source.client_errors));
  const auto holder = watermarks.holder();
  for (std::size_t p = 0; p < partitions_.size(); ++p) {
    Partition& partition = partitions_[p];
    const auto index = static_cast<PartitionIndex>(p);
    if (const auto time = watermarks.max_time(index)) {
      partition.max_time.set(static_cast<double>(*time) / milliseconds_per_second);
    }
    partition.idle->Set(watermarks.idle(index) ? 1 : 0);
    partition.holds->Set(holder == index ? 1 : 0);
    if (p >= source.partitions.size()) continue;
    const PartitionStatistics& figures = source.partitions[p];
    if (figures.lag) partition.lag.set(static_cast<double>(*figures.lag));
    if (figures.committed_offset) {
      partition.committed.set(static_cast<double>(*figures.committed_offset));
    }
    if (figures.end_offset) partition.end.set(static_cast<double>(*figures.end_offset));
  }
}

}  // namespace sluice
