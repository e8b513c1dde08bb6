#include "ingest/generate/generator_source.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <map>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/ingest/blocks.hpp"

namespace sluice {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing_blocks::make_block;
using testing_blocks::texts_of;

constexpr EventTime start = 1'700'000'000'000;
constexpr BlockLimits limits{.max_events = 1'000'000, .linger = milliseconds(5)};

GeneratorSettings settings(std::uint64_t events, unsigned partitions = 1) {
  GeneratorSettings settings;
  settings.events = events;
  settings.partitions = partitions;
  return settings;
}

long lines_in(const std::string& text) { return std::count(text.begin(), text.end(), '\n'); }

TEST(GeneratorSource, DeliversEveryEventOfEveryPartitionAndThenFinishes) {
  GeneratorSource source(settings(10'001, 3), Framing::lines, 1, start);
  std::atomic<std::uint64_t> sequence{0};
  SourceBlock block = make_block(100'000);
  std::map<PartitionIndex, long> events;
  std::vector<PartitionIndex> finished;
  std::uint64_t blocks = 0;

  while (source.fill(0, block, limits, sequence) == FillResult::filled) {
    EXPECT_EQ(block.sequence, blocks++);
    for (const Message& message : block.messages) {
      EXPECT_EQ(message.offset, events[message.partition]);
      events[message.partition] += lines_in(std::string(block.bytes_of(message)));
    }
    finished.insert(finished.end(), block.finished.begin(), block.finished.end());
    block.clear();
  }

  EXPECT_GT(blocks, 9u);
  EXPECT_THAT(events, ElementsAre(std::pair(0, 3'334), std::pair(1, 3'334), std::pair(2, 3'333)));
  EXPECT_THAT(finished, testing::UnorderedElementsAre(0, 1, 2));
  EXPECT_EQ(source.fill(0, block, limits, sequence), FillResult::finished);
}

TEST(GeneratorSource, PutsOneEventInAMessageInMessageFraming) {
  GeneratorSource source(settings(50), Framing::message, 1, start);
  std::atomic<std::uint64_t> sequence{0};
  SourceBlock block = make_block(100'000);

  ASSERT_EQ(source.fill(0, block, limits, sequence), FillResult::filled);

  ASSERT_EQ(block.messages.size(), 50u);
  for (const std::string& text : texts_of(block)) {
    EXPECT_TRUE(text.starts_with('{') && text.ends_with('}')) << text;
  }
  EXPECT_EQ(block.messages[49].offset, 49);
  EXPECT_THAT(block.positions, ElementsAre(PartitionOffset{0, 50}));
}

TEST(GeneratorSource, PutsNoMoreEventsInABlockThanTheLimit) {
  for (const Framing framing : {Framing::lines, Framing::message}) {
    GeneratorSource source(settings(0), framing, 1, start);
    std::atomic<std::uint64_t> sequence{0};
    SourceBlock block = make_block(1'000'000);

    ASSERT_EQ(source.fill(0, block, {.max_events = 1'500, .linger = milliseconds(5)}, sequence),
              FillResult::filled);

    EXPECT_THAT(block.positions, ElementsAre(PartitionOffset{0, 1'500}));
  }
}

TEST(GeneratorSource, GivesEachLaneItsOwnPartitions) {
  GeneratorSource source(settings(300, 3), Framing::message, 2, start);
  std::atomic<std::uint64_t> sequence{0};
  SourceBlock block = make_block(100'000);

  ASSERT_EQ(source.lanes(), 2u);
  EXPECT_EQ(source.lane_of(0), 0u);
  EXPECT_EQ(source.lane_of(1), 1u);
  EXPECT_EQ(source.lane_of(2), 0u);
  ASSERT_EQ(source.fill(1, block, limits, sequence), FillResult::filled);
  EXPECT_THAT(block.positions, ElementsAre(PartitionOffset{1, 100}));
  EXPECT_EQ(source.fill(1, block, limits, sequence), FillResult::finished);
}

TEST(GeneratorSource, LeavesOutPausedPartitions) {
  GeneratorSource source(settings(0, 2), Framing::message, 1, start);
  std::atomic<std::uint64_t> sequence{0};
  SourceBlock block = make_block(10'000);
  const std::array<PartitionIndex, 1> first = {0};
  const std::array<PartitionIndex, 1> second = {1};
  source.pause(first);

  source.fill(0, block, limits, sequence);
  for (const Message& message : block.messages) {
    EXPECT_EQ(message.partition, 1);
  }

  block.clear();
  source.pause(second);
  EXPECT_EQ(source.fill(0, block, limits, sequence), FillResult::idle);

  source.resume(first);
  EXPECT_EQ(source.fill(0, block, limits, sequence), FillResult::filled);
  EXPECT_EQ(block.messages[0].partition, 0);
}

TEST(GeneratorSource, KeepsToTheRate) {
  GeneratorSettings paced = settings(0, 2);
  paced.rate = 20'000;
  GeneratorSource source(paced, Framing::message, 1, start);
  std::atomic<std::uint64_t> sequence{0};
  SourceBlock block = make_block(10'000'000);
  const auto begin = std::chrono::steady_clock::now();
  std::size_t events = 0;

  while (events < 2'000) {
    block.clear();
    source.fill(0, block, limits, sequence);
    events += block.messages.size();
  }

  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  EXPECT_GE(took.count(), 2'000 / 20'000.0);
  EXPECT_LE(static_cast<double>(events), took.count() * 20'000 + 1);
}

}  // namespace
}  // namespace sluice
