#include "host/pipeline/batch_pool.hpp"

#include <set>
#include <stop_token>
#include <thread>

#include <gtest/gtest.h>

#include "tests/host/pipeline/batches.hpp"

namespace sluice {
namespace {

TEST(BatchPool, LendsEveryBatchOnce) {
  BatchPool pool(make_batches(3));
  std::set<Batch*> lent;
  for (int i = 0; i < 3; ++i) lent.insert(pool.acquire({}));
  EXPECT_EQ(lent.size(), 3u);
  EXPECT_EQ(pool.available(), 0u);
}

TEST(BatchPool, LendsAClearedBatch) {
  BatchPool pool(make_batches(1));
  Batch* batch = pool.acquire({});
  batch->block.used = 7;
  batch->block.messages.push_back({});
  batch->events.size = 1;
  batch->part = 2;
  pool.give_back(*batch);
  batch = pool.acquire({});
  EXPECT_EQ(batch->block.used, 0u);
  EXPECT_TRUE(batch->block.messages.empty());
  EXPECT_EQ(batch->events.size, 0u);
  EXPECT_EQ(batch->part, 0u);
  EXPECT_TRUE(batch->last_part);
}

TEST(BatchPool, HasNoneToLendOnceAStopIsRequested) {
  BatchPool pool(make_batches(1));
  pool.acquire({});
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(pool.acquire(stop.get_token()), nullptr);
}

TEST(BatchPool, AStopWakesWhoeverWaits) {
  BatchPool pool(make_batches(1));
  Batch* lent = pool.acquire({});
  std::stop_source stop;
  std::jthread waiter([&] { lent = pool.acquire(stop.get_token()); });
  stop.request_stop();
  waiter.join();
  EXPECT_EQ(lent, nullptr);
}

TEST(BatchPool, WaitsForABatchToComeBack) {
  BatchPool pool(make_batches(1));
  Batch* const only = pool.acquire({});
  Batch* lent = nullptr;
  std::jthread waiter([&] { lent = pool.acquire({}); });
  pool.give_back(*only);
  waiter.join();
  EXPECT_EQ(lent, only);
}

TEST(BatchPool, GivesAPartBackToItsLaneAndToNobodyElse) {
  BatchPool pool(make_batches(1));
  Batch* const batch = pool.acquire({});
  batch->last_part = false;
  pool.give_back(*batch);
  EXPECT_EQ(pool.available(), 0u);
  EXPECT_TRUE(pool.await(*batch));
  batch->last_part = true;
  pool.give_back(*batch);
  EXPECT_EQ(pool.available(), 1u);
}

TEST(BatchPool, NobodyAwaitsAPartOfABrokenEngine) {
  BatchPool pool(make_batches(1));
  Batch* const batch = pool.acquire({});
  bool returned = true;
  std::jthread lane([&] { returned = pool.await(*batch); });
  pool.abandon();
  lane.join();
  EXPECT_FALSE(returned);
}

}  // namespace
}  // namespace sluice
