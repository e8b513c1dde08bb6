// Linear Road 1: segments of a highway where the average speed of the last five minutes is below
// 40 miles an hour, every second. 31.5 reports a second, 100 segments in two directions.
#include <algorithm>
#include <array>
#include <string>

#include "host/command/workloads/column_sums.hpp"
#include "host/command/workloads/weighted_choice.hpp"
#include "host/command/workloads/workload.hpp"
#include "host/command/workloads/workload_rows.hpp"
#include "ingest/generate/random.hpp"
#include "ingest/key.hpp"

namespace sluice {
namespace {

constexpr double events_a_second = 31.5;
constexpr std::uint64_t vehicles = 1'499;
constexpr std::uint64_t segments = 100;
constexpr std::array<double, 4> lane_shares{37, 16, 34, 12};
constexpr double slow = 40;

/// Every fifth segment is jammed.
float random_speed(Random& random, std::uint64_t segment) {
  const std::uint64_t fastest = segment % 5 == 0 ? 60 : 101;
  return static_cast<float>(random.below(fastest));
}

Milliseconds generate(std::byte* memory, std::size_t count, std::uint64_t seed) {
  auto* const rows = reinterpret_cast<PositionReport*>(memory);
  Random random(seed, 1);
  const WeightedChoice lane{lane_shares};
  for (std::size_t i = 0; i < count; ++i) {
    const double due = (static_cast<double>(i) + random.fraction()) / events_a_second;
    const std::uint64_t segment = random.below(segments);
    rows[i] = {.second = static_cast<std::int64_t>(due),
               .vehicle = static_cast<std::int32_t>(random.below(vehicles)),
               .speed = random_speed(random, segment),
               .highway = 0,
               .lane = static_cast<std::int32_t>(lane(random)),
               .direction = static_cast<std::int32_t>(random.below(2)),
               .position = static_cast<std::int32_t>(segment * feet_a_segment +
                                                     random.below(std::uint64_t{feet_a_segment}))};
  }
  return (rows[count - 1].second + 1) * 1'000;
}

/// The key is one exact integer: highway, direction and segment.
void decode(const std::byte* memory, std::size_t count, Milliseconds shift, DecodedEvents& events) {
  const auto* const rows = reinterpret_cast<const PositionReport*>(memory);
  EventTime* __restrict const time = events.time;
  std::uint64_t* __restrict const key = events.key_low;
  std::int64_t* __restrict const speed = events.values[0];
  for (std::size_t i = 0; i < count; ++i) {
    prefetch_row(rows + i);
    time[i] = rows[i].second * 1'000 + shift;
    const auto segment = static_cast<std::uint32_t>(rows[i].position) / feet_a_segment;
    key[i] = static_cast<std::uint32_t>(rows[i].highway << 9 | rows[i].direction << 8) | segment;
    speed[i] = static_cast<std::int32_t>(rows[i].speed);
  }
  events.size = count;
}

std::string encode_segment(std::uint64_t key) {
  std::string encoded;
  append_key_column(encoded, static_cast<std::int64_t>(key >> 9));
  append_key_column(encoded, static_cast<std::int64_t>(key >> 8 & 1));
  append_key_column(encoded, static_cast<std::int64_t>(key & 0xff));
  return encoded;
}

/// having avg(speed) < 40
void keep_slow_segments(const WindowResult& result, ResultTotals& totals) {
  totals.rows += result.size();
  const SumBelow kept = sum_below(result.columns[0].bits, slow);
  totals.kept += kept.count;
  totals.reals += kept.sum;
}

}  // namespace

Workload linear_road_1() {
  return {.name = "LRB1",
          .definition =
              "avg(speed) by highway, direction, segment, having below 40, 300 s by 1 s, 31.5 "
              "events a second, 200 groups",
          .row_bytes = sizeof(PositionReport),
          .batch_rows = 8'192,
          .job = workload_job("lrb1", {.size = 300'000, .slide = 1'000},
                              {{"speed", AggregateFunction::avg, std::uint8_t{0}}},
                              {required_value("speed", ValueType::int64, 0)}),
          .generate = generate,
          .decode = decode,
          .key_of = encode_segment,
          .post = keep_slow_segments};
}

}  // namespace sluice
