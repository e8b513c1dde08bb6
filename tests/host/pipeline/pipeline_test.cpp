#include "host/pipeline/pipeline.hpp"

#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/host/pipeline/pipeline_run.hpp"

namespace sluice {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// What a run that must fail throws.
std::string failure_of(PipelineRun& run) {
  try {
    run.run();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST(Pipeline, ClosesEveryWindowAtTheEndOfABoundedSource) {
  PipelineRun run({}, 1,
                  {{.messages = {message(0, 1, "a", 2), message(0, 3, "b", 4)}},
                   {.messages = {message(0, 12, "a", 8)}, .finished = {0}}});
  run.run();
  EXPECT_THAT(run.rows(), ElementsAre(PublishedRow{0, "a", 1, 2}, PublishedRow{0, "b", 1, 4},
                                      PublishedRow{10, "a", 1, 8}));
  EXPECT_EQ(run.books().windows_closed, 2u);
}

TEST(Pipeline, KeepsOpenWindowsOpenAtAStop) {
  PipelineRun run({}, 1, {{.messages = {message(0, 1), message(0, 12)}}}, Afterwards::stay_quiet);
  run.after_batch = [&](const PipelineRun&) { run.stop(); };
  run.run(OpenWindows::keep);
  EXPECT_THAT(run.rows(), ElementsAre(PublishedRow{0, "a", 1, 1}));
}

TEST(Pipeline, ClosesOpenWindowsAtAStopThatDrains) {
  PipelineRun run({}, 1, {{.messages = {message(0, 1), message(0, 12)}}}, Afterwards::stay_quiet);
  run.after_batch = [&](const PipelineRun&) { run.stop(); };
  run.run(OpenWindows::close);
  EXPECT_THAT(run.rows(), ElementsAre(PublishedRow{0, "a", 1, 1}, PublishedRow{10, "a", 1, 1}));
}

TEST(Pipeline, BalancesTheBooks) {
  PipelineRun run({.windows = "{name: w, type: sliding, size: 10ms, slide: 20ms}"}, 1,
                  {{.messages = {message(0, 1), message(0, 15), {0, "{"}, {0, std::nullopt}}},
                   {.messages = {message(0, 61)}},
                   {.messages = {message(0, 2)}, .finished = {0}}});
  run.source().wait_for_engine();
  run.run();
  EXPECT_EQ(run.books().events_read, 6u);
  EXPECT_EQ(run.books().events_accepted, 2u);
  EXPECT_EQ(run.books().in_no_window, 1u);
  EXPECT_EQ(run.books().malformed, 1u);
  EXPECT_EQ(run.books().tombstones, 1u);
  EXPECT_EQ(run.books().late_dropped, 1u);
  EXPECT_TRUE(run.books().balance());
}

constexpr const char* positive = "where: v > 0\n";

TEST(Pipeline, CountsFilteredEventsAndLetsThemMoveTheWatermark) {
  PipelineRun run({.where = positive}, 1,
                  {{.messages = {message(0, 1, "a", 2), message(0, 2, "a", -1)}},
                   {.messages = {message(0, 25, "b", -1)}},
                   {.messages = {message(0, 3, "a", 5), message(0, 4, "a", -5)}}},
                  Afterwards::stay_quiet);
  run.source().wait_for_engine();
  run.after_batch = [&](const PipelineRun& at) {
    if (at.books().events_read == 5) run.stop();
  };
  run.run(OpenWindows::keep);
  EXPECT_THAT(run.rows(), ElementsAre(PublishedRow{0, "a", 1, 2}));
  EXPECT_EQ(run.books().filtered, 3u);
  EXPECT_EQ(run.books().late_dropped, 1u);
  EXPECT_TRUE(run.books().balance());
}

TEST(Pipeline, FilteredEventsOfEachPartitionMoveItsOwnWatermark) {
  const auto rows_after = [](PartitionIndex partition) {
    PipelineRun run({.where = positive}, 2,
                    {{.messages = {message(0, 1, "a", 2), message(1, 1, "b", 3)}},
                     {.messages = {message(0, 25, "a", -1), message(partition, 26, "a", -1)}}},
                    Afterwards::stay_quiet);
    run.source().wait_for_engine();
    run.after_batch = [&](const PipelineRun& at) {
      if (at.books().events_read == 4) run.stop();
    };
    run.run(OpenWindows::keep);
    return run.rows().size();
  };
  EXPECT_EQ(rows_after(0), 0u);
  EXPECT_EQ(rows_after(1), 2u);
}

TEST(Pipeline, TheFutureGuardComesBeforeTheFilter) {
  PipelineRun run(
      {.watermark = "out_of_orderness: 0s, idle_timeout: off, max_future: 1s", .where = positive},
      1,
      {{.messages = {message(0, 1'000, "a", 2), message(0, 1'001'000, "a", -1),
                     message(0, 1'001'001, "a", -1), message(0, 1'001'001, "a", 1)}},
       {.messages = {message(0, 999'999, "a", 1)}, .finished = {0}}});
  run.source().wait_for_engine();
  run.run();
  EXPECT_EQ(run.books().future_dropped, 2u);
  EXPECT_EQ(run.books().filtered, 1u);
  EXPECT_EQ(run.books().late_dropped, 1u);
  EXPECT_EQ(run.books().events_accepted, 1u);
  EXPECT_TRUE(run.books().balance());
}

TEST(Pipeline, FilteredEventsEndIdleness) {
  const auto closes = [](std::vector<ScriptedMessage> messages) {
    const std::size_t events = 2 + messages.size();
    PipelineRun run({.watermark = "out_of_orderness: 0s, idle_timeout: 300ms, max_future: off",
                     .where = positive},
                    2,
                    {{.messages = {message(0, 1, "a", 2), message(1, 1, "b", -3)}},
                     {.messages = std::move(messages), .quiet_before = 1'000}},
                    Afterwards::stay_quiet);
    bool closed = false;
    run.after_batch = [&](const PipelineRun& at) {
      if (at.books().events_read < events) return;
      closed = !at.rows().empty();
      run.stop();
    };
    run.run(OpenWindows::keep);
    return closed;
  };
  EXPECT_TRUE(closes({message(0, 50, "a", 1)}));
  EXPECT_FALSE(closes({message(0, 50, "a", 1), message(1, 2, "b", 7)}));
  EXPECT_FALSE(closes({message(0, 50, "a", 1), message(1, 2, "b", -7)}));
}

TEST(Pipeline, ABatchOfFilteredEventsIsCommittedAndFinishesAsAnyOther) {
  PipelineRun run(
      {.where = positive}, 1,
      {{.messages = {message(0, 1, "a", -2), message(0, 2, "a", -2)}},
       {.messages = {message(0, 3, "a", -1), {0, "{"}, {0, std::nullopt}}, .finished = {0}}});
  run.run();
  EXPECT_THAT(run.rows(), IsEmpty());
  EXPECT_THAT(run.source().committed(), ElementsAre(testing::Pair(0, 5)));
  EXPECT_EQ(run.books().filtered, 3u);
  EXPECT_EQ(run.books().malformed, 1u);
  EXPECT_EQ(run.books().tombstones, 1u);
  EXPECT_TRUE(run.books().balance());
}

TEST(Pipeline, FiltersABlockInSeveralParts) {
  std::vector<ScriptedMessage> messages;
  for (EventTime time = 0; time < 50; ++time) {
    messages.push_back(message(0, time, time % 2 == 0 ? "a" : "b", time % 5 == 0 ? 1 : -1));
  }
  PipelineRun run({.engine = "batch_events: 8", .where = "where: v > 0 AND k = 'a' AND t < 40\n"},
                  1, {{.messages = messages, .finished = {0}}});
  run.run();
  EXPECT_EQ(run.books().events_accepted, 4u);
  EXPECT_EQ(run.books().filtered, 46u);
  EXPECT_THAT(run.rows(), ElementsAre(PublishedRow{0, "a", 1, 1}, PublishedRow{10, "a", 1, 1},
                                      PublishedRow{20, "a", 1, 1}, PublishedRow{30, "a", 1, 1}));
}

TEST(Pipeline, CountsEventsOfABlockInSeveralPartsOnce) {
  std::vector<ScriptedMessage> messages;
  for (EventTime time = 0; time < 50; ++time) messages.push_back(message(0, time));
  PipelineRun run({.engine = "batch_events: 8"}, 1, {{.messages = messages, .finished = {0}}});
  run.run();
  EXPECT_EQ(run.books().events_accepted, 50u);
  EXPECT_EQ(run.rows().size(), 5u);
  EXPECT_EQ(run.rows()[4], (PublishedRow{40, "a", 10, 10}));
}

TEST(Pipeline, RunsManyLanesWithBlocksInSeveralParts) {
  std::vector<ScriptedBlock> script;
  for (unsigned block = 0; block < 60; ++block) {
    const unsigned lane = block % 3;
    std::vector<ScriptedMessage> messages;
    for (EventTime i = 0; i < 20; ++i) {
      messages.push_back(message(static_cast<PartitionIndex>(lane), 10 * (block / 3)));
    }
    script.push_back({.lane = lane, .messages = messages});
    if (block >= 57) script.back().finished = {static_cast<PartitionIndex>(lane)};
  }
  PipelineRun run({.engine = "batch_events: 4"}, 3, script);
  run.run();
  EXPECT_EQ(run.books().events_accepted, 1'200u);
  EXPECT_EQ(run.rows().size(), 20u);
  EXPECT_EQ(run.rows()[0], (PublishedRow{0, "a", 60, 60}));
}

TEST(Pipeline, CommitsWhatWasAccumulated) {
  PipelineRun run(
      {}, 2,
      {{.messages = {message(0, 1), message(0, 2), message(1, 3)}}, {.messages = {message(0, 4)}}});
  run.run();
  EXPECT_THAT(run.source().committed(), ElementsAre(testing::Pair(0, 3), testing::Pair(1, 1)));
}

TEST(Pipeline, NamesTheMalformedEventThatStopsTheJob) {
  PipelineRun run(
      {.format = "type: json, on_malformed: fail"}, 2,
      {{.messages = {
            message(0, 1), message(1, 1), message(1, 2), {1, R"({"t":3,"k":"a","v":"many"})"}}}});
  EXPECT_EQ(failure_of(run),
            "malformed event in topic partition 1 offset 2, field v: bad_value "
            "(format.on_malformed is fail)");
}

TEST(Pipeline, ThrowsWhatBrokeTheSourceAfterTheBatchesBeforeIt) {
  PipelineRun run({}, 1, {{.messages = {message(0, 1), message(0, 12)}}}, Afterwards::break_down);
  EXPECT_EQ(failure_of(run), "topic: the broker is gone");
  EXPECT_EQ(run.books().events_accepted, 2u);
}

TEST(Pipeline, DropsNewKeysWhenThatIsAskedFor) {
  PipelineRun run({.engine = "batch_events: 64, max_keys: 2, on_full: drop_new"}, 1,
                  {{.messages = {message(0, 1, "a"), message(0, 2, "b"), message(0, 3, "c"),
                                 message(0, 4, "a")},
                    .finished = {0}}});
  run.run();
  EXPECT_EQ(run.books().keys_full, 1u);
  EXPECT_EQ(run.books().events_accepted, 3u);
  EXPECT_TRUE(run.books().balance());
}

TEST(Pipeline, StopsAtOneKeyTooManyAndSaysSo) {
  PipelineRun run({.engine = "batch_events: 64, max_keys: 2"}, 1,
                  {{.messages = {message(0, 1, "a"), message(0, 2, "b"), message(0, 3, "c")}}});
  EXPECT_THAT(failure_of(run), HasSubstr("engine.max_keys: 2 keys"));
}

TEST(Pipeline, AQuietPartitionIsLeftOutAfterTheIdleTimeout) {
  PipelineRun run({.watermark = "out_of_orderness: 0s, idle_timeout: 1s, max_future: off"}, 2,
                  {{.messages = {message(0, 1)}},
                   {.messages = {message(0, 12)}, .quiet_before = 900},
                   {.messages = {message(0, 13)}, .quiet_before = 900}},
                  Afterwards::stay_quiet);
  run.after_batch = [&](const PipelineRun& so_far) {
    if (so_far.books().events_accepted == 3) run.stop();
  };
  run.run();
  EXPECT_THAT(run.rows(), ElementsAre(PublishedRow{0, "a", 1, 1}));
}

TEST(Pipeline, APartitionWithoutAnEventHoldsTheWatermarkBackUntilThen) {
  PipelineRun run({}, 2, {{.messages = {message(0, 1), message(0, 12)}}}, Afterwards::stay_quiet);
  unsigned batches = 0;
  run.after_batch = [&](const PipelineRun&) {
    if (++batches == 20) run.stop();
  };
  run.run();
  EXPECT_THAT(run.rows(), IsEmpty());
}

}  // namespace
}  // namespace sluice
