#include "ingest/decode/quick_number.hpp"

#include <cstdint>
#include <cstdio>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "ingest/decode/event_time.hpp"
#include "ingest/decode/iso_time.hpp"
#include "ingest/decode/number.hpp"

namespace sluice {
namespace {

// What stands behind a number is never to be taken for a part of it.
std::string padded(const std::string& text) { return text + "1.7" + std::string(64, '7'); }

std::string random_number(std::mt19937_64& random) {
  std::string text = random() % 4 == 0 ? "-" : "";
  for (std::uint64_t digits = random() % 22; digits > 0; --digits) {
    text += static_cast<char>('0' + random() % 10);
  }
  if (random() % 2 == 0) text.insert(random() % (text.size() + 1), 1, '.');
  if (random() % 4 == 0 && !text.empty()) {
    static constexpr std::string_view others = "/:-+.eE x\x80\xB0\xFF,\"";
    text[random() % text.size()] = others[random() % others.size()];
  }
  return text;
}

template <LeadingZeros Zeros>
void expect_as_scanned(const std::string& text) {
  const std::string behind = padded(text);
  const auto length = static_cast<std::uint32_t>(text.size());
  Scalar scalar;
  const bool is_number = !text.empty() && scan_number(text, scalar) == text.size() &&
                         text.find_first_of("eE") == std::string::npos;
  const std::size_t first = text.starts_with('-') ? 1 : 0;
  const bool odd_zero = text.size() > first + 1 && text[first] == '0' && text[first + 1] != '.';
  const bool fits = is_number && (Zeros == LeadingZeros::allowed || !odd_zero);
  QuickNumber number;
  if (quick_number<Zeros>(behind.data(), length, number)) {
    ASSERT_TRUE(fits) << text;
    EXPECT_EQ(number.digits, scalar.digits) << text;
    EXPECT_EQ(-static_cast<int>(number.decimals), scalar.exponent) << text;
    EXPECT_EQ(number.negative != 0, scalar.negative) << text;
  } else {
    EXPECT_TRUE(!fits || length > 16) << text;
  }
  if (quick_integer<Zeros>(behind.data(), length, number)) {
    ASSERT_TRUE(fits && scalar.kind == Scalar::Kind::integer) << text;
    EXPECT_EQ(number.digits, scalar.digits) << text;
  } else {
    EXPECT_TRUE(!fits || scalar.kind != Scalar::Kind::integer || length > 16) << text;
  }
}

TEST(QuickNumber, ReadsWhatTheScannerReads) {
  constexpr std::uint64_t seed = 93;
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  std::mt19937_64 random(seed);
  for (int i = 0; i < 200'000; ++i) {
    const std::string text = random_number(random);
    expect_as_scanned<LeadingZeros::allowed>(text);
    expect_as_scanned<LeadingZeros::refused>(text);
  }
}

TEST(QuickNumber, KnowsTheWordsOfJson) {
  const auto knows = [](const std::string& text) {
    return is_quick_word(padded(text).data(), static_cast<std::uint32_t>(text.size()));
  };
  for (const std::string word : {"true", "false", "null"}) {
    EXPECT_TRUE(knows(word));
    for (std::size_t place = 0; place < word.size(); ++place) {
      std::string other = word;
      other[place] = static_cast<char>(other[place] ^ 0x20);
      EXPECT_FALSE(knows(other));
    }
    EXPECT_FALSE(knows(word + '\0'));
    EXPECT_FALSE(knows(word + 'e'));
    EXPECT_FALSE(knows(word.substr(1)));
    EXPECT_FALSE(knows(word.substr(0, word.size() - 1)));
  }
  EXPECT_FALSE(knows(""));
}

TEST(QuickIsoTime, ReadsWhatTheParserReads) {
  constexpr std::uint64_t seed = 94;
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  std::mt19937_64 random(seed);
  QuickIsoTime quick;
  int read_quickly = 0;
  for (int i = 0; i < 200'000; ++i) {
    char buffer[64];
    std::snprintf(buffer, sizeof buffer, "%04d-%02d-%02d%c%02d:%02d:%02d",
                  static_cast<int>(random() % 4 == 0 ? random() % 10'000 : 2023 + random() % 2),
                  static_cast<int>(random() % 14), static_cast<int>(random() % 33),
                  "T T tx"[random() % 6], static_cast<int>(random() % 25),
                  static_cast<int>(random() % 61), static_cast<int>(random() % 61));
    std::string text = buffer;
    const bool usual = random() % 2 == 0;
    if (usual || random() % 2 == 0) {
      text += std::string(".123456789012").substr(0, usual ? 4 : 1 + random() % 13);
    }
    if (usual && random() % 4 != 0) text += 'Z';
    text += std::vector<std::string>{
        "", "Z", "z", "+02:30", "-11:00", "+0230", "+24:00"}[usual ? 0 : random() % 7];
    if (random() % 4 == 0) text[random() % text.size()] = static_cast<char>(random());
    const std::string behind = padded(text);
    EventTime time = 0;
    const std::optional<EventTime> expected = parse_iso8601(text);
    if (quick.read(behind.data(), static_cast<std::uint32_t>(text.size()), time)) {
      ++read_quickly;
      ASSERT_TRUE(expected.has_value()) << text;
      EXPECT_EQ(time, *expected) << text;
    }
  }
  EXPECT_GT(read_quickly, 20'000);
}

TEST(QuickIsoTime, ReadsTheUsualFormOfADayReadBefore) {
  constexpr std::uint64_t seed = 102;
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  std::mt19937_64 random(seed);
  QuickIsoTime quick;
  int read_quickly = 0;
  for (int i = 0; i < 100'000; ++i) {
    char buffer[64];
    std::snprintf(buffer, sizeof buffer, "2024-02-29T%02d:%02d:%02d.%03dZ",
                  static_cast<int>(random() % 25), static_cast<int>(random() % 62),
                  static_cast<int>(random() % 62), static_cast<int>(random() % 1'000));
    std::string text = buffer;
    if (random() % 3 == 0) text[random() % text.size()] = static_cast<char>(random());
    EventTime time = 0;
    const std::optional<EventTime> expected = parse_iso8601(text);
    if (quick.read(padded(text).data(), static_cast<std::uint32_t>(text.size()), time)) {
      ++read_quickly;
      ASSERT_TRUE(expected.has_value()) << text;
      EXPECT_EQ(time, *expected) << text;
    }
  }
  EXPECT_GT(read_quickly, 50'000);
}

}  // namespace
}  // namespace sluice
