#include "host/metrics/engine_metrics.hpp"

#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/engine/lowering.hpp"
#include "ingest/decode/decoded_events.hpp"
#include "tests/host/pipeline/fake_clock.hpp"
#include "tests/host/promtool.hpp"

namespace sluice {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

/// A source of two partitions that tells what it is told to.
class QuietSource : public Source {
 public:
  const std::vector<PartitionName>& partitions() const noexcept override { return partitions_; }
  unsigned lanes() const noexcept override { return 1; }
  std::optional<unsigned> lane_of(PartitionIndex) const noexcept override { return 0; }
  FillResult fill(unsigned, SourceBlock&, const BlockLimits&,
                  std::atomic<std::uint64_t>&) override {
    return FillResult::finished;
  }
  void pause(std::span<const PartitionIndex>) override {}
  void resume(std::span<const PartitionIndex>) override {}
  void commit(std::span<const PartitionOffset>) override {}
  SourceStatistics statistics() const override { return told; }

  SourceStatistics told{.partitions = std::vector<PartitionStatistics>(2)};

 private:
  std::vector<PartitionName> partitions_{{"events", 0}, {"events", 1}};
};

class EngineMetricsTest : public testing::Test {
 protected:
  EngineMetricsTest() {
    job.windows = {{.name = "1m", .spec = {.size = 60'000, .slide = 60'000}}};
    job.aggregates = {{.name = "n", .function = AggregateFunction::count, .value = {}}};
    job.watermark.max_future.reset();
    job.watermark.out_of_orderness = 0;
    backend = make_backend(BackendKind::cpu, {.layout = layout_of(job),
                                              .max_batch_events = 64,
                                              .batches_in_flight = 3,
                                              .max_keys = 1'000,
                                              .max_state_bytes = std::size_t{1} << 20,
                                              .threads = 1});
    engine = std::make_unique<Engine>(job, 2, *backend, [](const WindowResult&) {});
    metrics = std::make_unique<EngineMetrics>(job, source, *backend, clock);
  }

  /// Feeds the engine one event of partition 0.
  void feed(EventTime time) {
    const std::uint64_t key = 7;
    EventColumns columns;
    columns.size = 1;
    columns.time.wide = &time;
    columns.key.low = &key;
    const Ticket ticket = backend->stage(columns);
    engine->process({.ticket = ticket,
                     .size = 1,
                     .min_time = time,
                     .max_time = time,
                     .malformed = 2,
                     .tombstones = 3,
                     .name_keys = [](std::span<const FirstSeenKey> keys, KeyNames& names) {
                       for (const FirstSeenKey& seen : keys) names.set(seen.slot, "");
                     }});
    backend->release(ticket);
  }

  void report() {
    metrics->state({.engine = *engine,
                    .backend = *backend,
                    .source = source,
                    .sinks = {},
                    .malformed = malformed,
                    .batches = 4,
                    .batches_free = 3,
                    .partitions_paused = 1,
                    .device_decoding = decoding});
  }

  std::vector<std::string> lines() const {
    std::vector<std::string> lines;
    std::istringstream text(metrics->text());
    for (std::string line; std::getline(text, line);) lines.push_back(line);
    return lines;
  }

  std::optional<DeviceDecoding> decoding;
  Job job;
  FakeClock fake;
  const Clock clock = fake.clock();
  QuietSource source;
  std::unique_ptr<Backend> backend;
  std::unique_ptr<Engine> engine;
  std::unique_ptr<EngineMetrics> metrics;
  std::vector<std::uint64_t> malformed = std::vector<std::uint64_t>(malformed_reasons);
};

TEST_F(EngineMetricsTest, ShowsEveryTermOfTheBooksFromTheStart) {
  for (const char* name : {"events_read", "events_accepted", "late_dropped", "future_dropped",
                           "keys_full", "state_full", "filtered", "tombstones", "in_no_window",
                           "windows_closed", "rows_emitted", "rows_revised", "sum_overflows"}) {
    EXPECT_THAT(lines(), Contains("sluice_" + std::string(name) + "_total{pipeline=\"sluice\"} 0"));
  }
  EXPECT_THAT(lines(),
              Contains("sluice_malformed_total{pipeline=\"sluice\",reason=\"bad_value\"} 0"));
  EXPECT_THAT(lines(), Contains("sluice_parked_events{pipeline=\"sluice\"} 0"));
}

TEST_F(EngineMetricsTest, ShowsEveryOtherFamilyFromTheStart) {
  const std::string text = metrics->text();
  for (const char* name : {"sluice_build_info",
                           "sluice_backend_info",
                           "sluice_batches_total",
                           "sluice_batch_events",
                           "sluice_stage_duration_seconds",
                           "sluice_stage_cpu_seconds_total",
                           "sluice_bytes_read_total",
                           "sluice_throughput_events_per_second",
                           "sluice_throughput_bytes_per_second",
                           "sluice_staging_blocks",
                           "sluice_partitions_paused",
                           "sluice_panes_live",
                           "sluice_state_keys",
                           "sluice_state_key_capacity",
                           "sluice_state_bytes",
                           "sluice_state_columns",
                           "sluice_state_rehashes_total",
                           "sluice_accumulate_path",
                           "sluice_accumulate_path_switches_total",
                           "sluice_decode_on_device",
                           "sluice_decode_moves_total",
                           "sluice_device_decode_events_total",
                           "sluice_device_decode_listed_ratio",
                           "sluice_kernel_launches_total",
                           "sluice_kernel_duration_seconds_total",
                           "sluice_kernel_bytes_total",
                           "sluice_kernel_events_total",
                           "sluice_kernel_achieved_bytes_per_second",
                           "sluice_window_late_events_total",
                           "sluice_idle_partitions",
                           "sluice_partition_idle",
                           "sluice_partition_holds_watermark",
                           "process_cpu_seconds_total",
                           "process_resident_memory_bytes"}) {
    EXPECT_THAT(text, HasSubstr("# TYPE " + std::string(name) + " "));
  }
}

TEST_F(EngineMetricsTest, CountersFollowTheBooks) {
  feed(1'000);
  malformed[static_cast<std::size_t>(Malformed::syntax)] = 2;
  report();
  EXPECT_THAT(lines(), Contains("sluice_events_read_total{pipeline=\"sluice\"} 6"));
  EXPECT_THAT(lines(), Contains("sluice_events_accepted_total{pipeline=\"sluice\"} 1"));
  EXPECT_THAT(lines(), Contains("sluice_tombstones_total{pipeline=\"sluice\"} 3"));
  EXPECT_THAT(lines(), Contains("sluice_malformed_total{pipeline=\"sluice\",reason=\"syntax\"} 2"));
  EXPECT_THAT(lines(), Contains("sluice_panes_live{pipeline=\"sluice\"} 1"));
  report();
  EXPECT_THAT(lines(), Contains("sluice_events_read_total{pipeline=\"sluice\"} 6"));
}

TEST_F(EngineMetricsTest, ShowsWhatADeviceDecodedAndWhatItLeftToTheHost) {
  decoding = DeviceDecoding{.decoded = 90,
                            .listed = 10,
                            .refused = 7,
                            .moves = 3,
                            .listed_ratio = 0.125,
                            .on_device = true};
  report();
  const std::string events = "sluice_device_decode_events_total{pipeline=\"sluice\",outcome=";
  EXPECT_THAT(lines(), Contains(events + "\"decoded\"} 90"));
  EXPECT_THAT(lines(), Contains(events + "\"listed\"} 10"));
  EXPECT_THAT(lines(), Contains(events + "\"refused\"} 7"));
  EXPECT_THAT(lines(), Contains("sluice_decode_moves_total{pipeline=\"sluice\"} 3"));
  EXPECT_THAT(lines(), Contains("sluice_device_decode_listed_ratio{pipeline=\"sluice\"} 0.125"));
  EXPECT_THAT(lines(), Contains("sluice_decode_on_device{pipeline=\"sluice\"} 1"));
}

TEST_F(EngineMetricsTest, AnUnknownFigureIsAbsentRatherThanZero) {
  report();
  const std::string text = metrics->text();
  for (const char* name :
       {"sluice_kafka_consumer_lag", "sluice_kafka_committed_offset", "sluice_kafka_end_offset",
        "sluice_watermark_timestamp_seconds", "sluice_partition_max_event_timestamp_seconds"}) {
    EXPECT_THAT(text, Not(HasSubstr(std::string(name) + "{")));
  }
}

TEST_F(EngineMetricsTest, AKnownFigureIsShownOfItsPartitionOnly) {
  source.told.partitions[1] = {.lag = 5, .committed_offset = 10, .end_offset = 15};
  feed(1'500);
  report();
  const std::string first = "{pipeline=\"sluice\",partition=\"0\",topic=\"events\"}";
  const std::string second = "{pipeline=\"sluice\",partition=\"1\",topic=\"events\"}";
  EXPECT_THAT(lines(), Contains("sluice_kafka_consumer_lag" + second + " 5"));
  EXPECT_THAT(lines(), Contains("sluice_kafka_committed_offset" + second + " 10"));
  EXPECT_THAT(lines(), Contains("sluice_kafka_end_offset" + second + " 15"));
  EXPECT_THAT(metrics->text(), Not(HasSubstr("sluice_kafka_consumer_lag" + first)));
  EXPECT_THAT(lines(), Contains("sluice_partition_max_event_timestamp_seconds" + first + " 1.5"));
}

TEST_F(EngineMetricsTest, TheWatermarkIsShownOnceThereIsOne) {
  job.watermark.idle_timeout.reset();
  feed(61'000);
  engine->process({.finished = std::vector<PartitionIndex>{1}});
  report();
  EXPECT_THAT(lines(), Contains("sluice_watermark_timestamp_seconds{pipeline=\"sluice\"} 60.999"));
  engine->process({.finished = std::vector<PartitionIndex>{0}});
  report();
  EXPECT_THAT(lines(), Contains("sluice_watermark_timestamp_seconds{pipeline=\"sluice\"} 60.999"))
      << "the end of time is no timestamp";
}

TEST_F(EngineMetricsTest, BatchesAreCountedByWhatSealedThem) {
  metrics->batch_done({.events = 10, .bytes = 100, .sealed_by = SealedBy::full});
  metrics->batch_done({.events = 1, .bytes = 10, .sealed_by = SealedBy::linger});
  metrics->batch_done({.sealed_by = SealedBy::heartbeat});
  EXPECT_THAT(lines(), Contains("sluice_batches_total{pipeline=\"sluice\",sealed_by=\"full\"} 1"));
  EXPECT_THAT(lines(),
              Contains("sluice_batches_total{pipeline=\"sluice\",sealed_by=\"heartbeat\"} 1"));
  EXPECT_THAT(lines(), Contains("sluice_batch_events_count{pipeline=\"sluice\"} 2"));
  EXPECT_THAT(lines(), Contains("sluice_bytes_read_total{pipeline=\"sluice\"} 110"));
}

TEST_F(EngineMetricsTest, CpuTimeIsCountedByStageHeartbeatsIncluded) {
  metrics->batch_done(
      {.events = 10, .cpu = {.fetch = 0.25, .decompress = 0.5, .decode = 1, .compute = 2}});
  metrics->batch_done({.sealed_by = SealedBy::heartbeat, .cpu = {.fetch = 0.5}});
  const std::string cpu = "sluice_stage_cpu_seconds_total{pipeline=\"sluice\",stage=";
  EXPECT_THAT(lines(), Contains(cpu + "\"fetch\"} 0.75"));
  EXPECT_THAT(lines(), Contains(cpu + "\"decompress\"} 0.5"));
  EXPECT_THAT(lines(), Contains(cpu + "\"decode\"} 1"));
  EXPECT_THAT(lines(), Contains(cpu + "\"compute\"} 2"));
}

TEST_F(EngineMetricsTest, ThroughputIsAnAverageOverTheLastSeconds) {
  report();
  feed(1'000);
  fake.advance(2'000);
  report();
  EXPECT_THAT(lines(), Contains("sluice_throughput_events_per_second{pipeline=\"sluice\"} 3"));
}

TEST_F(EngineMetricsTest, KernelsAreShownByBackendAndDevice) {
  feed(1'000);
  report();
  EXPECT_THAT(
      metrics->text(),
      HasSubstr("sluice_kernel_launches_total{pipeline=\"sluice\",backend=\"cpu\",device=\"" +
                backend->device() + "\",kernel=\""));
}

TEST_F(EngineMetricsTest, NamesFollowTheConventions) {
  for (const std::string& line : lines()) {
    if (line.rfind("# TYPE ", 0) != 0) continue;
    std::istringstream words(line);
    std::string hash, type_word, name, type;
    words >> hash >> type_word >> name >> type;
    EXPECT_TRUE(name.starts_with("sluice_") || name.starts_with("process_")) << name;
    EXPECT_EQ(name.ends_with("_total"), type == "counter") << name;
    for (const char* unit : {"_ms", "_milliseconds", "_kb", "_mb", "_percent"}) {
      EXPECT_FALSE(name.ends_with(unit)) << name;
    }
  }
}

TEST_F(EngineMetricsTest, PassesPromtool) {
  feed(1'000);
  source.told.partitions[0] = {.lag = 5, .committed_offset = 10, .end_offset = 15};
  report();
  if (!promtool_is_installed()) GTEST_SKIP() << "promtool is not installed";
  EXPECT_EQ(promtool_complaints(metrics->text()), "");
}

}  // namespace
}  // namespace sluice
