#include "ingest/kafka/direct/wire_batch.hpp"

#include <span>

#include <gtest/gtest.h>

#include "tests/ingest/kafka/direct/wire_batches.hpp"

namespace sluice::wire_test {
namespace {

TEST(WireBatch, HasTheFiguresOfItsHeader) {
  BatchSpec spec = batch_of(100, {"a", "b"}, Compression::lz4);
  spec.transactional = true;
  spec.producer = 77;
  spec.leader_epoch = 5;
  spec.last_offset_delta = 9;
  const Bytes bytes = encode(spec);

  WireBatch batch;
  ASSERT_EQ(find_batch(bytes, batch), BatchFound::whole);

  EXPECT_EQ(batch.base_offset, 100);
  EXPECT_EQ(batch.next_offset(), 110);
  EXPECT_EQ(batch.count, 2u);
  EXPECT_EQ(batch.compression, Compression::lz4);
  EXPECT_TRUE(batch.transactional);
  EXPECT_FALSE(batch.control);
  EXPECT_FALSE(batch.log_append_time);
  EXPECT_EQ(batch.producer, 77);
  EXPECT_EQ(batch.leader_epoch, 5);
  EXPECT_EQ(size_of(batch), bytes.size());
  EXPECT_TRUE(checksum_matches(batch));
}

TEST(WireBatch, NoticesEveryFlippedBitOfWhatIsChecked) {
  Bytes bytes = encode(batch_of(0, {"some text", "and more"}));
  WireBatch batch;
  for (std::size_t at = 21; at < bytes.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      bytes[at] ^= static_cast<std::byte>(1 << bit);
      if (find_batch(bytes, batch) == BatchFound::whole) {
        EXPECT_FALSE(checksum_matches(batch)) << at;
      }
      bytes[at] ^= static_cast<std::byte>(1 << bit);
    }
  }
}

TEST(WireBatch, IsNotThereUntilItsLastByteIs) {
  const Bytes bytes = encode(batch_of(0, {"a"}));
  WireBatch batch;
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(find_batch(std::span(bytes).first(size), batch), BatchFound::none);
  }
}

TEST(WireBatch, RefusesFiguresThatNoBrokerWrites) {
  const auto found = [](const BatchSpec& spec) {
    WireBatch batch;
    return find_batch(encode(spec), batch);
  };
  BatchSpec spec = batch_of(0, {"a", "b"});
  spec.last_offset_delta = 0;
  EXPECT_EQ(found(spec), BatchFound::corrupt) << "two messages have two offsets";
  spec.last_offset_delta = -1;
  EXPECT_EQ(found(spec), BatchFound::corrupt);
  spec = batch_of(-1, {"a"});
  EXPECT_EQ(found(spec), BatchFound::corrupt);
  spec = batch_of(0, {"a"});
  spec.format = 3;
  EXPECT_EQ(found(spec), BatchFound::corrupt);
  spec.format = 0;
  EXPECT_EQ(found(spec), BatchFound::old_format);
  Bytes bytes = encode(batch_of(0, {"a"}));
  bytes[11] = std::byte{10};  // shorter than its own header
  WireBatch batch;
  EXPECT_EQ(find_batch(bytes, batch), BatchFound::corrupt);
}

}  // namespace
}  // namespace sluice::wire_test
