#include "ingest/decode/marks.hpp"

#include <cstdint>
#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace sluice {
namespace {

using Instructions = MarkFinder::Instructions;

std::vector<Instructions> instructions_here() {
  std::vector<Instructions> all = {Instructions::plain};
  const Instructions best = MarkFinder::best_instructions();
  if (best != Instructions::plain) all.push_back(Instructions::avx2);
  if (best == Instructions::avx512) all.push_back(Instructions::avx512);
  return all;
}

std::vector<std::uint32_t> find(const MarkFinder& finder, const std::string& text,
                                std::uint32_t begin, std::uint32_t end, MarkFinder::Sight& sight) {
  std::vector<std::uint32_t> places(MarkFinder::room_for(end - begin));
  const std::string padded = text + std::string(64, ' ');
  const auto* const behind = finder.find(padded.data(), begin, end, places.data(), sight);
  places.resize(static_cast<std::size_t>(behind - places.data()));
  return places;
}

std::string random_text(std::mt19937_64& random, std::size_t length) {
  static constexpr std::string_view bytes = "\"\\\n\r\t,;a b1\x1f\x20\x7f\x80\xff\x01xyz:{}";
  std::string text;
  while (text.size() < length) text += bytes[random() % bytes.size()];
  return text;
}

TEST(MarkFinder, FindsTheMarksOfJsonWithAllInstructions) {
  constexpr std::uint64_t seed = 91;
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  std::mt19937_64 random(seed);
  for (std::size_t length = 0; length < 400; ++length) {
    const std::string text = random_text(random, length);
    const auto begin = static_cast<std::uint32_t>(random() % (length + 1));
    const auto end = static_cast<std::uint32_t>(begin + random() % (length + 1 - begin));
    std::vector<std::uint32_t> expected;
    for (std::uint32_t at = begin; at < end; ++at) {
      const auto byte = static_cast<unsigned char>(text[at]);
      if (byte == '"' || byte == '\\' || byte < 0x20) expected.push_back(at);
    }
    for (const Instructions instructions : instructions_here()) {
      MarkFinder::Sight sight;
      EXPECT_EQ(find(MarkFinder::of_json(instructions), text, begin, end, sight), expected);
    }
  }
}

TEST(MarkFinder, FindsAndCountsTheMarksOfCsvWithAllInstructions) {
  constexpr std::uint64_t seed = 92;
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  std::mt19937_64 random(seed);
  for (std::size_t length = 0; length < 400; ++length) {
    const std::string text = random_text(random, length);
    const auto end = static_cast<std::uint32_t>(length);
    std::vector<std::uint32_t> expected;
    std::uint64_t line_ends = 0;
    std::uint64_t carriage_returns = 0;
    bool quotes = false;
    bool above_ascii = false;
    for (std::uint32_t at = 0; at < end; ++at) {
      const char byte = text[at];
      if (byte == ';' || byte == '"' || byte == '\r' || byte == '\n') expected.push_back(at);
      line_ends += byte == '\n';
      carriage_returns += byte == '\r';
      quotes |= byte == '"';
      above_ascii |= static_cast<unsigned char>(byte) > 0x7F;
    }
    for (const Instructions instructions : instructions_here()) {
      MarkFinder::Sight sight;
      EXPECT_EQ(find(MarkFinder::of_csv(';', '"', instructions), text, 0, end, sight), expected);
      EXPECT_EQ(sight.line_ends, line_ends);
      EXPECT_EQ(sight.carriage_returns, carriage_returns);
      EXPECT_EQ(sight.quotes != 0, quotes);
      EXPECT_EQ(sight.above_ascii != 0, above_ascii);
    }
  }
}

TEST(MarkFinder, FindsTheMarksOfManyRowsAsOfEach) {
  constexpr std::uint64_t seed = 93;
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 100; ++round) {
    const std::string text = random_text(random, 2000) + std::string(64, '\x80');
    std::vector<Message> rows;
    for (std::uint32_t begin = 1; begin < 1800; begin += static_cast<std::uint32_t>(random() % 9)) {
      Message& row = rows.emplace_back();
      row.begin = begin;
      row.length = static_cast<std::uint32_t>(random() % 150);
      begin += row.length;
    }
    for (const Instructions instructions : instructions_here()) {
      const MarkFinder finder = MarkFinder::of_csv(';', '"', instructions);
      MarkFinder::Sight expected;
      MarkFinder::Sight sight;
      std::vector<std::uint32_t> places(MarkFinder::room_for(2000) + 2 * rows.size());
      std::vector<std::uint32_t*> first_marks(rows.size() + 1);
      finder.find_rows(text.data(), rows, first_marks.data(), places.data(), sight);
      for (std::size_t row = 0; row < rows.size(); ++row) {
        const std::uint32_t end = rows[row].begin + rows[row].length;
        const std::vector<std::uint32_t> found(first_marks[row] - 1, first_marks[row + 1] - 1);
        std::vector<std::uint32_t> alone = find(finder, text, rows[row].begin, end, expected);
        alone.insert(alone.begin(), rows[row].begin - 1);
        alone.push_back(end);
        ASSERT_EQ(found, alone);
      }
      EXPECT_EQ(sight.line_ends, expected.line_ends);
      EXPECT_EQ(sight.carriage_returns, expected.carriage_returns);
      EXPECT_EQ(sight.quotes != 0, expected.quotes != 0);
      EXPECT_EQ(sight.above_ascii != 0, expected.above_ascii != 0);
    }
  }
}

TEST(MarkFinder, SaysNothingOfWhatIsBehindARow) {
  const std::string text = "abc" + std::string(200, '\x80');
  const std::vector<Message> rows = {{.begin = 0, .length = 3}};
  for (const Instructions instructions : instructions_here()) {
    std::vector<std::uint32_t> places(MarkFinder::room_for(3) + 2);
    std::vector<std::uint32_t*> first_marks(2);
    MarkFinder::Sight sight;
    MarkFinder::of_json(instructions)
        .find_rows(text.data(), rows, first_marks.data(), places.data(), sight);
    EXPECT_EQ(sight.above_ascii, 0U);
  }
}

}  // namespace
}  // namespace sluice
