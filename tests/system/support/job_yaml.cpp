#include "tests/system/support/job_yaml.hpp"

#include <cstdint>
#include <optional>

namespace sluice::system_test {
namespace {

std::string duration(std::int64_t length) { return std::to_string(length) + "ms"; }

std::string duration_or_off(const std::optional<std::int64_t>& length) {
  return length ? duration(*length) : "off";
}

const char* name_of(oracle::Function function) {
  switch (function) {
    case oracle::Function::count:
      return "count";
    case oracle::Function::sum:
      return "sum";
    case oracle::Function::min:
      return "min";
    case oracle::Function::max:
      return "max";
    case oracle::Function::avg:
      return "avg";
    case oracle::Function::variance:
      return "variance";
    case oracle::Function::variance_pop:
      return "variance_pop";
    case oracle::Function::stddev:
      return "stddev";
    case oracle::Function::stddev_pop:
      break;
  }
  return "stddev_pop";
}

std::string windows_yaml(const oracle::Job& job) {
  std::string yaml = "windows:\n";
  for (const oracle::WindowDefinition& window : job.windows) {
    const bool tumbling = window.slide == window.size;
    yaml += "  - {name: " + window.name + ", type: " + (tumbling ? "tumbling" : "sliding") +
            ", size: " + duration(window.size) +
            (tumbling ? "" : ", slide: " + duration(window.slide)) +
            ", offset: " + duration(window.offset) + "}\n";
  }
  return yaml;
}

std::string aggregates_yaml(const oracle::Job& job) {
  std::string yaml = "aggregates:\n";
  for (const oracle::Aggregate& aggregate : job.aggregates) {
    yaml += "  - {as: " + aggregate.as + ", fn: " + name_of(aggregate.function);
    if (aggregate.column) yaml += ", of: v" + std::to_string(*aggregate.column);
    yaml += "}\n";
  }
  return yaml;
}

}  // namespace

std::string kafka_source(const std::string& brokers, const std::string& topics,
                         const std::string& more) {
  return "source: {type: kafka, brokers: \"" + brokers + "\", topics: " + topics + ", " + more +
         "}\n";
}

std::string file_source(const std::string& path) {
  return "source: {type: file, path: " + path + "}\n";
}

std::string where(const std::string& condition) {
  std::string yaml = "where: \"";
  for (const char c : condition) {
    if (c == '\n') {
      yaml += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') yaml += '\\';
    yaml += c;
  }
  return yaml + "\"\n";
}

std::string job_yaml(const oracle::Job& job, const JobSections& sections) {
  const oracle::WatermarkSettings& watermark = job.watermark;
  return "pipeline: test\n" + sections.source + sections.format + sections.where +
         "watermark: {out_of_orderness: " + duration(watermark.out_of_orderness) +
         ", allowed_lateness: " + duration(watermark.allowed_lateness) +
         ", idle_timeout: " + duration_or_off(watermark.idle_timeout) +
         ", max_future: " + duration_or_off(watermark.max_future) + "}\n" + windows_yaml(job) +
         aggregates_yaml(job) + sections.sinks + sections.engine + sections.http;
}

}  // namespace sluice::system_test
