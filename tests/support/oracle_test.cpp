#include "tests/support/oracle.hpp"

#include <limits>
#include <stdexcept>

#include <gtest/gtest.h>

namespace sluice::oracle {
namespace {

using Texts = std::vector<std::string>;
using Verdicts = std::vector<Verdict>;

constexpr Verdict accepted = Verdict::accepted;
constexpr Verdict late = Verdict::late;

// Counts events in windows of one definition.
Job job_of(WindowDefinition window, WatermarkSettings watermark = {}) {
  Job job;
  job.windows = {std::move(window)};
  job.aggregates = {{.as = "n", .function = Function::count, .column = {}}};
  job.watermark = watermark;
  return job;
}

Job tumbling(std::int64_t size, WatermarkSettings watermark = {}) {
  return job_of({.name = "w", .size = size, .slide = size}, watermark);
}

Job sliding(std::int64_t size, std::int64_t slide, WatermarkSettings watermark = {}) {
  return job_of({.name = "w", .size = size, .slide = slide}, watermark);
}

Event at(std::int64_t time, const std::string& key = "a", std::uint32_t partition = 0) {
  return {.time = time, .partition = partition, .key = {key}, .values = {}};
}

Batch batch_of(std::vector<Event> events, std::int64_t now = 0) {
  Batch batch;
  batch.events = std::move(events);
  batch.now = now;
  return batch;
}

// A row as `w[0,10) "a" = 3`, with ` r1` where it is a revision; one integer aggregate.
Texts texts_of(const std::vector<Row>& rows) {
  Texts texts;
  for (const Row& row : rows) {
    texts.push_back(row.window + '[' + std::to_string(row.start) + ',' + std::to_string(row.end) +
                    ") " + row.key + " = " +
                    std::to_string(std::get<std::int64_t>(row.values.at(0).value.value())) +
                    (row.revision == 0 ? "" : " r" + std::to_string(row.revision)));
  }
  return texts;
}

Texts rows_of(Oracle& oracle, std::vector<Event> events) {
  return texts_of(oracle.feed(batch_of(std::move(events))).rows);
}

// The rows of a bounded input of one batch.
Texts rows_of_all(const Job& job, std::vector<Event> events) {
  Oracle oracle(job);
  oracle.feed(batch_of(std::move(events)));
  oracle.end_of_input();
  return texts_of(oracle.rows());
}

TEST(KeyText, TellsDifferentKeysApart) {
  EXPECT_EQ(key_text({std::int64_t{1}}), "1");
  EXPECT_EQ(key_text({std::string("1")}), "\"1\"");
  EXPECT_EQ(key_text({std::monostate{}, std::string(), std::int64_t{0}, true}), "null,\"\",0,true");
  EXPECT_EQ(key_text({std::string("a\",\"b")}), R"("a\",\"b")");
  EXPECT_NE(key_text({std::string("a\",\"b")}), key_text({std::string("a"), std::string("b")}));
  EXPECT_EQ(key_text({}), "");
}

TEST(Oracle, PutsNegativeTimesIntoTheWindowBelow) {
  EXPECT_EQ(rows_of_all(tumbling(10), {at(-1), at(-10), at(-11), at(0), at(9)}),
            (Texts{"w[-20,-10) \"a\" = 1", "w[-10,0) \"a\" = 2", "w[0,10) \"a\" = 2"}));
}

TEST(Oracle, ShiftsWindowsByTheOffsetWhateverItsSign) {
  for (const std::int64_t offset : {3, -7, 13, 10'003}) {
    const Job job = job_of({.name = "w", .size = 10, .slide = 10, .offset = offset});

    EXPECT_EQ(rows_of_all(job, {at(2), at(3), at(12), at(-7), at(-8)}),
              (Texts{"w[-17,-7) \"a\" = 1", "w[-7,3) \"a\" = 2", "w[3,13) \"a\" = 2"}));
  }
}

TEST(Oracle, PutsAnEventIntoEverySlidingWindowThatHoldsIt) {
  EXPECT_EQ(rows_of_all(sliding(10, 5), {at(5), at(9)}),
            (Texts{"w[0,10) \"a\" = 2", "w[5,15) \"a\" = 2"}));
}

TEST(Oracle, SlidesBySizesThatAreNoMultipleOfTheSlide) {
  const Job job = sliding(7, 3);  // ..., [-6,1), [-3,4), [0,7), [3,10), ...

  EXPECT_EQ(rows_of_all(job, {at(0), at(3, "b")}),
            (Texts{"w[-6,1) \"a\" = 1", "w[-3,4) \"a\" = 1", "w[-3,4) \"b\" = 1",
                   "w[0,7) \"a\" = 1", "w[0,7) \"b\" = 1", "w[3,10) \"b\" = 1"}));
}

TEST(Oracle, CountsEventsBetweenSparseWindowsAsInNoWindow) {
  Oracle oracle(sliding(3, 10));  // [0,3), [10,13), ...

  const Outcome outcome = oracle.feed(batch_of({at(2), at(3), at(9), at(10), at(-1), at(-10)}));

  EXPECT_EQ(outcome.events, (Verdicts{accepted, Verdict::in_no_window, Verdict::in_no_window,
                                      accepted, Verdict::in_no_window, accepted}));
}

TEST(Oracle, NeedsAnEventAtTheEndToCloseAWindow) {
  Oracle oracle(tumbling(10));

  EXPECT_EQ(rows_of(oracle, {at(0), at(9)}), Texts{});  // the watermark is 8
  EXPECT_EQ(rows_of(oracle, {at(10)}), (Texts{"w[0,10) \"a\" = 2"}));
}

TEST(Oracle, WaitsForOutOfOrderEventsUpToTheBound) {
  Oracle oracle(tumbling(10, {.out_of_orderness = 5}));

  EXPECT_EQ(rows_of(oracle, {at(0), at(14)}), Texts{});
  EXPECT_EQ(rows_of(oracle, {at(9), at(15)}), (Texts{"w[0,10) \"a\" = 2"}));
}

TEST(Oracle, EmitsNothingForAKeyWithoutAnEvent) {
  Oracle oracle(tumbling(10));

  oracle.feed(batch_of({at(0, "a"), at(30, "b")}));

  EXPECT_EQ(texts_of(oracle.end_of_input().rows), (Texts{"w[30,40) \"b\" = 1"}));
  EXPECT_EQ(texts_of(oracle.rows()), (Texts{"w[0,10) \"a\" = 1", "w[30,40) \"b\" = 1"}));
  EXPECT_EQ(oracle.books().windows_closed, 2U);
}

TEST(Oracle, JudgesABatchAgainstTheWatermarkBeforeIt) {
  Oracle oracle(tumbling(10));

  const Outcome together = oracle.feed(batch_of({at(100), at(1)}));
  const Outcome after = oracle.feed(batch_of({at(2)}));

  EXPECT_EQ(together.events, (Verdicts{accepted, accepted}));
  EXPECT_EQ(texts_of(together.rows), (Texts{"w[0,10) \"a\" = 1"}));
  EXPECT_EQ(after.events, (Verdicts{late}));
  EXPECT_EQ(after.rows.size(), 0U);
}

TEST(Oracle, RefusesAnEventOfAPassedWindowAtTheExactBoundary) {
  Oracle oracle(tumbling(10));

  oracle.feed(batch_of({at(9)}));  // watermark 8: [0, 10) needs 9
  EXPECT_EQ(oracle.feed(batch_of({at(0)})).events, (Verdicts{accepted}));
  oracle.feed(batch_of({at(10)}));  // watermark 9
  EXPECT_EQ(oracle.feed(batch_of({at(9), at(10)})).events, (Verdicts{late, accepted}));
}

TEST(Oracle, KeepsAClosedWindowForTheAllowedLateness) {
  Oracle oracle(tumbling(10, {.allowed_lateness = 5}));

  oracle.feed(batch_of({at(1), at(14)}));  // watermark 13 < 9 + 5
  EXPECT_EQ(rows_of(oracle, {at(2)}), (Texts{"w[0,10) \"a\" = 2 r1"}));
  oracle.feed(batch_of({at(15)}));  // watermark 14
  EXPECT_EQ(oracle.feed(batch_of({at(3)})).events, (Verdicts{late}));
}

TEST(Oracle, RevisesOnlyTheKeysThatABatchTouched) {
  Oracle oracle(tumbling(10, {.allowed_lateness = 100}));

  EXPECT_EQ(rows_of(oracle, {at(1, "a"), at(1, "b"), at(10)}),
            (Texts{"w[0,10) \"a\" = 1", "w[0,10) \"b\" = 1"}));
  EXPECT_EQ(rows_of(oracle, {at(2, "a"), at(3, "a")}), (Texts{"w[0,10) \"a\" = 3 r1"}));
  EXPECT_EQ(rows_of(oracle, {at(11)}), Texts{});
  // b skips revision 1, and c appears with revision 2.
  EXPECT_EQ(rows_of(oracle, {at(4, "b"), at(5, "c")}),
            (Texts{"w[0,10) \"b\" = 2 r2", "w[0,10) \"c\" = 1 r2"}));
  EXPECT_EQ(oracle.books().windows_closed, 1U);
  EXPECT_EQ(oracle.books().rows_emitted, 5U);
  EXPECT_EQ(oracle.books().rows_revised, 3U);
}

TEST(Oracle, StartsWithRevisionOneAfterAnEmptyClosing) {
  Oracle oracle(tumbling(10, {.allowed_lateness = 100}));

  oracle.feed(batch_of({at(25)}));  // [0,10) and [10,20) close empty

  EXPECT_EQ(rows_of(oracle, {at(5)}), (Texts{"w[0,10) \"a\" = 1 r1"}));
  EXPECT_EQ(rows_of(oracle, {at(15)}), (Texts{"w[10,20) \"a\" = 1 r1"}));
  EXPECT_EQ(oracle.books().windows_closed, 2U);
}

TEST(Oracle, RevisesAWindowThatPassesWithTheSameBatch) {
  Oracle oracle(tumbling(10, {.allowed_lateness = 5}));

  oracle.feed(batch_of({at(1), at(10)}));

  EXPECT_EQ(rows_of(oracle, {at(2), at(1000)}),
            (Texts{"w[0,10) \"a\" = 2 r1", "w[10,20) \"a\" = 1"}));
}

TEST(Oracle, AddsALateEventToTheWindowsThatHaveNotPassedOnly) {
  Oracle oracle(sliding(10, 5));  // time 7 is in [0,10) and [5,15)

  oracle.feed(batch_of({at(6), at(10)}));  // watermark 9: [0,10) has passed
  const Outcome outcome = oracle.feed(batch_of({at(7)}));

  EXPECT_EQ(outcome.events, (Verdicts{accepted}));
  EXPECT_EQ(texts_of(oracle.end_of_input().rows),
            (Texts{"w[5,15) \"a\" = 3", "w[10,20) \"a\" = 1"}));
  EXPECT_EQ(oracle.books().partly_late_events, (std::vector<std::uint64_t>{1}));
  EXPECT_EQ(oracle.books().refusals, (std::vector<std::uint64_t>{1}));
}

TEST(Oracle, CountsRefusalsByDefinitionAndWindow) {
  Job job = sliding(10, 2);  // time 8: starts 0, 2, 4, 6, 8
  job.windows.push_back({.name = "long", .size = 100, .slide = 100});
  job.windows.push_back({.name = "short", .size = 4, .slide = 4});  // [8,12)
  Oracle oracle(job);

  oracle.feed(batch_of({at(14)}));  // watermark 13: ends up to 14 have passed
  EXPECT_EQ(oracle.feed(batch_of({at(8)})).events, (Verdicts{accepted}));

  EXPECT_EQ(oracle.books().partly_late_events, (std::vector<std::uint64_t>{1, 0, 1}));
  EXPECT_EQ(oracle.books().refusals, (std::vector<std::uint64_t>{3, 0, 1}));  // ends 10, 12, 14
}

TEST(Oracle, CorrectsEverySlidingWindowThatHoldsALateEventAndNoneAfterIt) {
  Oracle oracle(sliding(30, 10, {.allowed_lateness = 100}));

  oracle.feed(batch_of({at(0), at(10), at(20), at(30)}));  // closes up to [0,30)
  EXPECT_EQ(rows_of(oracle, {at(5)}),
            (Texts{"w[-20,10) \"a\" = 2 r1", "w[-10,20) \"a\" = 3 r1", "w[0,30) \"a\" = 4 r1"}));
  EXPECT_EQ(rows_of(oracle, {at(40)}), (Texts{"w[10,40) \"a\" = 3"}));
}

TEST(Oracle, EmitsRevisionsFirstThenClosingsByEndThenByDefinition) {
  Job job = tumbling(10, {.allowed_lateness = 100});
  job.windows = {{.name = "big", .size = 20, .slide = 20},
                 {.name = "small", .size = 10, .slide = 10}};
  Oracle oracle(job);

  oracle.feed(batch_of({at(1), at(10)}));  // closes small [0,10)

  EXPECT_EQ(rows_of(oracle, {at(2), at(30)}),
            (Texts{"small[0,10) \"a\" = 2 r1", "big[0,20) \"a\" = 3", "small[10,20) \"a\" = 1"}));
}

TEST(Oracle, DropsFutureEventsWithoutMovingTheWatermark) {
  Oracle oracle(tumbling(10, {.max_future = 100}));

  const Outcome outcome = oracle.feed(batch_of({at(5), at(1100), at(1101)}, 1000));
  EXPECT_EQ(outcome.events, (Verdicts{accepted, accepted, Verdict::future}));
  EXPECT_EQ(oracle.progress().watermark, 1099);
}

TEST(Oracle, LetsFilteredAndLateAndWindowlessEventsMoveTheWatermark) {
  Oracle oracle(sliding(3, 10));
  Event filtered = at(50);
  filtered.kind = EventKind::filtered;

  oracle.feed(batch_of({filtered}));
  EXPECT_EQ(oracle.progress().watermark, 49);
  EXPECT_EQ(oracle.feed(batch_of({at(1), at(55)})).events, (Verdicts{late, Verdict::in_no_window}));
  EXPECT_EQ(oracle.progress().watermark, 54);
}

TEST(Oracle, EndsIdlenessByALateEvent) {
  Job job = tumbling(10, {.idle_timeout = 30});
  job.partitions = 2;
  Oracle oracle(job);

  oracle.feed(batch_of({at(100)}, 0));
  oracle.feed(batch_of({}, 31));  // both idle
  oracle.feed(batch_of({at(110)}, 32));
  EXPECT_EQ(oracle.progress().watermark, 109);
  oracle.feed(batch_of({at(200), at(1, "a", 1)}, 33));

  EXPECT_EQ(oracle.books().of(late), 1U);
  EXPECT_EQ(oracle.progress().watermark, 109);  // partition 1 counts again, and holds it
}

TEST(Oracle, ClosesTheLastWindowsByTheWallClockWhenAskedTo) {
  Oracle oracle(tumbling(10, {.idle_timeout = 30, .on_all_idle = OnAllIdle::advance}));

  oracle.feed(batch_of({at(5)}, 1000));  // watermark 4
  EXPECT_EQ(oracle.feed(batch_of({}, 1031)).rows.size(), 0U);
  EXPECT_EQ(oracle.feed(batch_of({}, 1035)).rows.size(), 0U);  // 8
  EXPECT_EQ(texts_of(oracle.feed(batch_of({}, 1036)).rows), (Texts{"w[0,10) \"a\" = 1"}));
}

TEST(Oracle, JudgesLatenessByTheJobsWatermarkWhateverThePartition) {
  Job job = tumbling(10);
  job.partitions = 2;
  Oracle oracle(job);

  oracle.feed(batch_of({at(100, "a", 0), at(20, "a", 1)}));  // the minimum is 19

  EXPECT_EQ(oracle.feed(batch_of({at(20, "a", 0), at(19, "a", 1)})).events,
            (Verdicts{accepted, late}));
}

TEST(Oracle, ClosesEverythingWhenEveryPartitionHasEnded) {
  Job job = tumbling(10, {.allowed_lateness = 1000});
  job.partitions = 2;
  Oracle oracle(job);

  Batch first = batch_of({at(1, "a", 0), at(25, "a", 1)});
  first.ended = {1};
  EXPECT_EQ(oracle.feed(first).rows.size(), 0U);  // the minimum is partition 0's, 0
  Batch last = batch_of({at(12, "b", 0)});
  last.ended = {0};

  EXPECT_EQ(texts_of(oracle.feed(last).rows),
            (Texts{"w[0,10) \"a\" = 1", "w[10,20) \"b\" = 1", "w[20,30) \"a\" = 1"}));
  EXPECT_THROW(oracle.feed(batch_of({})), std::invalid_argument);
}

TEST(Oracle, CountsAnEventAsTheFirstThatApplies) {
  Job job = sliding(3, 10, {.max_future = 1000});
  job.max_keys = 1;
  Oracle oracle(job);
  oracle.feed(batch_of({at(100)}));  // watermark 99; key a is alive

  Event tombstone = at(5000);
  tombstone.kind = EventKind::tombstone;
  Event malformed = at(5000);
  malformed.kind = EventKind::malformed;
  Event future_filtered = at(5000);
  future_filtered.kind = EventKind::filtered;
  Event filtered = at(5);
  filtered.kind = EventKind::filtered;
  Event full = at(101, "b");
  full.no_room = true;
  Event no_room = at(101);
  no_room.no_room = true;
  const Outcome outcome = oracle.feed(batch_of({tombstone, malformed, future_filtered, filtered,
                                                at(5), at(2, "b"), full, no_room, at(102)}));

  EXPECT_EQ(outcome.events, (Verdicts{Verdict::tombstone, Verdict::malformed, Verdict::future,
                                      Verdict::filtered, Verdict::in_no_window, late,
                                      Verdict::keys_full, Verdict::state_full, accepted}));
  EXPECT_EQ(oracle.books().read, 10U);
  EXPECT_EQ(oracle.books().of(accepted), 2U);
  EXPECT_TRUE(oracle.books().balance());
}

TEST(Oracle, CallsTimesBeyondTheLimitsAndValuesThatCannotBeMalformed) {
  Job job = tumbling(10);
  job.columns = {{.type = ValueType::real}, {.type = ValueType::int64, .required = true}};
  Oracle oracle(job);
  const auto with = [](std::int64_t time, std::optional<Value> real, std::optional<Value> integer) {
    Event event = at(time);
    event.values = {real, integer};
    return event;
  };
  constexpr std::int64_t limit = std::int64_t{1} << 53;
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const Value one = std::int64_t{1};

  EXPECT_EQ(oracle
                .feed(batch_of({with(-limit, 1.5, one), with(-limit - 1, 1.5, one),
                                with(0, std::nullopt, one), with(0, 1.5, std::nullopt),
                                with(0, -infinity, one), with(limit + 1, 1.5, one),
                                with(limit, 1.5, one)}))
                .events,
            (Verdicts{accepted, Verdict::malformed, accepted, Verdict::malformed,
                      Verdict::malformed, Verdict::malformed, accepted}));
}

TEST(Oracle, KeepsAKeyAliveUntilItsLastWindowHasPassed) {
  Job job = tumbling(10, {.allowed_lateness = 5});
  job.max_keys = 1;
  Oracle oracle(job);

  oracle.feed(batch_of({at(1, "a")}));
  EXPECT_EQ(oracle.feed(batch_of({at(14, "b")})).events, (Verdicts{Verdict::keys_full}));
  // The refused event moved the watermark to 13; the next one moves it to 14, and a's slot is free
  // after that batch.
  EXPECT_EQ(oracle.feed(batch_of({at(15, "b")})).events, (Verdicts{Verdict::keys_full}));
  EXPECT_EQ(oracle.feed(batch_of({at(16, "b")})).events, (Verdicts{accepted}));
}

TEST(Oracle, CountsTheTimesOfParkedEventsAtOnceAndJudgesThemOnAdmission) {
  Oracle oracle(tumbling(10));
  Batch parking = batch_of({at(5)});
  parking.parked = {at(20), at(8)};

  EXPECT_EQ(texts_of(oracle.feed(parking).rows), (Texts{"w[0,10) \"a\" = 1"}));
  EXPECT_EQ(oracle.books().parked, 2U);
  EXPECT_TRUE(oracle.books().balance());

  Batch admission;
  admission.admitted = parking.parked;
  EXPECT_EQ(oracle.feed(admission).admitted, (Verdicts{accepted, late}));
  EXPECT_EQ(oracle.books().parked, 0U);
  EXPECT_EQ(oracle.books().read, 3U);
  EXPECT_TRUE(oracle.books().balance());
}

TEST(Oracle, MarksARowWhoseSumLeavesItsRangeAndCorrectsItInARevision) {
  Job job = tumbling(10, {.allowed_lateness = 100});
  job.columns = {Column{}};
  job.aggregates = {{.as = "total", .function = Function::sum, .column = 0}};
  Oracle oracle(job);
  const auto with = [](std::int64_t time, std::int64_t value) {
    Event event = at(time);
    event.values = {value};
    return event;
  };
  constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();

  const Outcome closing = oracle.feed(batch_of({with(1, largest), with(2, 1), with(10, 0)}));
  const Outcome revision = oracle.feed(batch_of({with(3, -1)}));

  ASSERT_EQ(closing.rows.size(), 1U);
  EXPECT_FALSE(closing.rows[0].values[0].value.has_value());
  EXPECT_TRUE(closing.rows[0].values[0].overflow);
  EXPECT_EQ(texts_of(revision.rows), (Texts{"w[0,10) \"a\" = 9223372036854775807 r1"}));
  EXPECT_EQ(oracle.books().overflow_rows, 1U);
}

TEST(Oracle, RefusesJobsAndBatchesThatCannotBe) {
  Job no_column = tumbling(10);
  no_column.aggregates = {{.as = "x", .function = Function::sum, .column = {}}};

  EXPECT_THROW(Oracle{tumbling(0)}, std::invalid_argument);
  EXPECT_THROW(Oracle{no_column}, std::invalid_argument);
  Oracle oracle(tumbling(10));
  EXPECT_THROW(oracle.feed(batch_of({at(0, "a", 1)})), std::invalid_argument);
}

}  // namespace
}  // namespace sluice::oracle
