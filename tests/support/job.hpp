#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// The oracle's own words for a job and its input. Nothing here comes from the engine, so that a
/// mistake there cannot be repeated here. All times and durations are int64 milliseconds.
namespace sluice::oracle {

/// One key column of one event; monostate is a missing or null column.
using KeyPart = std::variant<std::monostate, bool, std::int64_t, std::string>;
using Key = std::vector<KeyPart>;

/// A text that differs for different keys: the columns as JSON scalars, joined by commas
/// (`null,7,"7",true`).
std::string key_text(const Key& key);

/// An int64, a decimal scaled to an integer (12.50 with scale 2 is 1250), or a double.
using Value = std::variant<std::int64_t, double>;

enum class ValueType { int64, decimal, real };

struct Column {
  ValueType type = ValueType::int64;
  int scale = 0;          ///< digits after the point of a decimal, 0..18
  bool required = false;  ///< a null makes the event malformed
};

enum class Function { count, sum, min, max, avg, variance, variance_pop, stddev, stddev_pop };

struct Aggregate {
  std::string as = {};
  Function function = Function::count;
  std::optional<std::size_t> column = {};  ///< none only for count: it then counts events
};

/// Windows [start, start + size) with start = offset + n * slide for every integer n.
/// Tumbling windows have slide == size.
struct WindowDefinition {
  std::string name = {};
  std::int64_t size = 1;
  std::int64_t slide = 1;
  std::int64_t offset = 0;
};

enum class OnAllIdle { hold, advance };

struct WatermarkSettings {
  std::int64_t out_of_orderness = 0;
  std::int64_t allowed_lateness = 0;
  std::optional<std::int64_t> idle_timeout = {};  ///< idle after more than this; none: off
  OnAllIdle on_all_idle = OnAllIdle::hold;
  std::optional<std::int64_t> max_future = {};  ///< none: off
};

struct Job {
  std::vector<WindowDefinition> windows = {};  ///< in the order of the configuration
  std::vector<Column> columns = {};
  std::vector<Aggregate> aggregates = {};
  WatermarkSettings watermark = {};
  std::uint32_t partitions = 1;
  std::int64_t started_at = 0;  ///< what every clock shows when idleness starts to count
  std::optional<std::size_t> max_keys = {};  ///< keys alive at once; none: no limit
};

enum class EventKind { event, malformed, filtered, tombstone };

struct Event {
  std::int64_t time = 0;
  std::uint32_t partition = 0;
  std::uint64_t offset = 0;
  Key key = {};
  std::vector<std::optional<Value>> values = {};  ///< one for each of the job's columns
  EventKind kind = EventKind::event;
  bool no_room = false;  ///< the state has no memory for it (`on_full: drop_new`)
};

/// One batch as the engine gets it. An empty one lets time pass.
struct Batch {
  std::vector<Event> events = {};
  std::vector<Event> parked = {};  ///< read now, held back: only their times count until admission
  std::vector<Event> admitted = {};  ///< parked in an earlier batch, judged in this one
  std::int64_t now = 0;              ///< wall clock, read once for the batch
  /// For each partition the wall clock less the time for which it was paused or blocked.
  /// Empty: none was, all show `now`.
  std::vector<std::int64_t> partition_clocks = {};
  std::vector<std::uint32_t> ended = {};  ///< partitions that have been read to their end
};

}  // namespace sluice::oracle
