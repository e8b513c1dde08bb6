#include "kernels/cuda/path_choice.hpp"

#include <gtest/gtest.h>

namespace sluice::cuda {
namespace {

PathLoad few_groups() {
  return {.events = 1 << 20,
          .groups = 100,
          .blocks = 528,
          .fits_block = true,
          .fits_parts = true,
          .row_bytes = 16,
          .l2_bytes = 50 << 20};
}
PathLoad many_groups() {
  PathLoad load = few_groups();
  load.groups = 500'000;
  load.fits_block = false;
  return load;
}
PathLoad more_than_l2() {
  PathLoad load = many_groups();
  load.events = 16 << 20;
  load.groups = 10'000'000;
  return load;
}

TEST(PathChoice, EachLoadHasItsPath) {
  EXPECT_EQ(best_path(few_groups()), AccumulatePath::private_tables);
  EXPECT_EQ(best_path(many_groups()), AccumulatePath::shared_table);
  EXPECT_EQ(best_path(more_than_l2()), AccumulatePath::partitioned);
}

TEST(PathChoice, PrivateTablesAreForBatchesWithManyEventsOfEachGroup) {
  PathLoad load = few_groups();
  load.groups = 4000;
  load.events = 20'000;

  EXPECT_EQ(best_path(load), AccumulatePath::shared_table);
  load.touched = 3;  // a block met few of the groups
  EXPECT_EQ(best_path(load), AccumulatePath::private_tables);
}

TEST(PathChoice, PartsAreForBatchesWhoseEventsMeetInRows) {
  PathLoad load = more_than_l2();
  load.events = 100'000;

  EXPECT_EQ(best_path(load), AccumulatePath::shared_table);
}

TEST(PathChoice, TheFirstBatchDecidesAtOnce) {
  PathChoice choice(AccumulatePath::automatic);
  EXPECT_EQ(choice.path(), AccumulatePath::automatic);

  EXPECT_EQ(choice.choose(few_groups()), AccumulatePath::private_tables);
  EXPECT_EQ(choice.switches(), 0u);
}

TEST(PathChoice, SwitchesAfterSeveralBatchesInARow) {
  PathChoice choice(AccumulatePath::automatic);
  choice.choose(many_groups());
  for (unsigned i = 1; i < PathChoice::patience; ++i) {
    EXPECT_EQ(choice.choose(few_groups()), AccumulatePath::shared_table);
  }

  EXPECT_EQ(choice.choose(few_groups()), AccumulatePath::private_tables);
  EXPECT_EQ(choice.switches(), 1u);
}

TEST(PathChoice, DoesNotFlap) {
  PathChoice choice(AccumulatePath::automatic);
  choice.choose(many_groups());
  for (int i = 0; i < 50; ++i) {
    choice.choose(i % 2 == 0 ? few_groups() : many_groups());
    choice.choose(i % 2 == 0 ? more_than_l2() : many_groups());
  }

  EXPECT_EQ(choice.path(), AccumulatePath::shared_table);
  EXPECT_EQ(choice.switches(), 0u);
}

TEST(PathChoice, ABatchThatItsPathCannotTakeGoesStraightIntoTheRows) {
  PathChoice choice(AccumulatePath::automatic);
  choice.choose(few_groups());

  EXPECT_EQ(choice.choose(many_groups()), AccumulatePath::shared_table);
  EXPECT_EQ(choice.choose(few_groups()), AccumulatePath::private_tables);
}

TEST(PathChoice, AForcedPathIsTakenWhereItIsPossible) {
  PathChoice choice(AccumulatePath::private_tables);
  EXPECT_EQ(choice.choose(few_groups()), AccumulatePath::private_tables);
  EXPECT_EQ(choice.choose(many_groups()), AccumulatePath::shared_table);

  PathChoice parts(AccumulatePath::partitioned);
  EXPECT_EQ(parts.choose(few_groups()), AccumulatePath::partitioned);
  PathLoad two_grids = few_groups();
  two_grids.fits_parts = false;
  EXPECT_EQ(parts.choose(two_grids), AccumulatePath::shared_table);
}

}  // namespace
}  // namespace sluice::cuda
