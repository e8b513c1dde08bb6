/// Jobs whose state is at its limit: closing windows finds the memory that accumulate left for it,
/// whatever keys come late.

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "host/command/job_backend.hpp"
#include "host/config/job.hpp"
#include "host/engine/engine.hpp"
#include "ingest/key.hpp"
#include "kernels/backend.hpp"
#include "tests/support/random.hpp"

namespace sluice {
namespace {

constexpr Milliseconds second = 1'000;
constexpr PartitionIndex only_partition = 0;

Job job_of(AggregateFunction function, std::size_t max_state_bytes) {
  Job job;
  ValueField value;
  value.name = "v";
  value.required = true;
  job.format.values = {value};
  job.watermark.out_of_orderness = 2 * second;
  job.watermark.idle_timeout.reset();
  job.watermark.max_future.reset();
  job.windows = {{"w", {.size = 60 * second, .slide = second}}};
  job.aggregates = {{"v", function, std::uint8_t{0}}};
  job.engine.batch_events = 512;
  job.engine.max_keys = 100'000;
  job.engine.max_state_bytes = max_state_bytes;
  job.engine.threads = 2;
  job.engine.on_full = OnFull::drop_new;
  return job;
}

/// A batch of a second whose keys grow in number, some of them late and of keys nobody has seen.
struct Events {
  Events(oracle::Random& random, std::int64_t now, std::int64_t keys) {
    for (int i = 0; i < 500; ++i) {
      const bool late = random.chance(20);
      time.push_back((now - (late ? random.between(3, 58) : 0)) * second +
                     random.between(0, second - 1));
      key.push_back(
          static_cast<std::uint64_t>(late ? random.between(0, 2 * keys) : random.between(0, keys)));
      value.push_back(random.between(-1'000, 1'000));
    }
  }
  EventColumns columns() const {
    EventColumns columns;
    columns.size = time.size();
    columns.time.wide = time.data();
    columns.key.low = key.data();
    columns.single_partition = only_partition;
    columns.value_count = 1;
    columns.values[0].bits = value.data();
    return columns;
  }
  std::vector<EventTime> time;
  std::vector<std::uint64_t> key;
  std::vector<std::int64_t> value;
};

TEST(FullState, ClosingNeverRunsOutOfTheMemoryThatWasLeftForIt) {
  std::uint64_t full = 0;
  for (const AggregateFunction function : {AggregateFunction::min, AggregateFunction::sum}) {
    for (const std::size_t limit : {1u << 20, 3u << 19, 2u << 20, 5u << 20}) {
      SCOPED_TRACE(std::to_string(static_cast<int>(function)) + ", " + std::to_string(limit) +
                   " bytes, seed 71");
      oracle::Random random(71);
      const Job job = job_of(function, limit);
      const auto backend = make_backend(BackendKind::cpu, shape_of(job));
      Engine engine(job, 1, *backend, [](const WindowResult&) {});
      for (std::int64_t now = 100; now < 400; ++now) {
        const Events events(random, now, 100 + (now - 100) * 20);
        const EventColumns columns = events.columns();
        const Ticket ticket = backend->stage(columns);
        const auto [earliest, latest] = std::minmax_element(events.time.begin(), events.time.end());
        std::size_t parked = 0;
        engine.process({
            .ticket = ticket,
            .size = columns.size,
            .min_time = *earliest,
            .max_time = *latest,
            .lane_partitions = {&only_partition, 1},
            .name_keys =
                [&](std::span<const FirstSeenKey> keys, KeyNames& names) {
                  for (const FirstSeenKey& key : keys) {
                    std::string encoded;
                    append_key_column(encoded, static_cast<std::int64_t>(events.key[key.event]));
                    names.set(key.slot, std::move(encoded));
                  }
                },
            .park =
                [&](std::span<const std::uint32_t> indices) {
                  parked = indices.size();
                  EventTime earliest_parked = end_of_time;
                  for (const std::uint32_t event : indices) {
                    earliest_parked = std::min(earliest_parked, events.time[event]);
                  }
                  return earliest_parked;
                },
        });
        backend->release(ticket);
        engine.give_up(parked);
        ASSERT_LE(backend->status().state_bytes, limit);
      }
      EXPECT_TRUE(engine.books().balance());
      EXPECT_GT(engine.books().windows_closed, 0u);
      full += engine.books().state_full;
    }
  }
  EXPECT_GT(full, 0u) << "no state was ever full";
}

}  // namespace
}  // namespace sluice
