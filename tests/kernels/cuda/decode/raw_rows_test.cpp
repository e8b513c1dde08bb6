#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/ingest/decode/decoding.hpp"
#include "tests/kernels/cuda/decode/device_decoding.hpp"

// Rows of a fixed length, decoded on the device and by the host's decoder.
namespace sluice::testing {
namespace {

using Type = BinaryField::Type;

constexpr Type number_types[] = {Type::int8,    Type::int16,   Type::int32,  Type::int64,
                                 Type::uint8,   Type::uint16,  Type::uint32, Type::uint64,
                                 Type::float32, Type::float64, Type::boolean};

std::uint32_t bytes_of(Type type) {
  switch (type) {
    case Type::int8:
    case Type::uint8:
    case Type::boolean:
      return 1;
    case Type::int16:
    case Type::uint16:
      return 2;
    case Type::int32:
    case Type::uint32:
    case Type::float32:
      return 4;
    default:
      return 8;
  }
}

class Rows {
 public:
  explicit Rows(std::uint64_t seed) : random_(seed) {}

  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }

  /// Bytes of a field: small numbers often, any bits sometimes.
  std::string field(std::uint32_t bytes, ByteOrder order) {
    std::uint64_t word = random_() >> below(64);
    if (below(8) == 0) word = 0 - word;
    if (below(16) == 0) word = 0x7ff0000000000000u;
    std::string text(bytes, '\0');
    for (std::uint32_t i = 0; i < bytes; ++i) {
      const std::uint32_t place = order == ByteOrder::little ? i : bytes - 1 - i;
      text[place] = i < 8 ? static_cast<char>(word >> (8 * i)) : static_cast<char>(below(256));
    }
    return text;
  }

  /// Letters with NULs behind them.
  std::string chars(std::uint32_t bytes) {
    std::string text(bytes, '\0');
    const std::size_t length = below(bytes + 1);
    for (std::size_t i = 0; i < length; ++i) text[i] = static_cast<char>('a' + below(26));
    if (below(20) == 0 && length > 0) text[0] = '\xE9';
    return text;
  }

 private:
  std::mt19937_64 random_;
};

Format rows_format(ByteOrder order, std::vector<BinaryField> layout) {
  Format format = format_of(FormatType::binary, Framing::message);
  format.binary.order = order;
  format.binary.layout = std::move(layout);
  return format;
}

std::string row_of(const Format& format, Rows& rows) {
  std::string row;
  for (const BinaryField& field : format.binary.layout) {
    row += field.type == Type::chars ? rows.chars(field.bytes)
                                     : rows.field(field.bytes, format.binary.order);
  }
  return row;
}

void compare(const Format& format, Rows& rows, std::size_t batches) {
  DeviceDecoding device(format);
  for (std::size_t batch = 0; batch < batches; ++batch) {
    std::vector<std::string> messages(1 + rows.below(20));
    for (std::string& message : messages) {
      for (std::uint64_t left = rows.below(40); left > 0; --left) message += row_of(format, rows);
      if (rows.below(10) == 0) message += 'x';
    }
    SourceBlock block = block_of(messages);
    for (Message& message : block.messages) {
      message.partition = static_cast<PartitionIndex>(rows.below(3));
      message.tombstone = rows.below(15) == 0;
    }
    expect_same(device, format, block);
  }
  EXPECT_GT(device.decoded(), 0u);
}

TEST(RawRows, EveryTypeInBothByteOrdersAsAnyColumn) {
  Rows rows(7);
  for (const ByteOrder order : {ByteOrder::little, ByteOrder::big}) {
    for (const Type type : number_types) {
      Format format = rows_format(order, {{"t", Type::int32, 4},
                                          {"p", Type::pad, 1},
                                          {"n", type, bytes_of(type)},
                                          {"m", Type::int64, 8}});
      format.keys = {key("n")};
      format.values = {int64_value("n"), double_value("n"), int64_value("m"), double_value("m")};
      const bool is_float = type == Type::float32 || type == Type::float64;
      if (!is_float) format.values.push_back(decimal_value("n", 3));
      compare(format, rows, 4);
    }
  }
}

TEST(RawRows, TimesOfEveryUnitAndSign) {
  Rows rows(8);
  for (const TimeUnit unit :
       {TimeUnit::seconds, TimeUnit::milliseconds, TimeUnit::microseconds, TimeUnit::nanoseconds}) {
    for (const Type type : {Type::int16, Type::int64, Type::uint64}) {
      Format format = rows_format(ByteOrder::little, {{"t", type, bytes_of(type)}});
      format.event_time.unit = unit;
      compare(format, rows, 4);
    }
  }
}

TEST(RawRows, KeysOfCharactersAndOfSeveralColumns) {
  Rows rows(9);
  for (const std::uint32_t bytes : {1u, 3u, 8u, 16u, 100u, 200u, 240u, 300u}) {
    Format format = rows_format(ByteOrder::little, {{"t", Type::int32, 4},
                                                    {"k", Type::chars, bytes},
                                                    {"n", Type::uint16, 2},
                                                    {"b", Type::boolean, 1}});
    format.key_seed = bytes;
    format.keys = {key("k")};
    compare(format, rows, 3);
    format.keys = {key("k", KeyType::string), key("n", KeyType::int64), key("b")};
    compare(format, rows, 3);
    format.keys = {key("nowhere"), key("n")};
    compare(format, rows, 3);
  }
}

TEST(RawRows, TimesInCharacters) {
  Format format = rows_format(ByteOrder::little, {{"t", Type::chars, 28}, {"n", Type::int32, 4}});
  format.event_time.unit = TimeUnit::iso8601;
  format.values = {int64_value("n")};
  DeviceDecoding device(format);
  std::string message;
  for (const std::string time : {"2026-11-23T07:31:19Z", "2024-02-29 23:59:59.999",
                                 "2023-02-29T00:00:00", "1969-12-31T23:59", "2026-11-23T07:31:60Z",
                                 "0001-01-01T00:00:00+14:00", "", "2026-11-23T07:31:19.5"}) {
    message += time + std::string(28 - time.size(), '\0') + std::string(4, '\1');
  }

  EXPECT_TRUE(expect_same(device, format, block_of({message})));

  EXPECT_EQ(device.decoded(), 8u);
  EXPECT_LE(device.listed(), 5u);
}

TEST(RawRows, TheTransportsTimeOfMessagesWithAndWithoutOne) {
  Format format = rows_format(ByteOrder::little, {{"n", Type::int32, 4}});
  format.event_time = {};
  format.event_time.from_transport = true;
  format.values = {int64_value("n")};
  DeviceDecoding device(format);
  SourceBlock block = block_of({"aaaabbbb", "cccc", "dddd"});
  block.messages[1].timestamp = start_of_time;
  block.messages[2].timestamp = -5;

  EXPECT_TRUE(expect_same(device, format, block));

  EXPECT_EQ(device.listed(), 1u);
}

TEST(RawRows, MoreRowsThanABatchHoldsAreForTheHost) {
  Format format = rows_format(ByteOrder::little, {{"t", Type::int32, 4}});
  DeviceDecoding device(format, 1024);

  EXPECT_TRUE(device.decode(block_of({std::string(4 * 1024, '\1')})));
  EXPECT_FALSE(device.decode(block_of({std::string(4 * 1025, '\1')})));
}

TEST(RawRows, AnEmptyBlockHasNoEvents) {
  Format format = rows_format(ByteOrder::little, {{"t", Type::int32, 4}});
  DeviceDecoding device(format);

  EXPECT_TRUE(expect_same(device, format, block_of({})));
  EXPECT_TRUE(expect_same(device, format, block_of({"", ""})));
}

TEST(RawRows, WhatIsMalformedLeavesNoGaps) {
  Format format = rows_format(ByteOrder::little, {{"t", Type::int32, 4}, {"k", Type::boolean, 1}});
  format.keys = {key("k")};
  Rows rows(10);
  for (std::uint64_t chance = 1; chance < 5; ++chance) {
    DeviceDecoding device(format);
    std::string message;
    for (int row = 0; row < 500; ++row) {
      message += rows.field(4, ByteOrder::little);
      message += rows.below(chance) == 0 ? '\7' : '\1';
    }
    EXPECT_TRUE(expect_same(device, format, block_of({message})));
  }
}

}  // namespace
}  // namespace sluice::testing
