// A program of its own, because it counts every allocation of a thread.
#include <atomic>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/ingest/blocks.hpp"
#include "tests/ingest/kafka/direct/lane_under_test.hpp"
#include "tests/ingest/kafka/direct/scripted_broker.hpp"
#include "tests/ingest/kafka/direct/wire_batches.hpp"

namespace {
thread_local std::size_t allocations = 0;
}

[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* const memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace sluice::wire_test {
namespace {

class Allocations : public testing::TestWithParam<Compression> {};

TEST_P(Allocations, AreMadeForNoMessageAndNoBatchOnceTheBuffersHaveGrown) {
  ScriptedBroker broker;
  std::int64_t offset = 0;
  for (int b = 0; b < 200; ++b) {
    std::vector<std::string> values;
    for (int i = 0; i < 100; ++i) values.push_back("event " + std::to_string(b * i));
    for (std::int32_t partition : {0, 1}) {
      broker.append("events", partition, batch_of(offset, values, GetParam()));
    }
    offset += 100;
  }
  DirectSettings settings = LaneUnderTest::settings_for(broker);
  settings.partition_max_bytes = 8'000;
  LaneUnderTest lane(settings, {{.end = offset}, {.end = offset}});
  SourceBlock block = testing_blocks::make_block(64'000);
  std::atomic<std::uint64_t> sequence{0};
  std::size_t read = 0;
  std::size_t later = 0;
  while (read < 39'000) {
    block.clear();
    const std::size_t before = allocations;
    lane.lane().fill(block, {.max_events = 1'000, .linger = std::chrono::milliseconds(5)},
                     sequence);
    later += read >= 20'000 ? allocations - before : 0;
    read += block.messages.size();
  }

  // How large the largest answer is, and so when the last buffer grows, is a matter of timing.
  EXPECT_LE(later, 4u);
}

INSTANTIATE_TEST_SUITE_P(DirectLane, Allocations,
                         testing::Values(Compression::none, Compression::lz4, Compression::zstd));

}  // namespace
}  // namespace sluice::wire_test
