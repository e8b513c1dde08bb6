#include "kernels/cpu/tile_times.hpp"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/kernels/cpu/instruction_sets.hpp"

namespace sluice::cpu {
namespace {

/// The same times, wide and narrow.
struct Times {
  Times(EventTime base, std::vector<std::uint32_t> distances) : narrow(std::move(distances)) {
    for (const std::uint32_t distance : narrow) wide.push_back(base + distance);
    columns[0] = {wide.data(), nullptr, 0};
    columns[1] = {nullptr, narrow.data(), base};
  }
  std::vector<std::uint32_t> narrow;
  std::vector<EventTime> wide;
  TimeColumn columns[2];
};

TEST(TileTimes, TheRangeIsThatOfTheEventsAskedFor) {
  std::mt19937 random(1);
  for (const std::size_t size : {1u, 2u, 7u, 8u, 9u, 31u, 2047u, 2048u}) {
    std::vector<std::uint32_t> distances(size + 2);
    for (std::uint32_t& distance : distances)
      distance = 1 + static_cast<std::uint32_t>(random()) / 2;
    distances.front() = 0;  // outside
    distances.back() = ~std::uint32_t{0};
    const Times times(-1'000'000'000, distances);
    const auto [least, greatest] =
        std::minmax_element(times.wide.begin() + 1, times.wide.end() - 1);
    for (const Instructions set : instruction_sets()) {
      for (const TimeColumn& column : times.columns) {
        const TimeRange range = time_range(set, column, 1, size);
        EXPECT_EQ(range.earliest, *least) << "size " << size << ", seed 1";
        EXPECT_EQ(range.latest, *greatest) << "size " << size << ", seed 1";
      }
    }
  }
}

TEST(TileTimes, OffsetsAreQuotients) {
  std::mt19937_64 random(2);
  std::vector<Milliseconds> lengths{1, 2, 3, 5, 7, 10, 1000, 60'000, 65'537, 86'400'000};
  lengths.push_back(static_cast<Milliseconds>(PaneDivider::end - 1));
  for (int k = 0; k < 50; ++k) {
    lengths.push_back(
        static_cast<Milliseconds>((1 + random() % (PaneDivider::end - 1)) >> (random() % 31)));
  }
  for (const Milliseconds length : lengths) {
    if (length == 0) continue;
    SCOPED_TRACE("length " + std::to_string(length) + ", seed 2");
    const EventTime start = -7'000'000'123;
    std::vector<std::uint32_t> distances{0, static_cast<std::uint32_t>(PaneDivider::end - 1)};
    const auto whole = static_cast<std::uint64_t>(length);
    for (std::size_t k = 0; k < 100; ++k) {
      // Around multiples, where a quotient that is nearly right is wrong.
      const std::uint64_t multiple = random() % (PaneDivider::end / whole + 1) * whole;
      distances.push_back(static_cast<std::uint32_t>(
          std::min(PaneDivider::end - 1, multiple - (multiple == 0 ? 0 : random() % 2))));
    }
    const Times times(start, distances);
    std::vector<std::uint32_t> offsets(distances.size());
    for (const Instructions set : instruction_sets()) {
      for (const TimeColumn& column : times.columns) {
        pane_offsets(set, column, 0, offsets.size(), start, PaneDivider(length), offsets.data());
        for (std::size_t k = 0; k < offsets.size(); ++k) {
          ASSERT_EQ(offsets[k], distances[k] / whole) << distances[k];
        }
      }
    }
  }
}

TEST(TileTimes, OffsetsCountFromTheStartAndNotFromTheColumnsBase) {
  const Times times(1000, {0, 99, 100, 250, 301});
  std::vector<std::uint32_t> offsets(3);
  for (const Instructions set : instruction_sets()) {
    for (const TimeColumn& column : times.columns) {
      pane_offsets(set, column, 2, 3, 1050, PaneDivider(50), offsets.data());
      EXPECT_EQ(offsets, (std::vector<std::uint32_t>{1, 4, 5}));
    }
  }
}

}  // namespace
}  // namespace sluice::cpu
