// Yahoo Streaming Benchmark, in LightSaber's form: views are kept (1/3), the ad is joined with its
// campaign, and views and the last view's time are counted by campaign every 10 s. 100,000 events
// a window.
#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "host/command/workloads/ad_table.hpp"
#include "host/command/workloads/workload.hpp"
#include "host/command/workloads/workload_rows.hpp"
#include "ingest/generate/random.hpp"

namespace sluice {
namespace {

constexpr std::size_t people = 100;
constexpr std::int64_t events_a_millisecond = 10;
constexpr Milliseconds window = 10'000;

Uuid random_uuid(Random& random) { return {random.bits(), random.bits()}; }

Milliseconds generate(AdEvent* rows, std::size_t count, std::uint64_t seed, const AdTable& table) {
  Random random(seed, 1);
  std::vector<Uuid> ids;
  for (std::size_t i = 0; i < 2 * people; ++i) ids.push_back(random_uuid(random));
  for (std::size_t i = 0; i < count; ++i) {
    rows[i] = {.time = static_cast<std::int64_t>(i) / events_a_millisecond,
               .pad = 0,
               .user = ids[random.below(people)],
               .page = ids[people + random.below(people)],
               .ad = table.ads()[random.below(table.ads().size())],
               .ad_type = static_cast<std::int64_t>(random.below(5)),
               .event_type = static_cast<std::int64_t>(random.below(3)),
               .address = {0x01020304, 0},
               .rest = {}};
  }
  return (rows[count - 1].time / window + 1) * window;
}

void decode(const AdEvent* rows, std::size_t count, Milliseconds shift, const AdTable& table,
            DecodedEvents& events) {
  // First what is kept, without a branch that nobody could predict; a block's rows stay in the
  // cache for the second look.
  constexpr std::size_t together = 256;
  std::array<std::uint32_t, together> kept{};
  std::size_t size = 0;
  for (std::size_t first = 0; first < count; first += together) {
    const std::size_t block = std::min(together, count - first);
    std::size_t views = 0;
    for (std::size_t i = 0; i < block; ++i) {
      prefetch_row(rows + first + i);
      kept[views] = static_cast<std::uint32_t>(i);
      views += rows[first + i].event_type == ad_view ? 1u : 0u;
    }
    for (std::size_t k = 0; k < views; ++k) {
      const AdEvent& row = rows[first + kept[k]];
      events.time[size + k] = row.time + shift;
      events.values[0][size + k] = row.time + shift;
      events.key_low[size + k] = table.campaign_of(row.ad);
    }
    size += views;
  }
  events.size = size;
}

}  // namespace

Workload yahoo_streaming() {
  const auto table = std::make_shared<const AdTable>();
  return {.name = "YSB",
          .definition =
              "views, ad -> campaign, count and max(time) by campaign, 10 s tumbling, 100k events "
              "a window",
          .row_bytes = sizeof(AdEvent),
          .job = workload_job("ysb", {.size = window, .slide = window},
                              {{"views", AggregateFunction::count, {}},
                               {"last", AggregateFunction::max, std::uint8_t{0}}},
                              {required_value("time", ValueType::int64, 0)}),
          .generate =
              [table](std::byte* memory, std::size_t rows, std::uint64_t seed) {
                return generate(reinterpret_cast<AdEvent*>(memory), rows, seed, *table);
              },
          .decode =
              [table](const std::byte* memory, std::size_t rows, Milliseconds shift,
                      DecodedEvents& events) {
                decode(reinterpret_cast<const AdEvent*>(memory), rows, shift, *table, events);
              },
          .key_of = encode_integer_key,
          .post = keep_every_row};
}

}  // namespace sluice
