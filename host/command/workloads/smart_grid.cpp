// Smart Grid (DEBS 2014): the average reading of all plugs over the last hour (SG1), and of each
// plug over the last 128 s (SG2, in LightSaber's form), every second. 400 readings a second, 470
// plugs in 10 houses.
#include <algorithm>
#include <string>
#include <vector>

#include "host/command/workloads/workload.hpp"
#include "host/command/workloads/workload_rows.hpp"
#include "ingest/generate/random.hpp"
#include "ingest/key.hpp"

namespace sluice {
namespace {

constexpr std::int64_t events_a_second = 400;
constexpr std::size_t plugs = 470;
constexpr std::uint64_t houses = 10;
constexpr std::uint64_t households_a_house = 14;
constexpr std::uint64_t plugs_a_household = 14;
constexpr float value_units = 1'000;  // decimal(3)

struct Plug {
  std::uint64_t house;
  std::uint64_t household;
  std::uint64_t plug;
};

/// 470 of the 1,960 places that a plug could be at.
std::vector<Plug> random_plugs(Random& random) {
  std::vector<Plug> all;
  for (std::uint64_t h = 0; h < houses; ++h) {
    for (std::uint64_t f = 0; f < households_a_house; ++f) {
      for (std::uint64_t p = 0; p < plugs_a_household; ++p) all.push_back({h, f, p});
    }
  }
  for (std::size_t i = 0; i < plugs; ++i) {
    std::swap(all[i], all[i + random.below(all.size() - i)]);
  }
  all.resize(plugs);
  return all;
}

Milliseconds generate(std::byte* memory, std::size_t count, std::uint64_t seed) {
  auto* const rows = reinterpret_cast<MeterReading*>(memory);
  Random random(seed, 1);
  const std::vector<Plug> all = random_plugs(random);
  for (std::size_t i = 0; i < count; ++i) {
    const Plug& plug = all[random.below(all.size())];
    rows[i] = {.second = static_cast<std::int64_t>(i) / events_a_second,
               .value = static_cast<float>(random.below(500'000)) / value_units,
               .property = static_cast<std::int32_t>(random.below(2)),
               .plug = static_cast<std::int32_t>(plug.plug),
               .household = static_cast<std::int32_t>(plug.household),
               .house = static_cast<std::int32_t>(plug.house),
               .pad = 0};
  }
  return (rows[count - 1].second + 1) * 1'000;
}

/// Rounded: readings are not negative.
std::int64_t scaled_value(const MeterReading& row) {
  const float nudged = row.value * value_units + 0.5F;
  return static_cast<std::int32_t>(nudged);
}

void decode_all(const std::byte* memory, std::size_t count, Milliseconds shift,
                DecodedEvents& events) {
  const auto* const rows = reinterpret_cast<const MeterReading*>(memory);
  EventTime* __restrict const time = events.time;
  std::int64_t* __restrict const value = events.values[0];
  for (std::size_t i = 0; i < count; ++i) {
    prefetch_row(rows + i);
    time[i] = rows[i].second * 1'000 + shift;
    value[i] = scaled_value(rows[i]);
  }
  std::fill_n(events.key_low, count, std::uint64_t{0});
  events.size = count;
}

/// The three columns of a plug's key as one exact integer: a byte each.
void decode_by_plug(const std::byte* memory, std::size_t count, Milliseconds shift,
                    DecodedEvents& events) {
  const auto* const rows = reinterpret_cast<const MeterReading*>(memory);
  EventTime* __restrict const time = events.time;
  std::uint64_t* __restrict const key = events.key_low;
  std::int64_t* __restrict const value = events.values[0];
  for (std::size_t i = 0; i < count; ++i) {
    prefetch_row(rows + i);
    time[i] = rows[i].second * 1'000 + shift;
    key[i] =
        static_cast<std::uint32_t>(rows[i].house << 16 | rows[i].household << 8 | rows[i].plug);
    value[i] = scaled_value(rows[i]);
  }
  events.size = count;
}

std::string encode_plug(std::uint64_t key) {
  std::string encoded;
  append_key_column(encoded, static_cast<std::int64_t>(key >> 16));
  append_key_column(encoded, static_cast<std::int64_t>(key >> 8 & 0xff));
  append_key_column(encoded, static_cast<std::int64_t>(key & 0xff));
  return encoded;
}

Job average_value(std::string_view name, WindowSpec window) {
  return workload_job(name, window, {{"value", AggregateFunction::avg, std::uint8_t{0}}},
                      {required_value("value", ValueType::decimal, 3)});
}

}  // namespace

Workload smart_grid_1() {
  return {.name = "SG1",
          .definition = "avg(value) of all, 3600 s by 1 s, 400 events a second, 1 group",
          .row_bytes = sizeof(MeterReading),
          .job = average_value("sg1", {.size = 3'600'000, .slide = 1'000}),
          .generate = generate,
          .decode = decode_all,
          .key_of = [](std::uint64_t) { return std::string(); },
          .post = keep_every_row};
}

Workload smart_grid_2() {
  return {.name = "SG2",
          .definition =
              "avg(value) by house, household, plug, 128 s by 1 s, 400 events a second, 470 groups",
          .row_bytes = sizeof(MeterReading),
          .job = average_value("sg2", {.size = 128'000, .slide = 1'000}),
          .generate = generate,
          .decode = decode_by_plug,
          .key_of = encode_plug,
          .post = keep_every_row};
}

}  // namespace sluice
