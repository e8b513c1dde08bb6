#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "host/config/job.hpp"
#include "host/engine/window_result.hpp"
#include "ingest/key.hpp"

namespace sluice {

inline ResultValue null_value() { return {}; }
inline ResultValue overflowed() { return {.overflow = true}; }
inline ResultValue integer(std::int64_t value) {
  return {.kind = ResultValue::Kind::integer, .integer = value};
}
inline ResultValue decimal(std::int64_t scaled, std::uint8_t scale) {
  return {.kind = ResultValue::Kind::decimal, .scale = scale, .integer = scaled};
}
inline ResultValue real(double value) { return {.kind = ResultValue::Kind::real, .real = value}; }

/// A job of these key columns and results, with a one-minute window "1m" and a ten-minute one.
inline Job job_with(std::initializer_list<std::string> keys,
                    std::initializer_list<std::string> results) {
  Job job;
  job.pipeline = "user-behaviour";
  job.windows = {{.name = "1m", .spec = {.size = 60'000, .slide = 60'000}},
                 {.name = "10m", .spec = {.size = 600'000, .slide = 60'000}}};
  for (const std::string& key : keys) job.format.keys.push_back({.path = {}, .name = key});
  for (const std::string& result : results) {
    job.aggregates.push_back({.name = result, .function = AggregateFunction::count, .value = {}});
  }
  return job;
}

/// Rows of one window, which own their keys.
class Result {
 public:
  explicit Result(EventTime start, std::uint32_t window = 0, std::uint32_t revision = 0) {
    result_.window = window;
    result_.start = start;
    result_.end = start + (window == 0 ? 60'000 : 600'000);
    result_.revision = revision;
  }

  Result& row(std::initializer_list<KeyScalar> key, std::initializer_list<ResultValue> values) {
    std::string& encoded = keys_.emplace_back();
    for (const KeyScalar& column : key) append_key_column(encoded, column);
    result_.values.insert(result_.values.end(), values);
    return *this;
  }

  /// Borrows this.
  const WindowResult& get() {
    result_.keys.assign(keys_.begin(), keys_.end());
    return result_;
  }

 private:
  std::vector<std::string> keys_;
  WindowResult result_;
};

}  // namespace sluice
