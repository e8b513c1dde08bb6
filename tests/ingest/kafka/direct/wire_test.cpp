#include "ingest/kafka/direct/wire.hpp"

#include <array>
#include <limits>

#include <gtest/gtest.h>

namespace sluice {
namespace {

TEST(Wire, GivesBackWhatWasWritten) {
  WireWriter writer;
  writer.int8(-2);
  writer.int16(-300);
  writer.int32(70'000);
  writer.int64(std::numeric_limits<std::int64_t>::min());
  writer.text("topic");
  const std::size_t place = writer.int32_later();
  writer.fill_in(place, 2);
  writer.bytes(std::as_bytes(std::span("xy", 2)));

  WireReader reader(writer.bytes());
  EXPECT_EQ(reader.int8(), -2);
  EXPECT_EQ(reader.int16(), -300);
  EXPECT_EQ(reader.int32(), 70'000);
  EXPECT_EQ(reader.int64(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(reader.text(), "topic");
  EXPECT_EQ(reader.count(3), 2u);
  EXPECT_EQ(reader.bytes().size(), 2u);
  EXPECT_EQ(reader.left(), 0u);
  EXPECT_TRUE(reader.good());
}

TEST(Wire, PutsTheMostSignificantByteFirst) {
  WireWriter writer;
  writer.int32(0x01020304);

  EXPECT_EQ(std::to_integer<int>(writer.bytes()[0]), 1);
  EXPECT_EQ(std::to_integer<int>(writer.bytes()[3]), 4);
}

TEST(Wire, TakesNullForEmpty) {
  WireWriter writer;
  writer.int16(-1);
  writer.int32(-1);
  writer.int32(-1);

  WireReader reader(writer.bytes());
  EXPECT_EQ(reader.text(), "");
  EXPECT_TRUE(reader.bytes().empty());
  EXPECT_EQ(reader.count(1), 0u);
  EXPECT_TRUE(reader.good());
}

TEST(Wire, IsBadForGoodAfterReadingPastTheEnd) {
  const std::array<std::byte, 6> bytes{};
  WireReader reader(bytes);

  EXPECT_EQ(reader.int32(), 0);
  EXPECT_EQ(reader.int32(), 0);
  EXPECT_FALSE(reader.good());
  EXPECT_EQ(reader.int8(), 0) << "two bytes were left, and are not given";
  EXPECT_FALSE(reader.good());
}

TEST(Wire, RefusesLengthsThatCannotBe) {
  const auto reader_of = [](std::int32_t length, WireWriter& writer) {
    writer.clear();
    writer.int32(length);
    writer.int32(0);
    return WireReader(writer.bytes());
  };
  WireWriter writer;
  for (const std::int32_t length : {-2, 5, std::numeric_limits<std::int32_t>::max(),
                                    std::numeric_limits<std::int32_t>::min()}) {
    WireReader bytes = reader_of(length, writer);
    EXPECT_TRUE(bytes.bytes().empty());
    EXPECT_FALSE(bytes.good()) << length;
    WireReader array = reader_of(length, writer);
    EXPECT_EQ(array.count(1), 0u);
    EXPECT_FALSE(array.good()) << length;
  }
}

}  // namespace
}  // namespace sluice
