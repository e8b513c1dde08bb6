#pragma once

#include <bit>
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

/// Rows of one window, which own their keys and values.
class Result {
 public:
  explicit Result(EventTime start, std::uint32_t window = 0, std::uint32_t revision = 0) {
    result_.window = window;
    result_.start = start;
    result_.end = start + (window == 0 ? 60'000 : 600'000);
    result_.revision = revision;
  }

  Result& row(std::initializer_list<KeyScalar> key, std::initializer_list<ResultValue> values) {
    std::string encoded;
    for (const KeyScalar& column : key) append_key_column(encoded, column);
    const auto slot = static_cast<KeySlot>(slots_.size());
    names_.set(slot, std::move(encoded));
    slots_.push_back(slot);
    columns_.resize(values.size());
    for (std::size_t a = 0; a < values.size(); ++a) columns_[a].add(values.begin()[a]);
    return *this;
  }

  /// Borrows this.
  const WindowResult& get() {
    shown_.clear();
    for (const Column& column : columns_) {
      shown_.push_back({column.kind, column.scale, column.bits, column.marks.data()});
    }
    result_.slots = slots_;
    result_.columns = shown_;
    result_.names = &names_;
    return result_;
  }

 private:
  struct Column {
    ResultValue::Kind kind = ResultValue::Kind::null;
    std::uint8_t scale = 0;
    std::vector<std::uint64_t> bits;
    std::vector<ResultMark> marks;

    void add(const ResultValue& value) {
      const bool is_real = value.kind == ResultValue::Kind::real;
      bits.push_back(is_real ? std::bit_cast<std::uint64_t>(value.real)
                             : static_cast<std::uint64_t>(value.integer));
      const bool is_null = value.kind == ResultValue::Kind::null;
      marks.push_back(!is_null         ? ResultMark::none
                      : value.overflow ? ResultMark::overflow
                                       : ResultMark::null);
      if (is_null) return;
      kind = value.kind;
      scale = value.scale;
    }
  };

  KeyNames names_;
  std::vector<KeySlot> slots_;
  std::vector<Column> columns_;
  std::vector<ResultColumn> shown_;
  WindowResult result_;
};

}  // namespace sluice
