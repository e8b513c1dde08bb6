// Nexmark: one person, three auctions and 46 bids in every 50 events. Half of the bids go to the
// hot auction of the moment. Q5: the auctions with the most bids of a sliding window. Q7: the
// highest bid of 10 s, found by auction first.
#include <algorithm>
#include <cmath>

#include "host/command/workloads/column_sums.hpp"
#include "host/command/workloads/workload.hpp"
#include "host/command/workloads/workload_rows.hpp"
#include "ingest/generate/random.hpp"

namespace sluice {
namespace {

constexpr std::int64_t events_together = 50;
constexpr std::int64_t auctions_together = 3;
constexpr std::int64_t first_id = 1'000;
constexpr std::int64_t hot_step = 100;  // the hot auction or bidder changes every 100 of them
constexpr std::int64_t auctions_in_flight = 100;
constexpr std::int64_t ids_ahead = 10;
constexpr std::int64_t active_people = 1'000;

std::int64_t below(Random& random, std::int64_t bound) {
  return static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(bound)));
}

/// What has come into being when event `number` comes.
struct Epoch {
  explicit Epoch(std::int64_t number)
      : person(number / events_together),
        auction(person * auctions_together +
                std::clamp<std::int64_t>(number % events_together - 1, 0, auctions_together - 1)) {}
  std::int64_t person;
  std::int64_t auction;
};

std::int64_t random_auction(Random& random, const Epoch& last) {
  if (random.below(2) == 0) return first_id + last.auction / hot_step * hot_step;
  const std::int64_t oldest = std::max<std::int64_t>(last.auction - auctions_in_flight, 0);
  return first_id + oldest + below(random, last.auction - oldest + 1 + ids_ahead);
}

std::int64_t random_person(Random& random, const Epoch& last) {
  if (random.below(4) != 0) return first_id + last.person / hot_step * hot_step + 1;
  const std::int64_t active = std::min(last.person + 1, active_people);
  return first_id + last.person + 1 - active + below(random, active + ids_ahead);
}

std::int64_t random_price(Random& random) {
  return std::llround(std::pow(10.0, random.fraction() * 6) * 100);
}

AuctionEvent random_event(Random& random, std::int64_t number) {
  const Epoch last(number);
  AuctionEvent row{};
  const std::int64_t place = number % events_together;
  if (place == 0) {
    row.kind = kind_person;
    row.id = first_id + last.person;
  } else if (place <= auctions_together) {
    row.kind = kind_auction;
    row.id = first_id + last.auction;
    row.seller = random_person(random, last);
    row.category = below(random, 5);
    row.price = random_price(random);
  } else {
    row.kind = kind_bid;
    row.auction = random_auction(random, last);
    row.bidder = random_person(random, last);
    row.price = random_price(random);
    row.channel = random.below(2) == 0 ? below(random, 4) : below(random, 10'000);
  }
  return row;
}

Milliseconds generate(std::byte* memory, std::size_t count, std::uint64_t seed,
                      std::int64_t events_a_second) {
  auto* const rows = reinterpret_cast<AuctionEvent*>(memory);
  Random random(seed, 1);
  for (std::size_t i = 0; i < count; ++i) {
    const auto number = static_cast<std::int64_t>(i);
    rows[i] = random_event(random, number);
    rows[i].time = number * 1'000 / events_a_second;
  }
  constexpr Milliseconds every_window = 60'000;
  return (rows[count - 1].time / every_window + 1) * every_window;
}

auto generator_of(std::int64_t events_a_second) {
  return [events_a_second](std::byte* memory, std::size_t rows, std::uint64_t seed) {
    return generate(memory, rows, seed, events_a_second);
  };
}

void decode_bids(const std::byte* memory, std::size_t count, Milliseconds shift,
                 DecodedEvents& events) {
  const auto* const rows = reinterpret_cast<const AuctionEvent*>(memory);
  EventTime* __restrict const time = events.time;
  std::uint64_t* __restrict const key = events.key_low;
  std::size_t size = 0;
  for (std::size_t i = 0; i < count; ++i) {
    prefetch_row(rows + i);
    time[size] = rows[i].time + shift;
    key[size] = static_cast<std::uint64_t>(rows[i].auction);
    size += rows[i].kind == kind_bid ? 1u : 0u;
  }
  events.size = size;
}

void decode_prices(const std::byte* memory, std::size_t count, Milliseconds shift,
                   DecodedEvents& events) {
  const auto* const rows = reinterpret_cast<const AuctionEvent*>(memory);
  EventTime* __restrict const time = events.time;
  std::uint64_t* __restrict const key = events.key_low;
  std::int64_t* __restrict const price = events.values[0];
  std::size_t size = 0;
  for (std::size_t i = 0; i < count; ++i) {
    prefetch_row(rows + i);
    time[size] = rows[i].time + shift;
    key[size] = static_cast<std::uint64_t>(rows[i].auction);
    price[size] = rows[i].price;
    size += rows[i].kind == kind_bid ? 1u : 0u;
  }
  events.size = size;
}

/// The second stage of both queries: the rows with the window's largest value.
void keep_largest(const WindowResult& result, ResultTotals& totals) {
  totals.rows += result.size();
  const Largest largest = largest_of(result.columns[0].bits);
  totals.kept += largest.count;
  totals.integers += static_cast<std::uint64_t>(largest.value);
}

Workload most_bids(std::string_view name, WindowSpec window) {
  return {.name = std::string(name),
          .definition = {},
          .row_bytes = sizeof(AuctionEvent),
          .job = workload_job(name, window, {{"bids", AggregateFunction::count, {}}}, {}),
          .generate = {},
          .decode = decode_bids,
          .key_of = encode_integer_key,
          .post = keep_largest};
}

}  // namespace

Workload nexmark_5_lightsaber() {
  Workload workload = most_bids("NBQ5", {.size = 60'000, .slide = 1'000});
  workload.definition =
      "Nexmark Q5 as LightSaber runs it: bids by auction, then the most, 60 s by 1 s, 1,000 events "
      "a second";
  workload.batch_rows = 16'384;
  workload.generate = generator_of(1'000);
  return workload;
}

Workload nexmark_5() {
  Workload workload = most_bids("Q5", {.size = 10'000, .slide = 2'000});
  workload.definition =
      "Nexmark Q5: bids by auction, then the most, 10 s by 2 s, 100,000 events a second";
  workload.generate = generator_of(100'000);
  return workload;
}

Workload nexmark_7() {
  return {.name = "Q7",
          .definition =
              "Nexmark Q7: max(price) by auction, then the largest, 10 s tumbling, 100,000 events "
              "a second",
          .row_bytes = sizeof(AuctionEvent),
          .job = workload_job("q7", {.size = 10'000, .slide = 10'000},
                              {{"price", AggregateFunction::max, std::uint8_t{0}}},
                              {required_value("price", ValueType::int64, 0)}),
          .generate = generator_of(100'000),
          .decode = decode_prices,
          .key_of = encode_integer_key,
          .post = keep_largest};
}

}  // namespace sluice
