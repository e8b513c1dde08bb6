#include "host/pipeline/parking.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/types.hpp"
#include "tests/host/pipeline/pipeline_run.hpp"

namespace sluice {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr EventTime beyond = max_live_panes;  ///< of panes of 1 ms: one more than the state holds
const char* const tiny_windows = "{name: w, type: tumbling, size: 1ms}";

/// Batches of new keys, all in one window: more than a mebibyte of rows.
std::vector<ScriptedBlock> a_day_that_does_not_fit(PartitionIndex partition) {
  std::vector<ScriptedBlock> script;
  int key = 0;
  for (int block = 0; block < 60; ++block) {
    std::vector<ScriptedMessage> messages;
    for (int i = 0; i < 500; ++i, ++key) {
      messages.push_back(message(partition, 43'200'000 + block, "k" + std::to_string(key)));
    }
    script.push_back({.messages = messages});
  }
  script.back().finished = {partition};
  return script;
}

JobText one_day(const std::string& on_full) {
  return {.windows = "{name: day, type: tumbling, size: 1d}",
          .engine =
              "batch_events: 512, batch_bytes: 64KiB, max_state_bytes: 1MiB, on_full: " + on_full};
}

TEST(Parking, ADayThatIsFullAtNoonStopsTheJobAndNamesTheBytes) {
  PipelineRun run(one_day("stop"), 1, a_day_that_does_not_fit(0));
  try {
    run.run();
    FAIL() << "nothing was thrown";
  } catch (const EngineFull& full) {
    EXPECT_THAT(full.what(), HasSubstr("engine.max_state_bytes: 1048576"));
  }
}

TEST(Parking, ADayThatIsFullAtNoonDropsNewEventsWhereThatIsAskedFor) {
  PipelineRun run(one_day("drop_new"), 1, a_day_that_does_not_fit(0));
  run.run();
  EXPECT_EQ(run.books().events_read, 30'000u);
  EXPECT_GT(run.books().events_accepted, 1'000u);
  EXPECT_GT(run.books().state_full, 1'000u);
  EXPECT_EQ(run.books().parked, 0u);
  EXPECT_TRUE(run.books().balance());
  EXPECT_THAT(run.source().paused(), IsEmpty());
}

TEST(Parking, AJumpBeyondTheLivePanesIsParkedAndAdmitted) {
  PipelineRun run({.windows = tiny_windows}, 1,
                  {{.messages = {message(0, 0), message(0, 3 * beyond)}, .finished = {0}}});
  run.run();
  EXPECT_EQ(run.books().events_accepted, 2u);
  EXPECT_EQ(run.books().late_dropped, 0u);
  EXPECT_THAT(run.rows(),
              ElementsAre(PublishedRow{0, "a", 1, 1}, PublishedRow{3 * beyond, "a", 1, 1}));
}

TEST(Parking, EventsInOrderAreAllAdmittedHoweverManyPanesABatchSpans) {
  PipelineRun run({.windows = tiny_windows}, 1,
                  {{.messages = {message(0, 0), message(0, beyond + 1), message(0, 2 * beyond + 2),
                                 message(0, 2 * beyond + 3)},
                    .finished = {0}}});
  run.run();
  EXPECT_EQ(run.books().events_accepted, 4u);
  EXPECT_EQ(run.books().late_dropped, 0u);
  EXPECT_EQ(run.rows().size(), 4u);
}

TEST(Parking, AnotherPartitionThatMovesTheWatermarkLetsParkedEventsIn) {
  PipelineRun run({.windows = tiny_windows}, 2,
                  {{.messages = {message(0, 0), message(1, beyond, "b")}},
                   {.messages = {message(0, 100)}},
                   {.messages = {message(1, beyond + 5, "b")}},
                   {.messages = {message(0, 2 * beyond)}, .finished = {0, 1}}});
  run.source().wait_for_engine();
  std::vector<std::vector<PartitionIndex>> paused;
  run.after_batch = [&](const PipelineRun& so_far) {
    EXPECT_TRUE(so_far.books().balance());
    paused.push_back(so_far.source().paused());
  };
  run.run();
  EXPECT_EQ(paused.front(), std::vector<PartitionIndex>{1});
  EXPECT_EQ(paused.back(), std::vector<PartitionIndex>{});
  EXPECT_EQ(run.books().events_accepted, 5u);
  EXPECT_THAT(run.rows(),
              ElementsAre(PublishedRow{0, "a", 1, 1}, PublishedRow{100, "a", 1, 1},
                          PublishedRow{beyond, "b", 1, 1}, PublishedRow{beyond + 5, "b", 1, 1},
                          PublishedRow{2 * beyond, "a", 1, 1}));
}

TEST(Parking, APartitionWithParkedEventsIsNotIdle) {
  PipelineRun run({.windows = tiny_windows,
                   .watermark = "out_of_orderness: 0s, idle_timeout: 1s, max_future: off"},
                  2,
                  {{.messages = {message(0, 0), message(1, beyond, "b")}},
                   {.messages = {message(0, 1)}, .quiet_before = 700},
                   {.messages = {message(0, 2)}, .quiet_before = 700},
                   {.messages = {message(0, 2 * beyond)}, .quiet_before = 700}},
                  Afterwards::stay_quiet);
  run.source().wait_for_engine();
  run.after_batch = [&](const PipelineRun& so_far) {
    if (so_far.books().events_read == 5 && so_far.books().parked == 0) run.stop();
  };
  run.run(OpenWindows::close);
  EXPECT_EQ(run.books().late_dropped, 0u);
  EXPECT_EQ(run.books().events_accepted, 5u);
}

TEST(Parking, AStopThatDrainsLetsParkedEventsIn) {
  PipelineRun run({.windows = tiny_windows}, 2,
                  {{.messages = {message(0, 0), message(1, beyond, "b")}}}, Afterwards::stay_quiet);
  run.after_batch = [&](const PipelineRun& so_far) {
    EXPECT_EQ(so_far.books().parked, 1u);
    run.stop();
  };
  run.run(OpenWindows::close);
  EXPECT_EQ(run.books().parked, 0u);
  EXPECT_EQ(run.books().late_dropped, 0u);
  EXPECT_THAT(run.rows(), ElementsAre(PublishedRow{0, "a", 1, 1}, PublishedRow{beyond, "b", 1, 1}));
}

TEST(Parking, TheEndOfAPartitionWaitsForItsParkedEvents) {
  PipelineRun run({.windows = tiny_windows}, 2,
                  {{.messages = {message(0, 0), message(1, beyond, "b")}, .finished = {1}},
                   {.messages = {message(0, 3 * beyond)}, .finished = {0}}});
  run.source().wait_for_engine();
  run.run();
  EXPECT_EQ(run.books().events_accepted, 3u);
  EXPECT_EQ(run.books().late_dropped, 0u);
  EXPECT_EQ(run.rows().size(), 3u);
}

TEST(Parking, GivesUpWhenTheLastOtherPartitionHasEnded) {
  PipelineRun run({.windows = "{name: w, type: tumbling, size: 1ms}, "
                              "{name: day, type: tumbling, size: 50s}",
                   .engine = "batch_events: 64, on_full: drop_new"},
                  2,
                  {{.messages = {message(0, 0), message(1, 2 * beyond, "b")}},
                   {.messages = {message(0, 1)}, .finished = {0, 1}}});
  run.source().wait_for_engine();
  run.run();
  EXPECT_TRUE(run.books().balance());
  EXPECT_EQ(run.books().parked, 0u);
  EXPECT_EQ(run.books().events_accepted + run.books().state_full, 3u);
}

}  // namespace
}  // namespace sluice
