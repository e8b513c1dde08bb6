#include "host/pipeline/batch_queue.hpp"

#include <stdexcept>
#include <thread>

#include <gtest/gtest.h>

#include "tests/host/pipeline/batches.hpp"

namespace sluice {
namespace {

class BatchQueueTest : public testing::Test {
 protected:
  Batch& batch(std::uint64_t sequence, std::size_t part = 0, bool last_part = true) {
    Batch& made = *batches_[next_++];
    made.block.sequence = sequence;
    made.part = part;
    made.last_part = last_part;
    return made;
  }

 private:
  std::vector<std::unique_ptr<Batch>> batches_ = make_batches(8);
  std::size_t next_ = 0;
};

TEST_F(BatchQueueTest, BringsBatchesIntoOrder) {
  BatchQueue queue(2);
  Batch& second = batch(1);
  Batch& first = batch(0);
  Batch& third = batch(2);
  for (Batch* pushed : {&third, &second, &first}) queue.push(*pushed);
  EXPECT_EQ(queue.pop(), &first);
  EXPECT_EQ(queue.pop(), &second);
  EXPECT_EQ(queue.pop(), &third);
}

TEST_F(BatchQueueTest, BringsThePartsOfABlockIntoOrder) {
  BatchQueue queue(2);
  Batch& last = batch(0, 1);
  Batch& next = batch(1);
  Batch& first = batch(0, 0, false);
  for (Batch* pushed : {&next, &last, &first}) queue.push(*pushed);
  EXPECT_EQ(queue.pop(), &first);
  EXPECT_EQ(queue.pop(), &last);
  EXPECT_EQ(queue.pop(), &next);
}

TEST_F(BatchQueueTest, ShowsWhatIsReadyWithoutTakingIt) {
  BatchQueue queue(1);
  Batch& first = batch(0);
  Batch& second = batch(1);
  Batch& fourth = batch(3);
  for (Batch* pushed : {&first, &second, &fourth}) queue.push(*pushed);
  EXPECT_EQ(queue.ready(8), (std::vector<Batch*>{&first, &second}));
  EXPECT_EQ(queue.ready(1), (std::vector<Batch*>{&first}));
  EXPECT_EQ(queue.pop(), &first);
}

TEST_F(BatchQueueTest, NeverShowsABatchBeforeTheRestOfItsPredecessor) {
  BatchQueue queue(1);
  Batch& first = batch(0, 0, false);
  queue.push(first);
  queue.push(batch(1));
  EXPECT_EQ(queue.ready(8), (std::vector<Batch*>{&first}));
}

TEST_F(BatchQueueTest, EndsWhenEveryLaneIsDoneAndAllIsTaken) {
  BatchQueue queue(2);
  Batch& only = batch(0);
  queue.push(only);
  queue.lane_done();
  queue.lane_done();
  EXPECT_EQ(queue.pop(), &only);
  EXPECT_EQ(queue.pop(), nullptr);
}

TEST_F(BatchQueueTest, WaitsForABatchThatIsNotThereYet) {
  BatchQueue queue(1);
  Batch& first = batch(0);
  Batch& second = batch(1);
  queue.push(second);
  std::jthread lane([&] { queue.push(first); });
  EXPECT_EQ(queue.pop(), &first);
  EXPECT_EQ(queue.pop(), &second);
}

TEST_F(BatchQueueTest, SkipsAGapOnceEveryLaneIsDone) {
  BatchQueue queue(1);
  Batch& third = batch(2);
  queue.push(third);
  queue.lane_done();
  EXPECT_EQ(queue.pop(), &third);
  EXPECT_EQ(queue.pop(), nullptr);
}

TEST_F(BatchQueueTest, ThrowsAFailureAfterTheBatchesThatAreReady) {
  BatchQueue queue(1);
  Batch& first = batch(0);
  queue.push(first);
  queue.fail(std::make_exception_ptr(std::runtime_error("the broker is gone")));
  queue.lane_done();
  EXPECT_EQ(queue.pop(), &first);
  EXPECT_THROW(queue.pop(), std::runtime_error);
}

TEST_F(BatchQueueTest, KeepsTheFirstFailure) {
  BatchQueue queue(2);
  queue.fail(std::make_exception_ptr(std::runtime_error("first")));
  queue.fail(std::make_exception_ptr(std::logic_error("second")));
  EXPECT_THROW(queue.pop(), std::runtime_error);
}

}  // namespace
}  // namespace sluice
