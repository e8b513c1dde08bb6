#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/cpu/instructions.hpp"
#include "kernels/event_columns.hpp"
#include "kernels/window_spec.hpp"

namespace sluice::cpu {

struct TimeRange {
  EventTime earliest;
  EventTime latest;
};

/// The times of events [first, first + size). @pre size > 0
TimeRange time_range(Instructions set, const TimeColumn& time, std::size_t first, std::size_t size);

/// Divides by a pane's length with a multiplication and a shift (Granlund and Montgomery 1994).
class PaneDivider {
 public:
  /// Times divided are less than this, and so are lengths.
  static constexpr std::uint64_t end = std::uint64_t{1} << 31;

  PaneDivider() = default;
  /// @pre 0 < length < end
  explicit PaneDivider(Milliseconds length) noexcept;

  std::uint32_t operator()(std::uint32_t time) const noexcept {
    return static_cast<std::uint32_t>(time * multiplier_ >> shift_);
  }

 private:
  std::uint64_t multiplier_ = 0;
  unsigned shift_ = 0;
};

/// offsets[k] = (time of event first + k - start) / length.
/// @pre every one of these times is in [start, start + PaneDivider::end)
void pane_offsets(Instructions set, const TimeColumn& time, std::size_t first, std::size_t size,
                  EventTime start, const PaneDivider& divider, std::uint32_t* offsets);

}  // namespace sluice::cpu
