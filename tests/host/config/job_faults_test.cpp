// What a wrong job file is answered.
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/host/config/small_job.hpp"

namespace sluice {
namespace {

using testing::HasSubstr;
using testing::Not;

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

}  // namespace
}  // namespace sluice
