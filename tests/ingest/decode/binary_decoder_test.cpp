#include "ingest/decode/binary_decoder.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/ingest/decode/decoding.hpp"

namespace sluice::testing {
namespace {

using Type = BinaryField::Type;

template <class Number>
std::string bytes(Number number, ByteOrder order = ByteOrder::little) {
  auto raw = std::bit_cast<std::array<char, sizeof(Number)>>(number);
  if (order == ByteOrder::big) std::ranges::reverse(raw);
  return {raw.begin(), raw.end()};
}

// Rows of t int64, padding, k char(4), v int32.
Format binary_format(ByteOrder order) {
  Format format = format_of(FormatType::binary, Framing::message);
  format.binary.order = order;
  format.binary.layout = {
      {"t", Type::int64, 8}, {"", Type::pad, 4}, {"k", Type::chars, 4}, {"v", Type::int32, 4}};
  format.keys = {key("k")};
  format.values = {int64_value("v")};
  return format;
}

std::string row(std::int64_t time, const std::string& key, std::int32_t value, ByteOrder order) {
  std::string chars = key;
  chars.resize(4);
  return bytes(time, order) + "pad." + chars + bytes(value, order);
}

// One column `v` of a type, a constant time of its own.
Decoding decoding_of(Type type, std::uint32_t width, const ValueField& value) {
  Format format = format_of(FormatType::binary, Framing::message);
  format.event_time = {};
  format.event_time.from_transport = true;
  format.binary.layout = {{"v", type, width}};
  format.values = {value};
  return Decoding(format);
}

TEST(BinaryDecoder, ReadsManyRowsAMessage) {
  for (const ByteOrder order : {ByteOrder::little, ByteOrder::big}) {
    Decoding decoding(binary_format(order));

    decoding.run({row(5, "abcd", -7, order) + row(-6, "x", 8, order), "", row(9, "", 0, order)});

    ASSERT_EQ(decoding.events().size, 3U);
    EXPECT_EQ(decoding.events().time[0], 5);
    EXPECT_EQ(decoding.events().time[1], -6);
    EXPECT_EQ(decoding.key_text(0), "\"abcd\"");
    EXPECT_EQ(decoding.key_text(1), "\"x\"");
    EXPECT_EQ(decoding.key_text(2), "\"\"");
    EXPECT_EQ(decoding.bits(0, 0), -7);
    EXPECT_EQ(decoding.bits(0, 1), 8);
    EXPECT_EQ(decoding.events().extents[1].begin, 20U);
    EXPECT_EQ(decoding.events().extents[2].message, 2U);
    EXPECT_TRUE(decoding.events().malformed_events.empty());
  }
}

TEST(BinaryDecoder, AMessageOfAnotherLengthIsMalformedOnce) {
  const std::string two = row(1, "a", 1, ByteOrder::little) + row(2, "b", 2, ByteOrder::little);
  Decoding decoding(binary_format(ByteOrder::little));

  decoding.run({two.substr(0, 39), two});

  EXPECT_EQ(decoding.events().size, 2U);
  ASSERT_EQ(decoding.events().malformed_events.size(), 1U);
  EXPECT_EQ(decoding.events().malformed_events[0].reason, Malformed::wrong_length);
  EXPECT_EQ(decoding.events().malformed_events[0].extent.length, 39U);
}

TEST(BinaryDecoder, CharsKeepInnerNulsAndMustBeUtf8) {
  Decoding decoding(binary_format(ByteOrder::little));
  decoding.run({row(1, std::string("a\0b", 3), 1, ByteOrder::little)});
  EXPECT_EQ(decoding.key_text(0), std::string("\"a\0b\"", 5));
  EXPECT_EQ(decoding.verdict(row(1, "\xC3", 1, ByteOrder::little)), "bad_key k");
}

TEST(BinaryDecoder, ReadsEveryIntegerType) {
  const auto read = []<class Number>(Type type, Number number) {
    Decoding decoding = decoding_of(type, sizeof(Number), int64_value("v"));
    decoding.run({bytes(number)});
    return decoding.events().size == 1 ? decoding.bits(0, 0) : std::nullopt;
  };
  EXPECT_EQ(read(Type::int8, std::int8_t{-128}), -128);
  EXPECT_EQ(read(Type::uint8, std::uint8_t{255}), 255);
  EXPECT_EQ(read(Type::int16, std::int16_t{-32768}), -32768);
  EXPECT_EQ(read(Type::uint16, std::uint16_t{65535}), 65535);
  EXPECT_EQ(read(Type::int32, std::numeric_limits<std::int32_t>::min()), -2147483648LL);
  EXPECT_EQ(read(Type::uint32, std::numeric_limits<std::uint32_t>::max()), 4294967295LL);
  EXPECT_EQ(read(Type::int64, std::numeric_limits<std::int64_t>::min()),
            std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(read(Type::uint64, std::uint64_t{1} << 62), std::int64_t{1} << 62);
  EXPECT_EQ(read(Type::uint64, std::uint64_t{1} << 63), std::nullopt);
}

TEST(BinaryDecoder, FloatsAreDoublesAndReadAsDecimalsByTheirShortestForm) {
  Decoding singles = decoding_of(Type::float32, 4, decimal_value("v", 2));
  singles.run({bytes(12.34F)});
  EXPECT_EQ(singles.bits(0, 0), 1234);
  EXPECT_EQ(singles.verdict(bytes(1.005F)), "too_precise v");

  Decoding doubles = decoding_of(Type::float64, 8, double_value("v"));
  doubles.run({bytes(-0.1)});
  EXPECT_EQ(doubles.real(0, 0), -0.1);
  EXPECT_EQ(doubles.verdict(bytes(std::numeric_limits<double>::quiet_NaN())), "non_finite v");
  EXPECT_EQ(doubles.verdict(bytes(std::numeric_limits<double>::infinity())), "non_finite v");
  EXPECT_EQ(decoding_of(Type::float64, 8, int64_value("v")).verdict(bytes(1.0)), "bad_value v");
  EXPECT_EQ(decoding_of(Type::int32, 4, double_value("v")).verdict(bytes(std::int32_t{5})), "ok");
}

TEST(BinaryDecoder, BooleansAreKeysOfOneByte) {
  Format format = binary_format(ByteOrder::little);
  format.binary.layout = {{"t", Type::int8, 1}, {"k", Type::boolean, 1}};
  format.values.clear();
  Decoding decoding(format);

  decoding.run({std::string("\1\0\1\1", 4)});

  EXPECT_EQ(decoding.key_text(0), "false");
  EXPECT_EQ(decoding.key_text(1), "true");
  EXPECT_EQ(decoding.verdict("\1\2"), "bad_key k");
}

TEST(BinaryDecoder, FractionalTimesAreFloored) {
  Format format = binary_format(ByteOrder::little);
  format.binary.layout = {{"t", Type::float64, 8}};
  format.keys.clear();
  format.values.clear();
  format.event_time.unit = TimeUnit::seconds;
  Decoding decoding(format);

  decoding.run({bytes(1'700'000'000.123) + bytes(-0.0005)});

  EXPECT_EQ(decoding.events().time[0], 1'700'000'000'123);
  EXPECT_EQ(decoding.events().time[1], -1);
  EXPECT_EQ(decoding.verdict(bytes(std::numeric_limits<double>::infinity())), "bad_time t");
}

TEST(BinaryDecoder, AFieldThatTheLayoutDoesNotNameIsMissing) {
  Format format = binary_format(ByteOrder::little);
  format.values.push_back(int64_value("other"));
  Decoding decoding(format);

  decoding.run({row(1, "a", 1, ByteOrder::little)});

  ASSERT_EQ(decoding.events().size, 1U);
  EXPECT_EQ(decoding.bits(1, 0), std::nullopt);
}

}  // namespace
}  // namespace sluice::testing
