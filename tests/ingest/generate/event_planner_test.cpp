#include "ingest/generate/event_planner.hpp"

#include <gtest/gtest.h>

namespace sluice {
namespace {

constexpr std::uint64_t seed = 7;
constexpr EventTime start = 1'700'000'000'000;

GeneratorSettings settings() {
  GeneratorSettings settings;
  settings.seed = seed;
  settings.events_per_second = 1'000;
  settings.disorder = 0;
  return settings;
}

TEST(EventPlanner, MovesEventTimeOnEvenlyWithTheNumber) {
  EventPlanner planner(settings(), start, 0);
  Random random(seed, 0);

  for (std::uint64_t i = 0; i < 5'000; ++i) {
    const EventPlan plan = planner.next(random);
    ASSERT_EQ(plan.number, i);
    ASSERT_EQ(plan.time, start + static_cast<EventTime>(i));
  }
}

TEST(EventPlanner, DealsNumbersToPartitionsInTurn) {
  GeneratorSettings three = settings();
  three.partitions = 3;
  three.events = 8;
  EventPlanner planner(three, start, 1);
  Random random(seed, 1);

  EXPECT_EQ(planner.next(random).number, 1u);
  EXPECT_EQ(planner.next(random).number, 4u);
  EXPECT_FALSE(planner.finished());
  EXPECT_EQ(planner.next(random).number, 7u);
  EXPECT_TRUE(planner.finished());
}

TEST(EventPlanner, PacesEventTimeByTheRateWhenThereIsOne) {
  GeneratorSettings paced = settings();
  paced.rate = 10;
  EventPlanner planner(paced, start, 0);
  Random random(seed, 0);

  planner.next(random);

  EXPECT_EQ(planner.next(random).time, start + 100);
}

TEST(EventPlanner, PutsTimesBackWithinTheDisorder) {
  GeneratorSettings disordered = settings();
  disordered.disorder = 50;
  EventPlanner planner(disordered, start, 0);
  Random random(seed, 0);
  EventTime least = 50;
  EventTime most = 0;

  for (EventTime i = 0; i < 10'000; ++i) {
    const EventTime behind = start + i - planner.next(random).time;
    least = std::min(least, behind);
    most = std::max(most, behind);
  }

  EXPECT_EQ(least, 0);
  EXPECT_EQ(most, 50);
}

TEST(EventPlanner, MakesTheConfiguredSharesLateAndMalformed) {
  GeneratorSettings bad = settings();
  bad.disorder = 100;
  bad.late_ratio = 0.1;
  bad.malformed_ratio = 0.02;
  EventPlanner planner(bad, start, 0);
  Random random(seed, 0);

  for (EventTime i = 0; i < 100'000; ++i) {
    const EventPlan plan = planner.next(random);
    const EventTime behind = start + i - plan.time;
    ASSERT_FALSE(plan.late && plan.malformed);
    ASSERT_EQ(behind > 100, plan.late);
    ASSERT_TRUE(!plan.late || (behind >= 30'100 && behind <= 60'200)) << behind;
  }

  EXPECT_NEAR(static_cast<double>(planner.late()), 9'800, 400) << "seed " << seed;
  EXPECT_NEAR(static_cast<double>(planner.malformed()), 2'000, 200) << "seed " << seed;
}

}  // namespace
}  // namespace sluice
