#include "kernels/cuda/sum_bounds.hpp"

#include <gtest/gtest.h>

namespace sluice::cuda {
namespace {

constexpr std::uint64_t most = SumBounds::limit - 1;

TEST(SumBounds, ProvesNothingOfColumnsItHasNotSeenEmpty) {
  SumBounds bounds;
  bounds.add(3, 10, 1);

  EXPECT_EQ(bounds.largest_value(3, 1), 0u);
}

TEST(SumBounds, AnEmptyColumnTakesWhatFitsTheWord) {
  SumBounds bounds;
  bounds.set_empty(3);

  EXPECT_EQ(bounds.largest_value(3, 1), most);
  EXPECT_EQ(bounds.largest_value(3, 1000), most / 1000);
  EXPECT_EQ(bounds.largest_value(2, 1), 0u);
}

TEST(SumBounds, BatchesAddUp) {
  SumBounds bounds;
  bounds.set_empty(0);
  bounds.add(0, 1000, 5);
  bounds.add(0, 10, 7);

  EXPECT_EQ(bounds.largest_value(0, 1), most - 5070);
}

TEST(SumBounds, WhatMayHaveWrappedStaysUnknownUntilTheColumnIsEmpty) {
  SumBounds bounds;
  bounds.set_empty(0);
  bounds.add(0, 2, SumBounds::limit);
  EXPECT_EQ(bounds.largest_value(0, 1), 0u);
  bounds.add(0, 1, 1);
  EXPECT_EQ(bounds.largest_value(0, 1), 0u);

  bounds.set_empty(0);
  EXPECT_EQ(bounds.largest_value(0, 1), most);
  bounds.forget();
  EXPECT_EQ(bounds.largest_value(0, 1), 0u);
}

}  // namespace
}  // namespace sluice::cuda
