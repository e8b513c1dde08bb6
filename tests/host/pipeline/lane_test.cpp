#include "host/pipeline/lane.hpp"

#include <atomic>
#include <stop_token>
#include <thread>

#include <gtest/gtest.h>

#include "tests/host/pipeline/batches.hpp"
#include "tests/host/pipeline/scripted_source.hpp"

namespace sluice {
namespace {

/// Events with a time and nothing else, one a line.
Format lines() {
  Format format;
  format.framing = Framing::lines;
  format.event_time.path = {.text = "t", .members = {"t"}};
  return format;
}

std::string events_at(std::initializer_list<EventTime> times) {
  std::string text;
  for (const EventTime time : times) text += "{\"t\":" + std::to_string(time) + "}\n";
  return text;
}

/// A lane over a script, and the test in the place of the engine.
class LaneRun {
 public:
  LaneRun(std::vector<ScriptedBlock> script, Afterwards afterwards, std::size_t batches = 4,
          std::size_t capacity = 16)
      : source_(1, std::move(script), afterwards, fake),
        pool(make_batches(batches, capacity)),
        limits_{.max_events = capacity, .linger = std::chrono::milliseconds(50)} {}

  /// Runs the lane on a thread of its own until it ends or this is destroyed.
  void start(const Clock& clock) {
    lane_ = std::make_unique<Lane>(0u, source_, BlockDecoder(lines(), std::nullopt, false), limits_,
                                   pool, queue, sequence_, clock);
    thread_ = std::jthread([this](std::stop_token stop) { lane_->run(std::move(stop)); });
  }
  void start() {
    clock_ = fake.clock();
    start(clock_);
  }
  void stop() { thread_.request_stop(); }

  FakeClock fake;

 private:
  ScriptedSource source_;

 public:
  BatchPool pool;
  BatchQueue queue{1};

 private:
  BlockLimits limits_;
  Clock clock_;
  std::atomic<std::uint64_t> sequence_{0};
  std::unique_ptr<Lane> lane_;
  std::jthread thread_;
};

TEST(Lane, SendsDecodedBlocksOnInOrder) {
  LaneRun run({{.messages = {{0, events_at({1, 2})}}}, {.messages = {{0, events_at({3})}}}},
              Afterwards::finish);
  run.start();
  const Batch* first = run.queue.pop();
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(first->events.size, 2u);
  EXPECT_EQ(first->block.sequence, 0u);
  const Batch* second = run.queue.pop();
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(second->events.time[0], 3);
  EXPECT_EQ(second->block.sequence, 1u);
  EXPECT_EQ(run.queue.pop(), nullptr);
}

TEST(Lane, SendsAHeartbeatWhileThereIsNothingToRead) {
  LaneRun run({}, Afterwards::stay_quiet);
  run.start();
  const Batch* first = run.queue.pop();
  const Batch* second = run.queue.pop();
  EXPECT_EQ(first->sealed_by, SealedBy::heartbeat);
  EXPECT_EQ(first->events.size, 0u);
  EXPECT_EQ(second->block.sequence, 1u);
  EXPECT_GE(second->block.active - first->block.active, 200);
  EXPECT_LE(second->block.active - first->block.active, 200 + 2 * ScriptedSource::quiet_time);
}

TEST(Lane, LeavesTheTimeItWaitedForABatchOutOfItsClock) {
  // Every reading of this clock takes 100 ms; two of four readings a block enclose the wait.
  Milliseconds now = 0;
  const Clock ticking{.wall = [] { return EventTime{0}; }, .steady = [&] { return now += 100; }};
  LaneRun run({{.messages = {{0, events_at({1})}}}, {.messages = {{0, events_at({2})}}}},
              Afterwards::finish);
  run.start(ticking);
  const Batch* first = run.queue.pop();
  const Batch* second = run.queue.pop();
  EXPECT_EQ(first->block.active, 300);
  EXPECT_EQ(second->block.active, 600);
}

TEST(Lane, CutsABlockWithMoreEventsThanABatchHoldsIntoParts) {
  LaneRun run(
      {{.messages = {{0, events_at({1, 2, 3})}, {0, events_at({4, 5})}, {0, events_at({6})}},
        .finished = {0}}},
      Afterwards::finish, 1, 4);
  run.start();
  Batch* part = run.queue.pop();
  EXPECT_EQ(part->events.size, 3u);
  EXPECT_FALSE(part->last_part);
  run.pool.give_back(*part);
  part = run.queue.pop();
  EXPECT_EQ(part->part, 1u);
  EXPECT_EQ(part->events.size, 3u);
  EXPECT_EQ(part->events.time[0], 4);
  EXPECT_EQ(part->events.time[2], 6);
  EXPECT_TRUE(part->last_part);
  EXPECT_EQ(part->block.finished, std::vector<PartitionIndex>{0});
  EXPECT_EQ(part->block.positions.size(), 1u);
  run.pool.give_back(*part);
  EXPECT_EQ(run.queue.pop(), nullptr);
}

TEST(Lane, NeedsNoSecondBatchForTheRestOfABlock) {
  // With every other batch queued behind this block, waiting for one would be waiting for itself.
  LaneRun run({{.messages = {{0, events_at({1, 2})}, {0, events_at({3, 4})}}}}, Afterwards::finish,
              2, 2);
  Batch* const held = run.pool.acquire({});
  run.start();
  Batch* part = run.queue.pop();
  run.pool.give_back(*part);
  part = run.queue.pop();
  EXPECT_EQ(part->events.time[0], 3);
  run.pool.give_back(*part);
  run.pool.give_back(*held);
  EXPECT_EQ(run.queue.pop(), nullptr);
}

TEST(Lane, HandsItsFailureToTheEngine) {
  LaneRun run({{.messages = {{0, events_at({1})}}}}, Afterwards::break_down);
  run.start();
  EXPECT_NE(run.queue.pop(), nullptr);
  EXPECT_THROW(run.queue.pop(), SourceError);
}

TEST(Lane, EndsWhenItIsToldToStop) {
  LaneRun run({}, Afterwards::stay_quiet, 64);
  run.start();
  EXPECT_NE(run.queue.pop(), nullptr);
  run.stop();
  while (run.queue.pop() != nullptr) {
  }
}

}  // namespace
}  // namespace sluice
