#pragma once

#include <cstddef>
#include <cstdint>

/// The rows of the published benchmarks, in the layouts that their engines take.
namespace sluice {

/// Asks for the row that comes some rows after this one, all of its lines: left to itself, a
/// processor looks no further ahead than the page.
template <class Row>
inline void prefetch_row(const Row* row) noexcept {
  constexpr std::size_t ahead = 4'096;
  constexpr std::size_t line = 64;
  const char* const at = reinterpret_cast<const char*>(row) + ahead;
  for (std::size_t offset = 0; offset < sizeof(Row); offset += line) {
    __builtin_prefetch(at + offset);
  }
}

/// 128 bits of a UUID.
struct Uuid {
  std::uint64_t low;
  std::uint64_t high;
  friend bool operator==(const Uuid&, const Uuid&) = default;
};

/// Yahoo Streaming Benchmark, in LightSaber's 128 bytes.
struct AdEvent {
  std::int64_t time;  ///< ms
  std::int64_t pad;
  Uuid user;
  Uuid page;
  Uuid ad;
  std::int64_t ad_type;     ///< of five
  std::int64_t event_type;  ///< view, click, purchase
  Uuid address;
  std::int64_t rest[4];
};
static_assert(sizeof(AdEvent) == 128);
inline constexpr std::int64_t ad_view = 0;

/// A task event of the Google cluster trace of 2011.
struct TaskEvent {
  std::int64_t second;
  std::int64_t job;
  std::int64_t task;
  std::int64_t machine;
  std::int32_t event_type;
  std::int32_t user;
  std::int32_t category;
  std::int32_t priority;
  float cpu;  ///< share of a machine, four decimals
  float memory;
  float disk;
  std::int32_t constraints;
};
static_assert(sizeof(TaskEvent) == 64);
inline constexpr std::int32_t task_failed = 3;

/// A reading of a plug's meter (DEBS 2014).
struct MeterReading {
  std::int64_t second;
  float value;  ///< three decimals
  std::int32_t property;
  std::int32_t plug;
  std::int32_t household;
  std::int32_t house;
  std::int32_t pad;
};
static_assert(sizeof(MeterReading) == 32);

/// A vehicle's position report (Linear Road).
struct PositionReport {
  std::int64_t second;
  std::int32_t vehicle;
  float speed;  ///< miles an hour
  std::int32_t highway;
  std::int32_t lane;
  std::int32_t direction;
  std::int32_t position;  ///< feet
};
static_assert(sizeof(PositionReport) == 32);
inline constexpr std::int32_t feet_a_segment = 5'280;

/// A person, an auction or a bid (Nexmark), in 128 bytes.
struct AuctionEvent {
  std::int64_t time;  ///< ms
  std::int64_t kind;
  std::int64_t id;       ///< of the person or the auction
  std::int64_t auction;  ///< that a bid is for
  std::int64_t bidder;
  std::int64_t price;
  std::int64_t channel;
  std::int64_t seller;
  std::int64_t category;
  std::int64_t rest[7];
};
static_assert(sizeof(AuctionEvent) == 128);
inline constexpr std::int64_t kind_person = 0;
inline constexpr std::int64_t kind_auction = 1;
inline constexpr std::int64_t kind_bid = 2;

}  // namespace sluice
