#include <variant>

#include <gtest/gtest.h>

#include "host/config/load_job.hpp"

namespace sluice {
namespace {

class DefaultConfiguration : public testing::Test {
 protected:
  const Job job = parse_job(default_configuration(), "defaults");
  const Job standard;
};

TEST_F(DefaultConfiguration, HasTheSourceOfTheProgram) {
  const auto& kafka = std::get<KafkaSettings>(job.source);
  const KafkaSettings expected;
  EXPECT_EQ(kafka.start.from, expected.start.from);
  EXPECT_EQ(kafka.properties, expected.properties);
  EXPECT_EQ(kafka.lanes, expected.lanes);
  EXPECT_EQ(kafka.fetch, expected.fetch);
  EXPECT_EQ(kafka.once, expected.once);
}

TEST_F(DefaultConfiguration, HasTheFormatOfTheProgram) {
  EXPECT_EQ(job.format.type, standard.format.type);
  EXPECT_EQ(job.format.framing, standard.format.framing);
  EXPECT_EQ(job.format.event_time.unit, standard.format.event_time.unit);
  EXPECT_EQ(job.format.event_time.from_transport, standard.format.event_time.from_transport);
  EXPECT_EQ(job.format.keys.size(), standard.format.keys.size());
  EXPECT_EQ(job.format.values.size(), standard.format.values.size());
  EXPECT_EQ(job.format.allow_non_finite, standard.format.allow_non_finite);
  EXPECT_EQ(job.format.max_key_bytes, standard.format.max_key_bytes);
  EXPECT_EQ(job.on_malformed, standard.on_malformed);
}

TEST_F(DefaultConfiguration, HasTheWatermarkOfTheProgram) {
  EXPECT_EQ(job.watermark.out_of_orderness, standard.watermark.out_of_orderness);
  EXPECT_EQ(job.watermark.idle_timeout, standard.watermark.idle_timeout);
  EXPECT_EQ(job.watermark.advance_when_all_idle, standard.watermark.advance_when_all_idle);
  EXPECT_EQ(job.watermark.allowed_lateness, standard.watermark.allowed_lateness);
  EXPECT_EQ(job.watermark.max_future, standard.watermark.max_future);
}

TEST_F(DefaultConfiguration, HasTheEngineOfTheProgram) {
  EXPECT_EQ(job.engine.backend, standard.engine.backend);
  EXPECT_EQ(job.engine.batch_events, standard.engine.batch_events);
  EXPECT_EQ(job.engine.batch_bytes, standard.engine.batch_bytes);
  EXPECT_EQ(job.engine.batch_linger, standard.engine.batch_linger);
  EXPECT_EQ(job.engine.batches, standard.engine.batches);
  EXPECT_EQ(job.engine.max_keys, standard.engine.max_keys);
  EXPECT_EQ(job.engine.max_state_bytes, standard.engine.max_state_bytes);
  EXPECT_EQ(job.engine.on_full, standard.engine.on_full);
  EXPECT_EQ(job.engine.path, standard.engine.path);
  EXPECT_EQ(job.engine.threads, standard.engine.threads);
  EXPECT_EQ(job.engine.max_rows_per_close, standard.engine.max_rows_per_close);
}

TEST_F(DefaultConfiguration, HasTheOutputsOfTheProgram) {
  ASSERT_EQ(job.sinks.size(), 1u);
  const auto& sink = std::get<PrometheusSinkSettings>(job.sinks[0]);
  const PrometheusSinkSettings expected;
  EXPECT_EQ(sink.max_series, expected.max_series);
  EXPECT_EQ(sink.max_label_bytes, expected.max_label_bytes);
  EXPECT_EQ(sink.ttl, expected.ttl);
  EXPECT_EQ(job.pipeline, standard.pipeline);
  EXPECT_EQ(job.listen, standard.listen);
}

TEST_F(DefaultConfiguration, IsWhatAJobGetsThatSaysNothing) {
  const Job small = parse_job(
      "source: {type: kafka, brokers: b, topics: [t], group: g}\n"
      "format: {type: json, event_time: {field: t}}\n"
      "windows: [{name: w, type: tumbling, size: 1s}]\n"
      "aggregates: [{as: n, fn: count}]\n",
      "job.yaml");
  EXPECT_EQ(small.sinks.size(), job.sinks.size());
  EXPECT_EQ(small.listen, job.listen);
  EXPECT_EQ(small.windows[0].spec.offset, job.windows[0].spec.offset);
  EXPECT_EQ(small.engine.max_state_bytes, job.engine.max_state_bytes);
  EXPECT_EQ(small.watermark.max_future, job.watermark.max_future);
  EXPECT_EQ(small.format.framing, job.format.framing);
}

}  // namespace
}  // namespace sluice
