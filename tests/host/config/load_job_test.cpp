#include "host/config/load_job.hpp"

#include <cstdio>
#include <fstream>
#include <ostream>
#include <string>
#include <variant>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// The parts of a small job that is right, one a line.
const std::string source = "source: {type: kafka, brokers: b, topics: [t], start: earliest}\n";
const std::string format =
    "format: {type: json, event_time: {field: t}, values: {amount: int64, ms: double}}\n";
const std::string windows = "windows: [{name: w, type: tumbling, size: 10s}]\n";
const std::string aggregates = "aggregates: [{as: n, fn: count}]\n";
const std::string job_file = source + format + windows + aggregates;

/// What is wrong with a job file; empty when it is right.
std::string faults_of(const std::string& yaml) {
  try {
    parse_job(yaml, "job.yaml");
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

struct Fault {
  std::string yaml;
  std::string message;
};

void expect_faults(const std::vector<Fault>& cases) {
  for (const Fault& fault : cases) EXPECT_EQ(faults_of(fault.yaml), fault.message) << fault.yaml;
}

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

TEST(ParseJob, NamesEveryPartThatIsMissing) {
  EXPECT_EQ(faults_of(""),
            "job.yaml: source: is required: {type: kafka, ...}\n"
            "job.yaml: format: is required: {type: json, ...}\n"
            "job.yaml: windows: is required: a list of {name: NAME, type: tumbling, size: 1m}\n"
            "job.yaml: aggregates: is required: a list of {as: NAME, fn: FUNCTION, of: VALUE}");
}

TEST(ParseJob, NamesAllFaultsAtOnceInOrder) {
  EXPECT_EQ(faults_of("source: {type: kafka, brokers: b, topic: t, start: erliest}\n"
                      "format: {type: json, event_time: {field: t, unit: m}}\n"
                      "windows:\n"
                      "  - {name: w, type: tumbling, size: 10}\n"
                      "aggregates:\n"
                      "  - {as: n, fn: cout}\n"
                      "enigne: {}\n"),
            "job.yaml:1: source.topics: is required: a list of topics, or one ^regex\n"
            "job.yaml:1: source.start: \"erliest\" is none of earliest, latest, committed; did you "
            "mean earliest?\n"
            "job.yaml:1: source.group: is required to start from the committed offsets; give one, "
            "or set start: earliest or latest\n"
            "job.yaml:1: source.topic: unknown option; did you mean topics?\n"
            "job.yaml:2: format.event_time.unit: \"m\" is none of s, ms, us, ns, iso8601, rfc3339; "
            "did you mean s?\n"
            "job.yaml:4: windows[0].size: \"10\" is no duration; write it with a unit, as in "
            "500ms, 10s, 5m, 1h or 1d\n"
            "job.yaml:6: aggregates[0].fn: \"cout\" is none of count, sum, min, max, avg, stddev, "
            "stddev_pop, variance, variance_pop; did you mean count?\n"
            "job.yaml:7: enigne: unknown option; did you mean engine?");
}

TEST(ParseJob, NamesFaultsOfTheSource) {
  const std::string rest = format + windows + aggregates;
  const auto with_source = [&](const std::string& options) {
    return "source: {" + options + "}\n" + rest;
  };
  expect_faults({
      {with_source("brokers: b"),
       "job.yaml:1: source.type: is required: kafka, file or generator\n"
       "job.yaml:1: source.path: is required: a file, a folder, a list, or -\n"
       "job.yaml:1: source.brokers: unknown option"},
      {with_source("type: kafka, topics: [t], start: earliest"),
       "job.yaml:1: source.brokers: is required"},
      {with_source("type: kafka, brokers: b, topics: [^a, ^b], start: earliest"),
       "job.yaml:1: source.topics: a ^regex must stand alone"},
      {with_source("type: kafka, brokers: b, topics: [t]"),
       "job.yaml:1: source.group: is required to start from the committed offsets; give one, or "
       "set start: earliest or latest"},
      {with_source("type: kafka, brokers: b, topics: [t], start: {offsets: {t: {0: -4}}}"),
       "job.yaml:1: source.start.offsets: partitions and offsets must be whole numbers, not "
       "negative"},
      {with_source("type: kafka, brokers: b, topics: [t], start: {at: 4}"),
       "job.yaml:1: source.start: must be earliest, latest, committed, {timestamp: MILLISECONDS} "
       "or {offsets: {TOPIC: {PARTITION: OFFSET}}}\n"
       "job.yaml:1: source.start.at: unknown option"},
      {with_source("type: kafka, brokers: b, topics: [t], start: earliest, lanes: 1000"),
       "job.yaml:1: source.lanes: \"1000\" must be a whole number from 0 to 256"},
      {with_source("type: file, path: [-, x]"), "job.yaml:1: source.path: - must stand alone"},
      {with_source("type: generator, late_ratio: 2"),
       "job.yaml:1: source.late_ratio: \"2\" must be a number from 0 to 1"},
  });
}

TEST(ParseJob, NamesFaultsOfTheFormat) {
  const auto with = [&](const std::string& options) {
    return source + "format: {event_time: {field: t}, " + options + "}\n" + windows + aggregates;
  };
  expect_faults({
      {source + "format: {type: json}\n" + windows + aggregates,
       "job.yaml:2: format.event_time: is required: {field: NAME, unit: ms} or {from: kafka}"},
      {"source: {type: file, path: x}\nformat: {type: json, event_time: {from: kafka}}\n" +
           windows + aggregates,
       "job.yaml:2: format.event_time.from: kafka needs a source of type kafka"},
      {with("type: xml"),
       "job.yaml:2: format.type: \"xml\" is none of json, csv, binary, avro, protobuf"},
      {with("type: json, key: [a, b.a]"),
       "job.yaml:2: format.key: two columns are called a; give one another name with as"},
      {with("type: json, key: [window]"),
       "job.yaml:2: format.key: \"window\" cannot name a column: letters, digits and _, none of "
       "the reserved pipeline, window, job, instance, le, quantile; give it another name with "
       "as"},
      {with("type: json, key: [{field: a, type: float}]"),
       "job.yaml:2: format.key.type: \"float\" is none of int64, string, boolean"},
      {with("type: json, values: {a: decimal(19)}"),
       "job.yaml:2: format.values.a: \"decimal(19)\" is no type; int64, double, or "
       "decimal(SCALE) "
       "with 0 to 18 digits after the point"},
      {with("type: json, values: {a: {type: float}}"),
       "job.yaml:2: format.values.a.type: \"float\" is no type; int64, double, or decimal(SCALE) "
       "with 0 to 18 digits after the point"},
      {with("type: json, values: [a]"), "job.yaml:2: format.values: must be a mapping of options"},
      {with("type: json, values: {a: int64, a: double}"),
       "job.yaml:2: format.values.a: is given twice"},
      {with("type: csv"),
       "job.yaml:2: format.csv: Kafka messages have no header; name the columns with "
       "csv.columns, "
       "or use 1-based numbers with csv: {header: false}"},
      {with("type: csv, csv: {header: false, delimiter: ab}"),
       "job.yaml:2: format.csv.delimiter: must be one character"},
      {with("type: binary"),
       "job.yaml:2: format.binary.layout: is required: a list of {name: NAME, type: TYPE} and "
       "{pad: BYTES}"},
      {with("type: binary, key: user, binary: {layout: [{name: t, type: int64}, {name: usr, type: "
            "int64}]}"),
       "job.yaml:2: format.key: no column is called \"user\"; did you mean usr?"},
      {with("type: csv, values: {x: int64}, csv: {columns: [t, k]}"),
       "job.yaml:2: format.values: no column is called \"x\"; did you mean t?"},
      {with("type: binary, binary: {layout: [{name: t, type: int128}]}"),
       "job.yaml:2: format.binary.layout.type: \"int128\" is no type; int8 to int64, uint8 to "
       "uint64, float32, float64, boolean or char(LENGTH)"},
  });
}

TEST(ParseJob, RefusesMoreValuesThanARowHolds) {
  std::string values;
  for (int i = 0; i < 17; ++i) values += "v" + std::to_string(i) + ": int64, ";
  EXPECT_EQ(faults_of(source + "format: {type: json, event_time: {field: t}, values: {" + values +
                      "}}\n" + windows + aggregates),
            "job.yaml:2: format.values: more than 16 values");
}

TEST(ParseJob, RefusesMoreAccumulatorsThanARowHolds) {
  std::string values;
  std::string many;
  for (int i = 0; i < 16; ++i) {
    const std::string name = "v" + std::to_string(i);
    values += name + ": int64, ";
    for (const std::string function : {"sum", "min", "max"}) {
      many += "{as: " + function + name + ", fn: " + function + ", of: " + name + "}, ";
    }
  }
  EXPECT_EQ(faults_of(source + "format: {type: json, event_time: {field: t}, values: {" + values +
                      "}}\n" + windows + "aggregates: [" + many + "]\n"),
            "job.yaml:4: aggregates: a row holds at most 48 accumulators");
}

TEST(ParseJob, NamesFaultsOfTheWindows) {
  const auto with = [&](const std::string& list) {
    return source + format + aggregates + "windows: [" + list + "]\n";
  };
  expect_faults({
      {with("{name: w, size: 1s}"),
       "job.yaml:4: windows[0].type: is required: tumbling or sliding"},
      {with("{type: tumbling, size: 1s}"), "job.yaml:4: windows[0].name: is required"},
      {with("{name: w, type: tumbling}"),
       "job.yaml:4: windows[0].size: is required, as in 10s or 1m"},
      {with("{name: w, type: tumbling, size: 0s}"),
       "job.yaml:4: windows[0].size: \"0s\" must be at least 1ms"},
      {with("{name: w, type: sliding, size: 10s}"),
       "job.yaml:4: windows[0].slide: is required, as in 1s"},
      {with("{name: w, type: tumbling, size: 10s, slide: 1s}"),
       "job.yaml:4: windows[0].slide: a tumbling window has none; use type: sliding"},
      {with("{name: a b, type: tumbling, size: 1s}"),
       "job.yaml:4: windows[0].name: \"a b\" cannot name a window: letters, digits and _"},
      {with("{name: w, type: tumbling, size: 1s}, {name: w, type: tumbling, size: 2s}"),
       "job.yaml:4: windows[1].name: two windows are called w"},
      {with("{name: w, type: sliding, size: 1d, slide: 1s}, {name: x, type: tumbling, size: 1s}"),
       "job.yaml:4: windows: w needs 86405 live panes of 1000ms, more than 65536; make its slide "
       "(or offset) coarser"},
  });
}

TEST(ParseJob, NamesFaultsOfTheAggregates) {
  const auto with = [&](const std::string& list) {
    return source + format + windows + "aggregates: [" + list + "]\n";
  };
  expect_faults({
      {with("{fn: count}"), "job.yaml:4: aggregates[0].as: is required"},
      {with("{as: n}"), "job.yaml:4: aggregates[0].fn: is required"},
      {with("{as: n, fn: sum}"),
       "job.yaml:4: aggregates[0].of: is required: the value to aggregate (only count does "
       "without)"},
      {with("{as: n, fn: sum, of: amuont}"),
       "job.yaml:4: aggregates[0].of: no value is called \"amuont\" in format.values; did you "
       "mean "
       "amount?"},
      {with("{as: le, fn: count}"),
       "job.yaml:4: aggregates[0].as: \"le\" cannot name a result: letters, digits and _, no "
       "reserved label"},
      {with("{as: n, fn: count}, {as: n, fn: sum, of: ms}"),
       "job.yaml:4: aggregates[1].as: two results are called n"},
  });
}

TEST(ParseJob, NamesFaultsOfTheRest) {
  expect_faults({
      {job_file + "sinks: [{type: file}]\n", "job.yaml:5: sinks[0].path: is required"},
      {job_file + "sinks: {type: stdout}\n",
       "job.yaml:5: sinks: must be a list of {type: prometheus}, {type: stdout} or {type: file}"},
      {job_file + "sinks: [{type: stdout, format: csv}]\n",
       "job.yaml:5: sinks[0].format: \"csv\" is none of json"},
      {job_file + "watermark: {out_of_orderness: -1s}\n",
       "job.yaml:5: watermark.out_of_orderness: \"-1s\" must be at least 0ms"},
      {job_file + "engine: {batches: 2}\n",
       "job.yaml:5: engine.batches: \"2\" must be a whole number from 3 to 1024"},
      {job_file + "engine: {accumulate: hash}\n",
       "job.yaml:5: engine.accumulate: \"hash\" is none of auto, private, shared, partitioned"},
      {job_file + "engine: {backend: gpu}\n",
       "job.yaml:5: engine.backend: \"gpu\" is none of auto, cpu, cuda; did you mean cpu?"},
      {job_file + "engine: {max_state_bytes: 10}\n",
       "job.yaml:5: engine.max_state_bytes: \"10\" must be a size of at least 1048576 bytes, as "
       "in "
       "64KiB, 32MiB or 8GiB"},
      {job_file + "engine: 7\n", "job.yaml:5: engine: must be a mapping of options"},
  });
  EXPECT_THAT(faults_of(job_file + "http: {listen: nowhere}\n"),
              HasSubstr("job.yaml:5: http.listen: "));
}

TEST(ParseJob, SaysWhatIsNotSupportedYet) {
  const auto later = [](const std::string& key, int line = 5) {
    return "job.yaml:" + std::to_string(line) + ": " + key + ": not supported yet";
  };
  const auto window = [&](const std::string& options) {
    return source + format + aggregates + "windows: [{name: w, " + options + "}]\n";
  };
  const auto aggregate = [&](const std::string& options) {
    return source + format + windows + "aggregates: [{as: n, " + options + "}]\n";
  };
  const std::string kafka = "source: {type: kafka, brokers: b, topics: [t], start: earliest, ";
  const std::string rest = format + windows + aggregates;
  expect_faults({
      {job_file + "checkpoint: {dir: /var/lib/sluice, interval: 10s}\n", later("checkpoint")},
      {job_file + "dead_letter: {topic: x}\n", later("dead_letter")},
      {job_file + "late: {topic: x}\n", later("late")},
      {job_file + "sinks: [{type: prometheus, top_k: 1000, by: revenue}]\n",
       later("sinks[0].top_k") + "\n" + later("sinks[0].by")},
      {job_file + "http: {tls: {certificate: x}}\n", later("http.tls")},
      {kafka + "instances: {index: 0, count: 2}}\n" + rest, later("source.instances", 1)},
      {kafka + "keyed_by_partition: true}\n" + rest, later("source.keyed_by_partition", 1)},
      {window("type: tumbling, size: 1d, time_zone: Europe/Berlin"),
       later("windows[0].time_zone", 4)},
      {job_file + "sinks: [{type: kafka, topic: x}]\n",
       "job.yaml:5: sinks[0].type: not supported yet; use prometheus, stdout or file"},
      {job_file + "sinks: [{type: sql, table: x}]\n",
       "job.yaml:5: sinks[0].type: not supported yet; use prometheus, stdout or file"},
      {window("type: cumulate, step: 1m, max_size: 1h"),
       "job.yaml:4: windows[0].type: not supported yet; use tumbling or sliding"},
      {window("type: session, gap: 1m"),
       "job.yaml:4: windows[0].type: not supported yet; use tumbling or sliding"},
      {aggregate("fn: quantile, q: 0.99, of: ms"),
       "job.yaml:4: aggregates[0].fn: quantile is not supported yet"},
      {aggregate("fn: count_distinct, of: ms"),
       "job.yaml:4: aggregates[0].fn: count_distinct is not supported yet"},
      {aggregate("fn: first, of: ms"), "job.yaml:4: aggregates[0].fn: first is not supported yet"},
      {aggregate("fn: last, of: ms"), "job.yaml:4: aggregates[0].fn: last is not supported yet"},
  });
  const auto with_format = [&](const std::string& options) {
    return source + "format: {event_time: {field: t}, " + options + "}\n" + windows + aggregates;
  };
  expect_faults({
      {with_format("type: avro"), later("format.type", 2)},
      {with_format("type: protobuf"), later("format.type", 2)},
      {with_format("type: json, on_malformed: dead_letter"),
       "job.yaml:2: format.on_malformed: dead_letter is not supported yet; use drop or fail"},
  });
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

TEST(ParseJob, SaysWhereAFilterIsWrong) {
  const std::string where = "job.yaml:5: where: ";
  const auto binary = [](const std::string& condition) {
    return source +
           "format: {type: binary, event_time: {field: t}, binary: {layout: [{name: t, type: "
           "int64}, {name: user, type: \"char(8)\"}]}}\n" +
           windows + aggregates + "where: \"" + condition + "\"\n";
  };
  expect_faults({
      {job_file + "where: \"amount > 'x'\"\n",
       where + "compares a number with a string, at character 8, before: > 'x'"},
      {job_file + "where: \"amount >\"\n", where + "syntax error at end of input, at its end"},
      {job_file + "where: \"kind = 'gr\u00fc\u00df' AND amount = = 3\"\n",
       where + "syntax error at or near \"=\", at character 28, before: = 3"},
      {job_file + "where: \"amount > 0 AND lower(kind) = 'a long word'\"\n",
       where + "a function cannot be part of a filter; it takes comparisons, AND, OR, NOT, IN, "
               "BETWEEN, LIKE 'prefix%', IS NULL, IS TRUE, + - * /, at character 16, before: "
               "lower(kind) = 'a long wo..."},
      {job_file + "where: [1]\n", where + "must be a single value"},
      {binary("usr = 'x'"), where + "no column is called \"usr\"; did you mean user?, at character "
                                    "1, before: usr = 'x'"},
  });
}

TEST(ParseJob, SaysWhereTheYamlItselfIsBroken) {
  const std::string fault = faults_of("pipeline: x\nsource: {type: kafka\nformat: 1\n");
  EXPECT_THAT(fault, testing::StartsWith("job.yaml:3: yaml: "));
}

TEST(ParseJob, SaysThatAListIsNoJob) {
  EXPECT_THAT(faults_of("- a\n- b\n"),
              testing::StartsWith("job.yaml:1: job: must be a mapping of options\n"));
}

TEST(ParseJob, NeverShowsASecret) {
  const std::string password = "hunter2";
  const std::vector<std::string> files{
      "source: {type: kafka, brokers: b, topics: [t], properties: {sasl.password: hunter2}}\n",
      "source: {type: kafka, brokers: b, topics: [t], properties: {sasl.password: [hunter2]}}\n",
      "source: {type: kafka, brokers: b, topics: [t], properties: {sasl.password: {a: "
      "hunter2}}}\n",
      "source: {type: kafka, brokers: b, topics: [t], sasl.password: hunter2}\n",
      "source: {type: kafka, brokers: b, topics: [t], properties: hunter2}\n",
      "source: {type: kafka, brokers: b, topics: [t], properties: [sasl.password, hunter2]}\n",
      "source: {type: file, path: x, properties: {sasl.password: hunter2}}\n",
      "source: {type: kafka, properties: {sasl.password: hunter2}\nformat: 1\n",
  };
  for (const std::string& file : files) {
    const std::string faults = faults_of(file);
    EXPECT_NE(faults, "") << file;
    EXPECT_THAT(faults, Not(HasSubstr(password))) << file;
  }
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
