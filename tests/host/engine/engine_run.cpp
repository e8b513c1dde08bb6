#include "tests/host/engine/engine_run.hpp"

#include <algorithm>
#include <bit>
#include <numeric>
#include <stdexcept>

#include "host/engine/lowering.hpp"
#include "ingest/key.hpp"

namespace sluice {
namespace {

constexpr std::size_t largest_batch = 4'096;

KeyScalar scalar_of(const oracle::KeyPart& part) {
  if (const auto* flag = std::get_if<bool>(&part)) return *flag;
  if (const auto* integer = std::get_if<std::int64_t>(&part)) return *integer;
  if (const auto* text = std::get_if<std::string>(&part)) return std::string_view(*text);
  return std::monostate{};
}

std::string encoded(const oracle::Key& key) {
  std::string bytes;
  for (const oracle::KeyPart& part : key) append_key_column(bytes, scalar_of(part));
  return bytes;
}

KeyIdentity identity_of(const oracle::Key& key) {
  return key.size() == 1 ? identify(scalar_of(key[0]), 7) : identify_encoded(encoded(key), 7);
}

oracle::Key oracle_key(std::string_view bytes) {
  oracle::Key key;
  for (const KeyScalar& scalar : decode_key(bytes)) {
    if (const auto* text = std::get_if<std::string_view>(&scalar)) {
      key.emplace_back(std::string(*text));
    } else if (const auto* integer = std::get_if<std::int64_t>(&scalar)) {
      key.emplace_back(*integer);
    } else if (const auto* flag = std::get_if<bool>(&scalar)) {
      key.emplace_back(*flag);
    } else {
      key.emplace_back();
    }
  }
  return key;
}

AggregateFunction function_of(oracle::Function function) {
  switch (function) {
    case oracle::Function::count:
      return AggregateFunction::count;
    case oracle::Function::sum:
      return AggregateFunction::sum;
    case oracle::Function::min:
      return AggregateFunction::min;
    case oracle::Function::max:
      return AggregateFunction::max;
    case oracle::Function::avg:
      return AggregateFunction::avg;
    case oracle::Function::variance:
      return AggregateFunction::variance;
    case oracle::Function::variance_pop:
      return AggregateFunction::variance_pop;
    case oracle::Function::stddev:
      return AggregateFunction::stddev;
    case oracle::Function::stddev_pop:
      return AggregateFunction::stddev_pop;
  }
  throw std::logic_error("unknown function");
}

ValueField field_of(const oracle::Column& column, std::size_t index) {
  ValueField field;
  field.name = "v" + std::to_string(index);
  field.type = column.type == oracle::ValueType::int64     ? ValueType::int64
               : column.type == oracle::ValueType::decimal ? ValueType::decimal
                                                           : ValueType::float64;
  field.scale = static_cast<unsigned>(column.scale);
  field.required = column.required;
  return field;
}

std::int64_t bits_of(const oracle::Value& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return *integer;
  return std::bit_cast<std::int64_t>(std::get<double>(value) + 0.0);
}

/// A batch's events as columns.
struct Columns {
  std::vector<EventTime> time;
  std::vector<PartitionIndex> partition;
  std::vector<std::uint64_t> low;
  std::vector<std::uint64_t> high;
  std::vector<std::vector<std::int64_t>> bits;
  std::vector<std::vector<std::uint8_t>> valid;
  std::vector<std::string> keys;

  void add(const oracle::Event& event) {
    time.push_back(event.time);
    partition.push_back(static_cast<PartitionIndex>(event.partition));
    const KeyIdentity identity = identity_of(event.key);
    low.push_back(identity.low);
    high.push_back(identity.high);
    for (std::size_t v = 0; v < event.values.size(); ++v) {
      valid[v].push_back(event.values[v] ? 1 : 0);
      bits[v].push_back(event.values[v] ? bits_of(*event.values[v]) : 0);
    }
    keys.push_back(encoded(event.key));
  }

  EventColumns view() const {
    EventColumns columns;
    columns.size = time.size();
    columns.time.wide = time.data();
    columns.partition = partition.data();
    columns.key.low = low.data();
    const bool any_high =
        std::any_of(high.begin(), high.end(), [](auto word) { return word != 0; });
    columns.key.high = any_high ? high.data() : nullptr;
    columns.value_count = static_cast<std::uint32_t>(bits.size());
    for (std::size_t v = 0; v < bits.size(); ++v) {
      const bool any_null =
          std::any_of(valid[v].begin(), valid[v].end(), [](auto byte) { return byte == 0; });
      columns.values[v] = {bits[v].data(), any_null ? valid[v].data() : nullptr};
    }
    return columns;
  }
};

bool lacks_a_required_value(const oracle::Job& job, const oracle::Event& event) {
  for (std::size_t v = 0; v < job.columns.size(); ++v) {
    if (job.columns[v].required && !event.values[v]) return true;
  }
  return false;
}

}  // namespace

Job job_of(const oracle::Job& job) {
  Job engine_job;
  for (const oracle::WindowDefinition& window : job.windows) {
    engine_job.windows.push_back(
        {window.name, {.size = window.size, .slide = window.slide, .offset = window.offset}});
  }
  for (std::size_t v = 0; v < job.columns.size(); ++v) {
    engine_job.format.values.push_back(field_of(job.columns[v], v));
  }
  for (const oracle::Aggregate& aggregate : job.aggregates) {
    Aggregate made{.name = aggregate.as, .function = function_of(aggregate.function), .value = {}};
    if (aggregate.column) made.value = static_cast<std::uint8_t>(*aggregate.column);
    engine_job.aggregates.push_back(made);
  }
  WatermarkSettings& watermark = engine_job.watermark;
  watermark.out_of_orderness = job.watermark.out_of_orderness;
  watermark.allowed_lateness = job.watermark.allowed_lateness;
  watermark.idle_timeout = job.watermark.idle_timeout;
  watermark.advance_when_all_idle = job.watermark.on_all_idle == oracle::OnAllIdle::advance;
  watermark.max_future = job.watermark.max_future;
  engine_job.engine.batch_events = largest_batch;
  engine_job.engine.max_state_bytes = std::size_t{64} << 20;
  engine_job.engine.max_keys = job.max_keys.value_or(4'096);
  engine_job.engine.on_full = OnFull::drop_new;
  return engine_job;
}

EngineRun::EngineRun(const oracle::Job& job, const MakeBackend& make_backend, unsigned threads)
    : oracle_job_(job), job_(job_of(job)), partitions_(job.partitions) {
  std::iota(partitions_.begin(), partitions_.end(), PartitionIndex{0});
  backend_ = make_backend({.layout = layout_of(job_),
                           .max_batch_events = job_.engine.batch_events,
                           .batches_in_flight = 3,
                           .max_keys = job_.engine.max_keys,
                           .max_state_bytes = job_.engine.max_state_bytes,
                           .threads = threads});
  engine_ = std::make_unique<Engine>(job_, job.partitions, *backend_,
                                     [this](const WindowResult& result) { keep(result); });
  oracle::Batch start;
  start.now = job.started_at;
  feed(start);
}

void EngineRun::feed(const oracle::Batch& batch) {
  Columns columns;
  columns.bits.resize(oracle_job_.columns.size());
  columns.valid.resize(oracle_job_.columns.size());
  EngineBatch view;
  std::vector<PartitionMaximum> filtered;
  for (const oracle::Event& event : batch.events) {
    const bool future =
        job_.watermark.max_future && event.time > batch.now + *job_.watermark.max_future;
    if (event.kind == oracle::EventKind::tombstone) {
      ++view.tombstones;
    } else if (event.kind == oracle::EventKind::malformed ||
               lacks_a_required_value(oracle_job_, event)) {
      ++view.malformed;
    } else if (event.kind == oracle::EventKind::filtered && !future) {
      filtered.push_back({static_cast<PartitionIndex>(event.partition), event.time});
    } else {
      columns.add(event);
    }
  }
  view.filtered = filtered.size();
  view.filtered_maxima = filtered;
  view.ticket = backend_->stage(columns.view());
  view.size = columns.time.size();
  if (view.size > 0) {
    const auto [least, most] = std::minmax_element(columns.time.begin(), columns.time.end());
    view.min_time = *least;
    view.max_time = *most;
  }
  view.now = batch.now;
  view.lane_clock = batch.partition_clocks.empty() ? batch.now : batch.partition_clocks[0];
  view.lane_partitions = partitions_;
  std::vector<PartitionIndex> ended;
  for (const std::uint32_t partition : batch.ended) {
    ended.push_back(static_cast<PartitionIndex>(partition));
  }
  view.finished = ended;
  view.name_keys = [&](std::span<const FirstSeenKey> keys, KeyNames& names) {
    for (const FirstSeenKey& key : keys) names.set(key.slot, columns.keys[key.event]);
  };
  engine_->process(view);
  backend_->release(view.ticket);
}

void EngineRun::keep(const WindowResult& result) {
  const std::size_t width = oracle_job_.aggregates.size();
  for (std::size_t r = 0; r < result.size(); ++r) {
    oracle::ActualRow row{.window = job_.windows[result.window].name,
                          .start = result.start,
                          .end = result.end,
                          .key = oracle::key_text(oracle_key(result.key(r))),
                          .revision = result.revision};
    for (std::size_t a = 0; a < width; ++a) {
      const ResultValue value = result.value(r, a);
      if (value.overflow) row.overflow.push_back(oracle_job_.aggregates[a].as);
      if (value.kind == ResultValue::Kind::null) {
        row.values.emplace_back();
      } else if (value.kind == ResultValue::Kind::real) {
        row.values.emplace_back(value.real);
      } else {
        row.values.emplace_back(value.integer);
      }
    }
    rows_.push_back(std::move(row));
  }
}

}  // namespace sluice
