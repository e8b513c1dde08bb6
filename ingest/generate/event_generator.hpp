#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>

#include "ingest/generate/behaviour_generator.hpp"
#include "ingest/generate/event_planner.hpp"
#include "ingest/generate/generator_settings.hpp"
#include "ingest/generate/nexmark_generator.hpp"
#include "ingest/generate/random.hpp"
#include "ingest/generate/yahoo_generator.hpp"

namespace sluice {

/// The events of one partition of a generator, as JSON text. The same settings, start and partition
/// give the same bytes. A malformed event is one cut off somewhere inside. Single-threaded.
class EventGenerator {
 public:
  /// @param start event time of the first event; settings.start is not looked at
  EventGenerator(const GeneratorSettings& settings, EventTime start, unsigned partition);

  /// Most bytes that one event takes, a line end included.
  std::size_t max_bytes() const noexcept { return max_bytes_; }

  /// Writes events, each followed by a line end when `lines`, until `count` are written or fewer
  /// than max_bytes() are left or the partition ends. @returns events written; moves `at`
  std::size_t write(char*& at, const char* end, std::size_t count, bool lines);

  /// The next event, for producers that send one at a time. Not to be called once finished().
  void write(std::string& event);

  bool finished() const noexcept { return planner_.finished(); }
  std::uint64_t late() const noexcept { return planner_.late(); }
  std::uint64_t malformed() const noexcept { return planner_.malformed(); }

 private:
  Random random_;
  EventPlanner planner_;
  std::variant<BehaviourGenerator, NexmarkGenerator, YahooGenerator> content_;
  std::size_t max_bytes_;
};

}  // namespace sluice
