#include "host/config/load_job.hpp"

#include <cstdio>
#include <fstream>
#include <string>
#include <variant>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/host/config/small_job.hpp"

namespace sluice {
namespace {

using testing::ElementsAre;

Job with_format(const std::string& options) {
  return parse_job("source: {type: file, path: x}\nformat: {event_time: {field: t}, " + options +
                       "}\n" + windows + aggregates,
                   "job.yaml");
}

TEST(ParseJob, ReadsTheJobOfTheManual) {
  const Job job = parse_job(R"yaml(
pipeline: user-behaviour
source: {type: kafka, brokers: "localhost:9092", topics: [user_behavior], group: sluice, start: committed, properties: {}}
format:
  type: json
  event_time: {field: ts, unit: ms}
  key: [user_id, {field: geo.country, as: country}]
  values: {amount: {field: order.amount, type: "decimal(2)"}, ms: {
type:
  int64
}
}
  on_malformed: drop
watermark: {out_of_orderness: 5s, idle_timeout: 30s, on_all_idle: hold, allowed_lateness: 0s, max_future: 1h}
windows:
  - {name: 1m, type: tumbling, size: 1m}
  - {name: 10m, type: sliding, size: 10m, slide: 1m}
aggregates:
  - {as: events, fn: count}
  - {as: revenue, fn: sum, of: amount}
sinks:
  - {type: prometheus}
  - {type: stdout, format: json}
engine: {backend: auto, batch_events: 1048576, batch_bytes: 32MiB, batch_linger: 50ms, max_keys: 4194304, max_state_bytes: 8GiB}
http: {listen: "127.0.0.1:9465"}
)yaml",
                            "job.yaml");
  EXPECT_EQ(job.pipeline, "user-behaviour");
  const auto& kafka = std::get<KafkaSettings>(job.source);
  EXPECT_EQ(kafka.brokers, "localhost:9092");
  EXPECT_THAT(kafka.topics, ElementsAre("user_behavior"));
  EXPECT_EQ(kafka.group, "sluice");
  EXPECT_EQ(kafka.start.from, KafkaStart::From::committed);
  ASSERT_EQ(job.format.keys.size(), 2u);
  EXPECT_EQ(job.format.keys[0].name, "user_id");
  EXPECT_EQ(job.format.keys[1].name, "country");
  EXPECT_THAT(job.format.keys[1].path.members, ElementsAre("geo", "country"));
  ASSERT_EQ(job.format.values.size(), 2u);
  EXPECT_EQ(job.format.values[0].name, "amount");
  EXPECT_EQ(job.format.values[0].path.text, "order.amount");
  EXPECT_EQ(job.format.values[0].type, ValueType::decimal);
  EXPECT_EQ(job.format.values[0].scale, 2u);
  EXPECT_EQ(job.format.values[1].type, ValueType::int64);
  EXPECT_EQ(job.format.event_time.path.text, "ts");
  ASSERT_EQ(job.windows.size(), 2u);
  EXPECT_EQ(job.windows[0].name, "1m");
  EXPECT_EQ(job.windows[0].spec, (WindowSpec{.size = 60'000, .slide = 60'000}));
  EXPECT_EQ(job.windows[1].spec, (WindowSpec{.size = 600'000, .slide = 60'000}));
  ASSERT_EQ(job.aggregates.size(), 2u);
  EXPECT_EQ(job.aggregates[0].value, std::nullopt);
  EXPECT_EQ(job.aggregates[1].function, AggregateFunction::sum);
  EXPECT_EQ(job.aggregates[1].value, 0);
  ASSERT_EQ(job.sinks.size(), 2u);
  EXPECT_TRUE(std::holds_alternative<PrometheusSinkSettings>(job.sinks[0]));
  EXPECT_EQ(std::get<StreamSinkSettings>(job.sinks[1]).path, "-");
}

TEST(ParseJob, ReadsEveryStartOfKafka) {
  const auto start_of = [](const std::string& start) {
    const Job job =
        parse_job("source: {type: kafka, brokers: b, topics: [t], group: g, start: " + start +
                      "}\n" + format + windows + aggregates,
                  "job.yaml");
    return std::get<KafkaSettings>(job.source).start;
  };
  EXPECT_EQ(start_of("earliest").from, KafkaStart::From::earliest);
  EXPECT_EQ(start_of("latest").from, KafkaStart::From::latest);
  EXPECT_EQ(start_of("committed").from, KafkaStart::From::committed);
  EXPECT_EQ(start_of("{timestamp: 1700000000000}").from, KafkaStart::From::timestamp);
  EXPECT_EQ(start_of("{timestamp: 1700000000000}").timestamp, 1'700'000'000'000);
  const KafkaStart offsets = start_of("{offsets: {t: {0: 17, 1: 4}}}");
  EXPECT_EQ(offsets.from, KafkaStart::From::offsets);
  EXPECT_EQ(offsets.offsets.at("t").at(0), 17);
  EXPECT_EQ(offsets.offsets.at("t").at(1), 4);
}

TEST(ParseJob, PassesLibrdkafkaPropertiesOn) {
  const Job job = parse_job(
      "source: {type: kafka, brokers: b, topics: t, start: earliest, properties: "
      "{fetch.min.bytes: 1, security.protocol: SASL_SSL}}\n" +
          format + windows + aggregates,
      "job.yaml");
  EXPECT_THAT(std::get<KafkaSettings>(job.source).properties,
              ElementsAre(testing::Pair("fetch.min.bytes", "1"),
                          testing::Pair("security.protocol", "SASL_SSL")));
}

TEST(ParseJob, ReadsWhoFetchesFromKafka) {
  const auto fetch_of = [](const std::string& more) {
    const Job job = parse_job("source: {type: kafka, brokers: b, topics: t, start: earliest" +
                                  more + "}\n" + format + windows + aggregates,
                              "job.yaml");
    return std::get<KafkaSettings>(job.source).fetch;
  };
  EXPECT_EQ(fetch_of(""), KafkaFetch::automatic);
  EXPECT_EQ(fetch_of(", fetch: auto, properties: {client.rack: r}"), KafkaFetch::automatic);
  EXPECT_EQ(fetch_of(", fetch: direct"), KafkaFetch::direct);
  EXPECT_EQ(fetch_of(", fetch: librdkafka"), KafkaFetch::librdkafka);
  try {
    fetch_of(", fetch: direct, properties: {client.rack: r}");
    FAIL() << "no error";
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("property client.rack is librdkafka's alone"));
  }
}

TEST(ParseJob, ReadsFileSourcesWithLinesAndWithoutAFutureGuard) {
  const Job job = parse_job(
      "source: {type: file, path: [a.csv, b.csv]}\n" + format + windows + aggregates, "job.yaml");
  EXPECT_THAT(std::get<FileSettings>(job.source).paths, ElementsAre("a.csv", "b.csv"));
  EXPECT_EQ(job.format.framing, Framing::lines);
  EXPECT_EQ(job.watermark.max_future, std::nullopt);
}

TEST(ParseJob, ReadsGeneratorSources) {
  const Job job = parse_job(
      "source: {type: generator, kind: yahoo, seed: 7, events: 100, keys: 10, distribution: "
      "zipf, "
      "zipf_exponent: 1.5, disorder: 2s, late_ratio: 0.25, malformed_ratio: 0.5, rate: 1000, "
      "start: 5, partitions: 4}\n" +
          format + windows + aggregates,
      "job.yaml");
  const auto& generator = std::get<GeneratorSettings>(job.source);
  EXPECT_EQ(generator.kind, GeneratorKind::yahoo);
  EXPECT_EQ(generator.seed, 7u);
  EXPECT_EQ(generator.events, 100u);
  EXPECT_EQ(generator.keys, 10u);
  EXPECT_EQ(generator.distribution, KeyDistribution::zipf);
  EXPECT_EQ(generator.zipf_exponent, 1.5);
  EXPECT_EQ(generator.disorder, 2'000);
  EXPECT_EQ(generator.late_ratio, 0.25);
  EXPECT_EQ(generator.malformed_ratio, 0.5);
  EXPECT_EQ(generator.rate, 1'000u);
  EXPECT_EQ(generator.start, 5);
  EXPECT_EQ(generator.partitions, 4u);
}

TEST(ParseJob, ReadsCsv) {
  EXPECT_TRUE(with_format("type: csv").format.csv.header);
  const Format by_name = with_format("type: csv, csv: {columns: [t, a], delimiter: ';'}").format;
  EXPECT_FALSE(by_name.csv.header);
  EXPECT_THAT(by_name.csv.columns, ElementsAre("t", "a"));
  EXPECT_EQ(by_name.csv.delimiter, ';');
  const Format by_number =
      with_format("type: csv, csv: {header: false, quote: \"'\"}, key: {field: 2, as: k}").format;
  EXPECT_FALSE(by_number.csv.header);
  EXPECT_EQ(by_number.csv.quote, '\'');
  EXPECT_EQ(by_number.keys[0].path.text, "2");
}

TEST(ParseJob, ReadsBinaryLayouts) {
  const BinaryFormat binary =
      with_format(
          "type: binary, binary: {endian: big, layout: [{name: t, type: int64}, {pad: 4}, "
          "{name: id, type: \"char(8)\"}, {name: x, type: float32}]}")
          .format.binary;
  EXPECT_EQ(binary.order, ByteOrder::big);
  ASSERT_EQ(binary.layout.size(), 4u);
  EXPECT_EQ(binary.layout[0].bytes, 8u);
  EXPECT_EQ(binary.layout[1].type, BinaryField::Type::pad);
  EXPECT_EQ(binary.layout[1].bytes, 4u);
  EXPECT_EQ(binary.layout[2].type, BinaryField::Type::chars);
  EXPECT_EQ(binary.layout[2].bytes, 8u);
  EXPECT_EQ(binary.layout[3].type, BinaryField::Type::float32);
}

TEST(ParseJob, TakesOffWhereThatIsLegal) {
  const Job job = parse_job(job_file +
                                "watermark: {idle_timeout: off, max_future: off}\n"
                                "http: {listen: off}\n",
                            "job.yaml");
  EXPECT_EQ(job.watermark.idle_timeout, std::nullopt);
  EXPECT_EQ(job.watermark.max_future, std::nullopt);
  EXPECT_EQ(job.listen, "");
}

TEST(ParseJob, ReadsWindowsWithOffsets) {
  const Job job = parse_job(source + format + aggregates +
                                "windows: [{name: w, type: sliding, size: 1d, slide: 6h, offset: "
                                "-1h30m}]\n",
                            "job.yaml");
  EXPECT_EQ(job.windows[0].spec.offset, -5'400'000);
}

TEST(ParseJob, ReadsAFilterAndWhatItNeeds) {
  const Job job =
      parse_job(job_file + "where: \"amount > 0 AND event.kind = 'view' AND ok\"\n", "job.yaml");
  ASSERT_TRUE(job.where.has_value());
  EXPECT_EQ(job.where->text, "amount > 0 AND event.kind = 'view' AND ok");
  ASSERT_EQ(job.format.filter.size(), 2u);
  EXPECT_EQ(job.format.filter[0].path.text, "event.kind");
  EXPECT_THAT(job.format.filter[0].path.members, ElementsAre("event", "kind"));
  EXPECT_EQ(job.format.filter[0].type, FilterField::Type::string);
  EXPECT_EQ(job.format.filter[1].type, FilterField::Type::boolean);
  EXPECT_FALSE(parse_job(job_file, "job.yaml").where.has_value());
}

TEST(ParseJob, ReadsWhereEventsAreDecoded) {
  EXPECT_EQ(parse_job(job_file, "job.yaml").engine.decode, DecodePlace::automatic);
  const auto place = [](const std::string& text) {
    return parse_job(job_file + "engine: {decode: " + text + "}\n", "job.yaml").engine.decode;
  };
  EXPECT_EQ(place("auto"), DecodePlace::automatic);
  EXPECT_EQ(place("host"), DecodePlace::host);
  EXPECT_EQ(place("device"), DecodePlace::device);
}

TEST(LoadJob, ReadsAFileAndNamesItInMessages) {
  const std::string path = testing::TempDir() + "load_job_test.yaml";
  std::ofstream(path) << job_file;
  EXPECT_EQ(load_job(path).windows.size(), 1u);
  std::ofstream(path) << job_file << "oops: 1\n";
  try {
    load_job(path);
    FAIL() << "nothing was thrown";
  } catch (const ConfigError& error) {
    EXPECT_EQ(std::string(error.what()), path + ":5: oops: unknown option");
  }
  std::remove(path.c_str());
}

TEST(LoadJob, SaysThatAFileCannotBeRead) {
  try {
    load_job("/nonexistent/job.yaml");
    FAIL() << "nothing was thrown";
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), testing::StartsWith("/nonexistent/job.yaml: cannot be read"));
  }
}

}  // namespace
}  // namespace sluice
