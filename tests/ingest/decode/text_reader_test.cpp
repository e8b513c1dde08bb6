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

Format reader_format(TimeUnit unit) {
  Format format = format_of(FormatType::json, Framing::lines);
  format.event_time.unit = unit;
  format.keys = {key("k")};
  format.values = {int64_value("i"), double_value("f"), decimal_value("d", 3)};
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

// One row a scalar of each field, in a block of their own.
struct Rows {
  Rows(std::mt19937_64& random, TextDialect dialect, std::size_t fields, std::size_t rows)
      : spans(fields) {
    text = " ";
    for (std::size_t row = 0; row < rows; ++row) {
      for (std::size_t field = 0; field < fields; ++field) {
        const std::string scalar = random_scalar(random, dialect);
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

void compare(TextDialect dialect, std::uint64_t seed) {
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  const ReadTextColumns plain = plain_text_reader(dialect);
  const ReadTextColumns best = best_text_reader(dialect);
  std::mt19937_64 random(seed);
  std::size_t accepted = 0;
  for (int round = 0; round < 2000; ++round) {
    const Format format = reader_format(static_cast<TimeUnit>(random() % 5));
    TextPlan plan(format);
    const Rows rows(random, dialect, plan.fields, TextBlock::most);
    DecodedEvents expected = make_events(format, TextBlock::most);
    DecodedEvents found = make_events(format, TextBlock::most);
    std::vector<std::uint8_t> expected_odd(TextBlock::most);
    std::vector<std::uint8_t> found_odd(TextBlock::most);
    const std::size_t odd =
        plain(plan, rows.text.data(), rows.block, {}, expected, expected_odd.data());
    EXPECT_EQ(best(plan, rows.text.data(), rows.block, {}, found, found_odd.data()), odd);
    ASSERT_EQ(found_odd, expected_odd);
    accepted += rows.block.size - odd;
    for (std::size_t row = 0; row < rows.block.size; ++row) {
      if (found_odd[row] != 0) continue;
      ASSERT_EQ(found.time[row], expected.time[row]);
      ASSERT_EQ(found.key_low[row], expected.key_low[row]);
      for (std::size_t value = 0; value < 3; ++value) {
        ASSERT_EQ(found.values[value][row], expected.values[value][row]);
        ASSERT_EQ(found.any_null[value], expected.any_null[value]);
      }
    }
  }
  EXPECT_GT(accepted, 10'000U);
}

TEST(TextReader, ReadsTheSameWithAllInstructions) {
  compare(TextDialect::json, 97);
  compare(TextDialect::csv, 98);
}

}  // namespace
}  // namespace sluice::testing
