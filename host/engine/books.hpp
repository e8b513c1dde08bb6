#pragma once

#include <cstdint>

namespace sluice {

/// What became of every event, since start. The terms of SEMANTICS, Delivery: read equals the sum
/// of the others but the last four.
struct Books {
  std::uint64_t events_read = 0;
  std::uint64_t events_accepted = 0;
  std::uint64_t late_dropped = 0;
  std::uint64_t malformed = 0;
  std::uint64_t future_dropped = 0;
  std::uint64_t keys_full = 0;
  std::uint64_t state_full = 0;
  std::uint64_t filtered = 0;
  std::uint64_t tombstones = 0;
  std::uint64_t in_no_window = 0;
  std::uint64_t parked = 0;  ///< now, not since start

  std::uint64_t windows_closed = 0;
  std::uint64_t rows_emitted = 0;
  std::uint64_t rows_revised = 0;
  std::uint64_t sum_overflows = 0;

  bool balance() const noexcept {
    return events_read == events_accepted + late_dropped + malformed + future_dropped + keys_full +
                              state_full + filtered + tombstones + in_no_window + parked;
  }
};

}  // namespace sluice
