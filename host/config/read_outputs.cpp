#include <set>

#include "host/config/job_sections.hpp"
#include "host/config/names.hpp"

namespace sluice {
namespace {

using Function = AggregateFunction;

Aggregate read_aggregate(Section& section, const Job& job) {
  Aggregate aggregate;
  aggregate.name = section.required_text("as");
  if (!aggregate.name.empty() && (!is_name(aggregate.name) || is_reserved_name(aggregate.name) ||
                                  aggregate.name.starts_with("series_"))) {
    section.fault("as", "\"" + aggregate.name +
                            "\" cannot name a result: letters, digits and _, no reserved label");
  }
  const std::string written = section.required_text("fn");
  if (written == "first" || written == "last" || written == "count_distinct" ||
      written == "quantile") {
    section.fault("fn", written + " is not supported yet");
    return aggregate;
  }
  aggregate.function = section.choice("fn", Function::count,
                                      {{"count", Function::count},
                                       {"sum", Function::sum},
                                       {"min", Function::min},
                                       {"max", Function::max},
                                       {"avg", Function::avg},
                                       {"stddev", Function::stddev},
                                       {"stddev_pop", Function::stddev_pop},
                                       {"variance", Function::variance},
                                       {"variance_pop", Function::variance_pop}});
  const std::string of = section.text("of", "");
  std::vector<std::string_view> names;
  for (std::size_t v = 0; v < job.format.values.size(); ++v) {
    names.push_back(job.format.values[v].name);
    if (job.format.values[v].name == of) aggregate.value = static_cast<std::uint8_t>(v);
  }
  if (!of.empty() && !aggregate.value) {
    const auto meant = nearest(of, names);
    section.fault("of", "no value is called \"" + of + "\" in format.values" +
                            (meant ? "; did you mean " + *meant + "?" : ""));
  }
  if (of.empty() && aggregate.function != Function::count) {
    section.fault("of", "is required: the value to aggregate (only count does without)");
  }
  section.finish();
  return aggregate;
}

PrometheusSinkSettings read_prometheus(Section& section) {
  PrometheusSinkSettings sink;
  sink.max_series = static_cast<std::size_t>(
      section.integer("max_series", static_cast<std::int64_t>(sink.max_series), 0, 10'000'000));
  sink.max_label_bytes = static_cast<std::size_t>(section.integer(
      "max_label_bytes", static_cast<std::int64_t>(sink.max_label_bytes), 1, 65'536));
  sink.ttl = std::chrono::milliseconds(section.duration("ttl", sink.ttl.count(), 1'000));
  section.not_supported_yet({"top_k", "by", "other"});
  return sink;
}

StreamSinkSettings read_stream(Section& section, const std::string& path) {
  section.choice("format", 0, {{"json", 0}});
  return {.path = path};
}

SinkSettings read_sink(Section& section) {
  enum class Type { prometheus, standard_output, file, kafka, sql };
  if (!section.has("type")) section.fault("type", "is required: prometheus, stdout or file");
  const Type type = section.choice("type", Type::prometheus,
                                   {{"prometheus", Type::prometheus},
                                    {"stdout", Type::standard_output},
                                    {"file", Type::file},
                                    {"kafka", Type::kafka},
                                    {"sql", Type::sql}});
  SinkSettings sink;
  if (type == Type::prometheus) {
    sink = read_prometheus(section);
  } else if (type == Type::standard_output) {
    sink = read_stream(section, "-");
  } else if (type == Type::file) {
    sink = read_stream(section, section.required_text("path"));
  } else {
    section.fault("type", "not supported yet; use prometheus, stdout or file");
    return sink;
  }
  section.finish();
  return sink;
}

}  // namespace

void read_aggregates(Section& root, Job& job) {
  const YAML::Node aggregates = root.node("aggregates");
  if (!aggregates.IsDefined() || !aggregates.IsSequence() || aggregates.size() == 0) {
    root.fault("aggregates", "is required: a list of {as: NAME, fn: FUNCTION, of: VALUE}");
    return;
  }
  std::set<std::string> names;
  for (std::size_t i = 0; i < aggregates.size(); ++i) {
    Section section(aggregates[i], "aggregates[" + std::to_string(i) + "]", root.faults());
    job.aggregates.push_back(read_aggregate(section, job));
    if (!names.insert(job.aggregates.back().name).second) {
      section.fault("as", "two results are called " + job.aggregates.back().name);
    }
  }
}

void read_sinks(Section& root, Job& job) {
  const YAML::Node sinks = root.node("sinks");
  if (!sinks.IsDefined() || sinks.IsNull()) {
    job.sinks = {PrometheusSinkSettings{}};
    return;
  }
  if (!sinks.IsSequence()) {
    root.fault("sinks", "must be a list of {type: prometheus}, {type: stdout} or {type: file}");
    return;
  }
  for (std::size_t i = 0; i < sinks.size(); ++i) {
    Section section(sinks[i], "sinks[" + std::to_string(i) + "]", root.faults());
    job.sinks.push_back(read_sink(section));
  }
}

}  // namespace sluice
