#include "kernels/cpu/tile_times.hpp"

#include <algorithm>
#include <bit>

namespace sluice::cpu {
namespace {

template <class Time>
[[gnu::always_inline]] inline TimeRange scan(const Time* time, std::size_t size, EventTime base) {
  Time earliest = time[0];
  Time latest = time[0];
  for (std::size_t i = 1; i < size; ++i) {
    earliest = std::min(earliest, time[i]);
    latest = std::max(latest, time[i]);
  }
  return {base + static_cast<EventTime>(earliest), base + static_cast<EventTime>(latest)};
}

[[gnu::always_inline]] inline TimeRange scan(const TimeColumn& time, std::size_t first,
                                             std::size_t size) {
  return time.narrow != nullptr ? scan(time.narrow + first, size, time.base)
                                : scan(time.wide + first, size, 0);
}

SLUICE_AVX2 TimeRange scan_avx2(const TimeColumn& time, std::size_t first, std::size_t size) {
  return scan(time, first, size);
}
SLUICE_AVX512 TimeRange scan_avx512(const TimeColumn& time, std::size_t first, std::size_t size) {
  return scan(time, first, size);
}

template <class Time>
[[gnu::always_inline]] inline void divide(const Time* time, std::size_t size, std::uint32_t less,
                                          const PaneDivider& divider, std::uint32_t* offsets) {
  const PaneDivider by = divider;
  for (std::size_t k = 0; k < size; ++k) {
    offsets[k] = by(static_cast<std::uint32_t>(time[k]) - less);
  }
}

[[gnu::always_inline]] inline void divide(const TimeColumn& time, std::size_t first,
                                          std::size_t size, EventTime start,
                                          const PaneDivider& divider, std::uint32_t* offsets) {
  // Differences below 2^31 come out right modulo 2^32.
  if (time.narrow != nullptr) {
    divide(time.narrow + first, size, static_cast<std::uint32_t>(start - time.base), divider,
           offsets);
  } else {
    divide(time.wide + first, size, static_cast<std::uint32_t>(start), divider, offsets);
  }
}

SLUICE_AVX2 void divide_avx2(const TimeColumn& time, std::size_t first, std::size_t size,
                             EventTime start, const PaneDivider& divider, std::uint32_t* offsets) {
  divide(time, first, size, start, divider, offsets);
}
SLUICE_AVX512 void divide_avx512(const TimeColumn& time, std::size_t first, std::size_t size,
                                 EventTime start, const PaneDivider& divider,
                                 std::uint32_t* offsets) {
  divide(time, first, size, start, divider, offsets);
}

}  // namespace

TimeRange time_range(Instructions set, const TimeColumn& time, std::size_t first,
                     std::size_t size) {
  switch (set) {
    case Instructions::avx512:
      return scan_avx512(time, first, size);
    case Instructions::avx2:
      return scan_avx2(time, first, size);
    case Instructions::plain:
      break;
  }
  return scan(time, first, size);
}

PaneDivider::PaneDivider(Milliseconds length) noexcept {
  const auto divisor = static_cast<std::uint64_t>(length);
  shift_ = 31 + static_cast<unsigned>(std::bit_width(divisor - 1));
  multiplier_ = ((std::uint64_t{1} << shift_) + divisor - 1) / divisor;
}

void pane_offsets(Instructions set, const TimeColumn& time, std::size_t first, std::size_t size,
                  EventTime start, const PaneDivider& divider, std::uint32_t* offsets) {
  switch (set) {
    case Instructions::avx512:
      return divide_avx512(time, first, size, start, divider, offsets);
    case Instructions::avx2:
      return divide_avx2(time, first, size, start, divider, offsets);
    case Instructions::plain:
      break;
  }
  divide(time, first, size, start, divider, offsets);
}

}  // namespace sluice::cpu
