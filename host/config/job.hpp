#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "ingest/decode/format.hpp"
#include "ingest/file_settings.hpp"
#include "ingest/filter/program.hpp"
#include "ingest/generate/generator_settings.hpp"
#include "ingest/kafka/kafka_settings.hpp"
#include "ingest/watermark.hpp"
#include "kernels/backend.hpp"
#include "kernels/window_spec.hpp"

namespace sluice {

struct WindowDefinition {
  std::string name;
  WindowSpec spec;
};

enum class AggregateFunction : std::uint8_t {
  count,
  sum,
  min,
  max,
  avg,
  stddev,
  stddev_pop,
  variance,
  variance_pop
};

struct Aggregate {
  std::string name;  ///< `as`
  AggregateFunction function = AggregateFunction::count;
  std::optional<std::uint8_t> value;  ///< index into Format::values; nullopt: count(*)
};

enum class OnMalformed : std::uint8_t { drop, fail };
enum class OnFull : std::uint8_t { stop, drop_new };

/// Where bytes become columns. automatic: the device, where there is one and it can, and as long as
/// it leaves few events to the host.
enum class DecodePlace : std::uint8_t { automatic, host, device };

struct PrometheusSinkSettings {
  std::size_t max_series = 10'000;  ///< per window definition and aggregate
  std::size_t max_label_bytes = 256;
  std::chrono::milliseconds ttl{300'000};  ///< windows that close no more vanish after this
};
struct StreamSinkSettings {
  std::string path;  ///< file, or "-" for standard output
};
using SinkSettings = std::variant<PrometheusSinkSettings, StreamSinkSettings>;

struct EngineSettings {
  std::optional<BackendKind> backend;  ///< nullopt: auto
  std::size_t batch_events = 1'048'576;
  std::size_t batch_bytes = std::size_t{32} << 20;
  std::chrono::milliseconds batch_linger{50};
  std::size_t batches = 4;  ///< blocks in flight, >= 3; the source's lanes may need more
  std::size_t max_keys = 4'194'304;
  std::size_t max_state_bytes = std::size_t{8} << 30;
  OnFull on_full = OnFull::stop;  ///< state and keys
  AccumulatePath path = AccumulatePath::automatic;
  DecodePlace decode = DecodePlace::automatic;
  unsigned threads = 0;                        ///< 0: one a core
  std::size_t max_rows_per_close = 1'048'576;  ///< rows held at once while windows close
};

/// `where`: which events go on to the windows.
struct Where {
  std::string text;
  FilterProgram program;  ///< its fields are Format::filter
};

/// A whole job, checked: what a YAML file says, with every default filled in.
struct Job {
  std::string pipeline = "sluice";
  std::variant<KafkaSettings, FileSettings, GeneratorSettings> source;
  Format format;
  OnMalformed on_malformed = OnMalformed::drop;
  std::optional<Where> where;  ///< nullopt: every event does
  WatermarkSettings watermark;
  std::vector<WindowDefinition> windows;
  std::vector<Aggregate> aggregates;
  std::vector<SinkSettings> sinks;
  EngineSettings engine;
  std::string listen = "127.0.0.1:9465";  ///< http.listen; empty: no listener
};

}  // namespace sluice
