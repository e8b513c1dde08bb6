// The fast roads of binary rows and CSV lines against reading event by event.

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "ingest/decode/binary_row.hpp"
#include "ingest/decode/csv_decoder.hpp"
#include "ingest/decode/event_writer.hpp"
#include "tests/ingest/decode/decoding.hpp"

namespace sluice::testing {
namespace {

// Everything that a batch says, as text.
std::vector<std::string> told_by(const DecodedEvents& events) {
  std::vector<std::string> lines;
  const EventColumns columns = events.columns();
  for (std::size_t i = 0; i < events.size; ++i) {
    const EventExtent extent = events.extents[i];
    std::string line =
        std::to_string(columns.time[i]) + " " + std::to_string(columns.key.low_of(i)) + "/" +
        std::to_string(columns.key.high_of(i)) + " @" + std::to_string(extent.begin) + "+" +
        std::to_string(extent.length) + " in " + std::to_string(extent.message);
    for (std::uint32_t value = 0; value < columns.value_count; ++value) {
      const ValueColumn& column = columns.values[value];
      const bool valid = column.valid == nullptr || column.valid[i] != 0;
      line += valid ? " " + std::to_string(column[i]) : " null";
    }
    lines.push_back(line);
  }
  for (const MalformedEvent& event : events.malformed_events) {
    lines.push_back(std::string(name_of(event.reason)) + " " + event.field + " @" +
                    std::to_string(event.extent.begin) + "+" + std::to_string(event.extent.length));
  }
  if (events.size > 0) {
    lines.push_back("from " + std::to_string(events.min_time) + " to " +
                    std::to_string(events.max_time));
  }
  return lines;
}

using Type = BinaryField::Type;

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
    case Type::chars:
      return 11;
    default:
      return 8;
  }
}

Format random_binary_format(std::mt19937_64& random) {
  constexpr Type types[] = {Type::int8,    Type::int16,   Type::int32,   Type::int64,
                            Type::uint8,   Type::uint16,  Type::uint32,  Type::uint64,
                            Type::float32, Type::float64, Type::boolean, Type::chars};
  const auto any = [&] { return types[random() % std::size(types)]; };
  Format format = format_of(FormatType::binary, Framing::message);
  format.binary.order = random() % 2 == 0 ? ByteOrder::little : ByteOrder::big;
  format.event_time.unit = static_cast<TimeUnit>(random() % 4);
  format.event_time.from_transport = random() % 8 == 0;
  const auto add = [&](const std::string& name, Type type) {
    format.binary.layout.push_back({name, type, bytes_of(type)});
  };
  add("t", random() % 4 == 0 ? any() : Type::int32);
  add("", Type::pad);
  for (const char* name : {"k", "l", "a", "b", "c"}) add(name, any());
  format.keys = {key("k", static_cast<KeyType>(random() % 8 < 5 ? 0 : random() % 4))};
  if (random() % 4 == 0) format.keys.push_back(key("l"));
  if (random() % 8 == 0) format.keys.clear();
  format.values = {int64_value("a"), decimal_value("b", static_cast<unsigned>(random() % 19)),
                   double_value("c"), int64_value("nowhere")};
  return format;
}

std::string random_rows(std::mt19937_64& random, const Format& format, std::size_t rows) {
  std::string bytes;
  for (; rows > 0; --rows) {
    for (const BinaryField& field : format.binary.layout) {
      std::string text(field.bytes, '\0');
      const bool small = random() % 64 != 0;
      for (char& byte : text) {
        byte = field.type == Type::boolean ? static_cast<char>(random() % (small ? 2 : 3))
               : field.type == Type::chars ? "ab\0\xC3\xA9"[random() % (small ? 3 : 5)]
                                           : static_cast<char>(random());
      }
      if (field.type == Type::float64 && small) {
        const double value = static_cast<double>(random() % 1000) / 8;
        std::memcpy(text.data(), &value, sizeof value);
        if (format.binary.order == ByteOrder::big) std::ranges::reverse(text);
      }
      bytes += text;
    }
  }
  return bytes;
}

TEST(FastRoad, BlocksOfBinaryRowsAreReadAsRowByRow) {
  constexpr std::uint64_t seed = 95;
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 600; ++round) {
    const Format format = random_binary_format(random);
    std::vector<std::string> messages;
    for (std::uint64_t count = 1 + random() % 4; count > 0; --count) {
      messages.push_back(random_rows(random, format, random() % 600));
    }
    Decoding decoding(format, 4000);
    SourceBlock block = block_of(messages);
    for (Message& message : block.messages)
      message.partition = static_cast<PartitionIndex>(random() % 2);

    const BinaryRow row(format);
    DecodedEvents expected = make_events(format, 4000);
    EventWriter writer(format);
    std::vector<Scalar> fields(row.places().size());
    writer.open(expected);
    for (std::size_t m = 0; m < block.messages.size(); ++m) {
      const Message& message = block.messages[m];
      writer.begin_message(message, static_cast<std::uint32_t>(m));
      for (std::uint32_t at = 0; at < message.length; at += row.bytes()) {
        for (std::size_t field = 0; field < fields.size(); ++field) {
          row.read(block.text() + message.begin + at, field, fields[field]);
        }
        writer.write(fields, message.begin + at, row.bytes());
      }
    }
    decoding.run(std::move(block), 0);
    ASSERT_EQ(told_by(decoding.events()), told_by(expected)) << "round " << round;
    ASSERT_EQ(decoding.events().one_partition, expected.one_partition);
  }
}

// A row of CSV as the rules say, character by character.
struct ReferenceRow {
  struct Field {
    std::string text;
    bool quoted = false;
  };
  std::vector<Field> fields;
  std::size_t end = 0;
  std::size_t next = 0;
  bool broken = false;
};

ReferenceRow read_row(const std::string& text, std::size_t begin) {
  ReferenceRow row;
  std::size_t at = begin;
  const auto at_end = [&] { return at == text.size() || text[at] == '\n'; };
  const auto at_line_end = [&] {
    return at_end() || (text[at] == '\r' && (at + 1 == text.size() || text[at + 1] == '\n'));
  };
  const auto give_up = [&](std::size_t from) {
    row.broken = true;
    row.end = std::min(text.find('\n', from), text.size());
    row.next = std::min(row.end + 1, text.size());
  };
  for (;; ++at) {
    ReferenceRow::Field field;
    const std::size_t from = at;
    if (at < text.size() && text[at] == '"') {
      field.quoted = true;
      for (++at;; ++at) {
        if (at == text.size()) return give_up(from), row;
        if (text[at] != '"') {
          field.text += text[at];
        } else if (at + 1 < text.size() && text[at + 1] == '"') {
          field.text += text[at++];
        } else {
          break;
        }
      }
      ++at;
    } else {
      for (; !at_line_end() && text[at] != ','; ++at) field.text += text[at];
    }
    row.fields.push_back(field);
    if (at == text.size() || text[at] != ',') break;
  }
  if (!at_line_end()) return give_up(at), row;
  row.end = at;
  if (at < text.size() && text[at] == '\r') ++at;
  row.next = std::min(at + 1, text.size());
  return row;
}

Format csv_format() {
  Format format = format_of(FormatType::csv, Framing::lines);
  format.csv.columns = {"t", "k", "i", "f", "d", "unread"};
  format.keys = {key("k")};
  format.values = {int64_value("i"), double_value("f"), decimal_value("d", 2),
                   int64_value("nowhere")};
  return format;
}

std::string random_csv_field(std::mt19937_64& random, bool odd) {
  const auto number = [&] { return std::to_string(random() >> (random() % 64)); };
  if (odd) {
    const std::vector<std::string> fields = {"",     "\"\"",     "\"a,b\"", "\"x\"\"y\"", "a\"b",
                                             "-",    "1e5",      "nan",     "\"1\n2\"",   " 1",
                                             "a\rb", "\xC3\xA9", "\xFF",    "007",        "\"open",
                                             ".5",   "5.",       "-0",      "\"q\"z",     "x\r"};
    return fields[random() % fields.size()];
  }
  switch (random() % 4) {
    case 0:
      return number() + "." + number().substr(0, 1 + random() % 3);
    case 1:
      return "-" + number();
    default:
      return number();
  }
}

std::string random_csv(std::mt19937_64& random) {
  const std::uint64_t oddness = std::uint64_t{1} << (3 + random() % 8);
  const std::string line_end = random() % 4 == 0 ? "\r\n" : "\n";
  const std::size_t columns = 5 + random() % 3;
  const std::size_t size = random() % 8 == 0 ? 30'000 : 3'000;
  std::string text;
  while (text.size() < size) {
    if (random() % oddness == 0) {
      text += random() % 2 == 0 ? line_end : "1,2" + line_end;
      continue;
    }
    text += std::to_string(random() % 1'000'000);
    for (std::size_t column = 1; column < columns; ++column) {
      text += ',';
      text += column == 1 && random() % oddness != 0
                  ? "u" + std::to_string(random() % 1000)
                  : random_csv_field(random, random() % oddness == 0);
    }
    if (random() % 1024 == 0) text += "," + std::string(10'000, 'x');
    text += line_end;
  }
  if (random() % 2 == 0) text.resize(text.size() - 1 - random() % 20);
  return text;
}

void expect_reference(const std::vector<std::string>& messages, Decoding& decoding) {
  const Format format = csv_format();
  DecodedEvents expected = make_events(format, 20'000);
  EventWriter writer(format);
  writer.open(expected);
  SourceBlock block = block_of(messages);
  for (std::size_t m = 0; m < messages.size(); ++m) {
    const Message& message = block.messages[m];
    const std::string& text = messages[m];
    writer.begin_message(message, static_cast<std::uint32_t>(m));
    for (std::size_t begin = 0; begin < text.size();) {
      const ReferenceRow row = read_row(text, begin);
      const auto place = static_cast<std::uint32_t>(message.begin + begin);
      const auto length = static_cast<std::uint32_t>(row.end - begin);
      const bool is_empty = text[begin] == '\n' || text.compare(begin, 2, "\r\n") == 0 ||
                            (text[begin] == '\r' && begin + 1 == text.size());
      begin = row.next;
      if (is_empty) continue;
      if (row.broken) {
        writer.reject(Malformed::syntax, place, length);
      } else if (row.fields.size() < 5) {
        writer.reject(Malformed::wrong_length, place, length);
      } else {
        std::vector<Scalar> fields(6);
        for (std::size_t field = 0; field < 5; ++field) {
          const ReferenceRow::Field& found = row.fields[field];
          fields[field].kind =
              found.text.empty() && !found.quoted ? Scalar::Kind::null : Scalar::Kind::untyped;
          fields[field].text = found.text.data();
          fields[field].length = static_cast<std::uint32_t>(found.text.size());
        }
        writer.write(fields, place, length);
      }
    }
  }
  decoding.run(std::move(block), 0);
  ASSERT_EQ(told_by(decoding.events()), told_by(expected));
}

TEST(FastRoad, BlocksOfCsvLinesAreReadAsTheRulesSay) {
  constexpr std::uint64_t seed = 96;
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  std::mt19937_64 random(seed);
  Decoding decoding(csv_format(), 20'000);
  for (int round = 0; round < 400; ++round) {
    std::vector<std::string> messages;
    for (std::uint64_t count = 1 + random() % 4; count > 0; --count) {
      messages.push_back(random_csv(random));
    }
    expect_reference(messages, decoding);
    if (HasFatalFailure()) FAIL() << "round " << round;
  }
}

// Without this the comparison above could be of the exact road with itself.
TEST(FastRoad, PlainCsvLinesDoNotGoTheExactRoad) {
  std::string lines;
  for (int i = 0; i < 5000; ++i) lines += std::to_string(i) + ",u7,42,0.5,12.25\r\n";
  const Format format = csv_format();
  const SourceBlock block = block_of({lines});
  DecodedEvents events = make_events(format, 10'000);
  EventWriter writer(format);
  CsvDecoder decoder(format);
  writer.open(events);
  writer.begin_message(block.messages[0], 0);

  decoder.decode(block, 0, writer);

  EXPECT_EQ(events.size, 5000U);
  EXPECT_LE(decoder.exact_rows(), 1U);
}

}  // namespace
}  // namespace sluice::testing
