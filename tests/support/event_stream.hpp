#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "tests/support/job.hpp"
#include "tests/support/random.hpp"
#include "tests/support/scenario.hpp"

namespace sluice::oracle {

/// What comes out of the stream at one position: an event, and perhaps the end of its partition.
struct Arrival {
  Event event = {};
  bool ends_partition = false;
};

/// The events of a random scenario, drawn one after the other, so that fewer of them are a prefix.
class EventStream {
 public:
  /// Future events lie this far after `base`.
  static constexpr std::int64_t future_lead = std::int64_t{1} << 46;

  /// @param base event time at which the partitions start.
  EventStream(const Job& job, std::int64_t base, const ScenarioLimits& limits, std::uint64_t seed);

  Arrival next();

 private:
  struct Partition {
    std::int64_t front = 0;  // event time that the partition has come to
    std::uint64_t next_offset = 0;
    bool muted = false;
    bool ended = false;
  };

  // How the values of a column spread: around a centre, or, for integers, near the ends of int64.
  struct ValueStyle {
    std::int64_t centre = 0;
    std::int64_t spread = 100;
    bool extreme = false;
    int null_percent = 10;
  };

  enum class KeyStyle { integer, text, boolean, mixed };

  static KeyPart key_part(KeyStyle style, std::uint64_t id);
  ValueStyle random_style(const Column& column);
  void mute_some();
  std::uint32_t speaking_partition();
  Event random_event(std::uint32_t index);
  std::int64_t random_time(Partition& partition);
  Key random_key();
  std::optional<Value> random_value(const Column& column, const ValueStyle& style);
  void spoil(Event& event);

  Job job_;
  ScenarioLimits limits_;
  Random random_;
  std::int64_t base_;
  std::int64_t largest_size_;
  std::int64_t newest_;  // front of the partition that has come furthest
  std::vector<Partition> partitions_;
  std::vector<ValueStyle> styles_;
  std::vector<KeyStyle> key_styles_;
  std::size_t drawn_ = 0;
};

}  // namespace sluice::oracle
