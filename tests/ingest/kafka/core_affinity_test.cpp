#include "ingest/kafka/core_affinity.hpp"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice {
namespace {

TEST(PinnedScope, KeepsTheThreadAndThoseItStartsOnTheCore) {
  const std::vector<int> before = allowed_cores();
  ASSERT_FALSE(before.empty());
  std::vector<int> of_child;
  {
    const PinnedScope pinned(before.back());
    EXPECT_THAT(allowed_cores(), testing::ElementsAre(before.back()));
    std::thread([&of_child] { of_child = allowed_cores(); }).join();
  }

  EXPECT_EQ(allowed_cores(), before);
  EXPECT_THAT(of_child, testing::ElementsAre(before.back()));
}

}  // namespace
}  // namespace sluice
