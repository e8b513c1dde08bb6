#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "ingest/decode/decoded_events.hpp"
#include "ingest/filter/filter.hpp"
#include "kernels/backend.hpp"

namespace sluice {

/// What a filter took out of a batch, as far as anybody wants to know.
struct FilteredEvents {
  std::uint64_t count = 0;
  std::vector<PartitionMaximum> maxima;  ///< of its partitions, each once

  void clear() noexcept {
    count = 0;
    maxima.clear();
  }
};

/// Takes the events that a job's filter does not let through out of decoded batches. The future
/// guard comes first (SEMANTICS, Delivery): what it will refuse stays in, for it to count, so that
/// all that is taken out moves the watermark. Single-threaded.
class EventFilter {
 public:
  /// @param max_future of the future guard; nullopt: off
  EventFilter(FilterProgram program, std::optional<Milliseconds> max_future)
      : filter_(std::move(program)), max_future_(max_future) {}

  /// Judges all events, which are not narrow yet, and keeps those that pass, in place.
  /// @param fields [Format::filter] @param now the batch's wall clock, ms
  void apply(DecodedEvents& events, std::span<const FilterColumn> fields, EventTime now,
             FilteredEvents& filtered);

 private:
  void note_maxima(const DecodedEvents& events, FilteredEvents& filtered);

  Filter filter_;
  std::optional<Milliseconds> max_future_;
  std::vector<std::uint8_t> keeps_;
  std::vector<EventTime> maxima_;  ///< by partition; start_of_time: nothing was taken out
};

}  // namespace sluice
