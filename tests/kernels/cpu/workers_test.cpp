#include "kernels/cpu/workers.hpp"

#include <algorithm>
#include <stdexcept>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace sluice::cpu {
namespace {

TEST(Workers, DoEveryItemOnce) {
  for (unsigned count = 1; count <= 4; ++count) {
    Workers workers(count);
    ASSERT_EQ(workers.count(), count);
    for (const std::size_t items : {0u, 1u, 2u, 3u, 1000u}) {
      std::vector<int> done(items);
      std::vector<unsigned> by(items);

      workers.each(items, [&](unsigned worker, std::size_t item) {
        ++done[item];
        by[item] = worker;
      });

      EXPECT_TRUE(std::all_of(done.begin(), done.end(), [](int times) { return times == 1; }));
      EXPECT_TRUE(
          std::all_of(by.begin(), by.end(), [&](unsigned worker) { return worker < count; }));
    }
  }
}

TEST(Workers, WithoutANumberAreOneACore) {
  EXPECT_EQ(Workers(0).count(), std::max(1u, std::thread::hardware_concurrency()));
}

TEST(Workers, ASingleItemStaysOnTheCallersThread) {
  Workers workers(4);
  std::thread::id ran_on;

  workers.each(1, [&](unsigned, std::size_t) { ran_on = std::this_thread::get_id(); });

  EXPECT_EQ(ran_on, std::this_thread::get_id());
}

TEST(Workers, AnExceptionReachesTheCallerAndTheNextPassRuns) {
  for (const unsigned count : {1u, 3u}) {
    Workers workers(count);
    const auto fail = [](unsigned, std::size_t item) {
      if (item == 7) throw std::runtime_error("item 7");
    };

    EXPECT_THROW(workers.each(100, fail), std::runtime_error);

    std::vector<int> done(50);
    workers.each(50, [&](unsigned, std::size_t item) { ++done[item]; });
    EXPECT_EQ(std::count(done.begin(), done.end(), 1), 50);
  }
}

}  // namespace
}  // namespace sluice::cpu
