#include <cstdint>
#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "ingest/decode/text_cut.hpp"
#include "ingest/decode/text_plan.hpp"
#include "tests/ingest/decode/decoding.hpp"

namespace sluice::testing {
namespace {

Format reader_format(TimeUnit unit, unsigned scale) {
  Format format = format_of(FormatType::json, Framing::lines);
  format.event_time.unit = unit;
  format.keys = {key("k")};
  format.values = {int64_value("i"), double_value("f"), decimal_value("d", scale)};
  return format;
}

std::string random_scalar(std::mt19937_64& random, TextDialect dialect) {
  const std::string quote = dialect == TextDialect::json ? "\"" : "";
  std::string digits = std::to_string(random());
  digits.resize(1 + random() % digits.size());
  switch (random() % 12) {
    case 0:
      return quote + "u" + digits + quote;
    case 1:
      return quote + "2024-02-29T12:34:56.789Z" + quote;
    case 2:
      return dialect == TextDialect::json ? "null" : "";
    case 3:
      return digits + "." + digits.substr(0, 1 + random() % 4);
    case 4:
      return std::vector<std::string>{"-0", "1e3", "007", "1.", "-", "true", "x"}[random() % 7];
    case 5:
      return "-" + digits;
    default:
      return digits;
  }
}

// Numbers as they are read many at once: up to 16 characters, signs and points among them.
std::string random_number(std::mt19937_64& random) {
  std::string number = random() % 4 == 0 ? "-" : "";
  number += std::to_string(random() % 9 + 1);
  number += std::to_string(random());
  number.resize(1 + random() % 15 + (number[0] == '-'));
  if (random() % 2 == 0) return number;
  number.insert(1 + (number[0] == '-') + random() % (number.size() - (number[0] == '-')), ".");
  return number;
}

// One row a scalar of each field, in a block of their own. One of `odd` is no plain number.
struct Rows {
  Rows(std::mt19937_64& random, TextDialect dialect, std::size_t fields, std::size_t rows,
       std::size_t odd)
      : spans(fields) {
    text = " ";
    for (std::size_t row = 0; row < rows; ++row) {
      for (std::size_t field = 0; field < fields; ++field) {
        const std::string scalar =
            random() % odd == 0 ? random_scalar(random, dialect) : random_number(random);
        spans.of(field)[row] = {static_cast<std::uint32_t>(text.size()),
                                static_cast<std::uint32_t>(text.size() + scalar.size())};
        text += scalar + ",";
      }
    }
    text += std::string(64, '7');
    block.size = rows;
    block.valid_utf8 = true;
    spans.lay_out(block);
  }

  std::string text;
  TextSpans spans;
  TextBlock block;
};

void compare(TextDialect dialect, ReadTextColumns reader, std::uint64_t seed) {
  if (reader == nullptr) return;  // not for this machine
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  const ReadTextColumns plain = plain_text_reader(dialect);
  std::mt19937_64 random(seed);
  std::size_t accepted = 0;
  for (int round = 0; round < 2000; ++round) {
    const Format format =
        reader_format(static_cast<TimeUnit>(random() % 5), static_cast<unsigned>(random() % 19));
    TextPlan plan(format);
    constexpr std::size_t odd_ones[] = {1, 2, 30, 1000};
    const Rows rows(random, dialect, plan.fields, TextBlock::most, odd_ones[round % 4]);
    DecodedEvents expected = make_events(format, TextBlock::most);
    DecodedEvents found = make_events(format, TextBlock::most);
    std::vector<std::uint8_t> expected_odd(TextBlock::most);
    std::vector<std::uint8_t> found_odd(TextBlock::most);
    const std::size_t odd =
        plain(plan, rows.text.data(), rows.block, {}, expected, expected_odd.data());
    EXPECT_EQ(reader(plan, rows.text.data(), rows.block, {}, found, found_odd.data()), odd);
    ASSERT_EQ(found_odd, expected_odd);
    accepted += rows.block.size - odd;
    for (std::size_t row = 0; row < rows.block.size; ++row) {
      if (found_odd[row] != 0) continue;
      ASSERT_EQ(found.time[row], expected.time[row]);
      ASSERT_EQ(found.columns().key.low_of(row), expected.columns().key.low_of(row));
      ASSERT_EQ(found.columns().key.high_of(row), expected.columns().key.high_of(row));
      for (std::size_t value = 0; value < 3; ++value) {
        ASSERT_EQ(found.values[value][row], expected.values[value][row]);
        ASSERT_EQ(found.any_null[value], expected.any_null[value]);
      }
    }
  }
  EXPECT_GT(accepted, 10'000U);
}

TEST(TextReader, ReadsTheSameWithAllInstructions) {
  compare(TextDialect::json, avx2_text_reader(TextDialect::json), 97);
  compare(TextDialect::csv, avx2_text_reader(TextDialect::csv), 98);
  compare(TextDialect::json, avx512_text_reader(TextDialect::json), 99);
  compare(TextDialect::csv, avx512_text_reader(TextDialect::csv), 100);
}

}  // namespace
}  // namespace sluice::testing
