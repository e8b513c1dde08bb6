#pragma once

#include <optional>
#include <string_view>

#include "ingest/decode/format.hpp"
#include "ingest/decode/scalar.hpp"
#include "kernels/types.hpp"

namespace sluice {

/// An event time, floored to milliseconds from all of its digits; nullopt: of a wrong type, not a
/// time, or outside +-2^53 ms. Numbers in strings are of a wrong type; so is text with another unit
/// than iso8601, and a number with it.
std::optional<EventTime> to_event_time(const Scalar& scalar, TimeUnit unit) noexcept;

/// Reads `YYYY-MM-DDThh:mm[:ss[.fraction]][Z|+hh:mm|+hhmm|+hh]` (ISO 8601, RFC 3339): T may be a
/// space, no offset is UTC, the calendar is proleptic Gregorian, second 60 is no time.
std::optional<EventTime> parse_iso8601(std::string_view text) noexcept;

}  // namespace sluice
