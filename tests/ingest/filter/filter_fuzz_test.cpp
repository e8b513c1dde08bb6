// Any text is either a filter, which then judges any events, or refused with a place in it.

#include <cstdint>
#include <cstdio>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "ingest/filter/filter.hpp"

namespace sluice {
namespace {

Format format() {
  Format format;
  format.keys = {{.path = {"user", {"user"}}, .name = "user"},
                 {.path = {"id", {"id"}}, .name = "id", .type = KeyType::int64},
                 {.path = {"region", {"region"}}, .name = "region", .type = KeyType::string}};
  format.values = {{.path = {"n", {"n"}}, .name = "n"},
                   {.path = {"p", {"p"}}, .name = "price", .type = ValueType::decimal, .scale = 2},
                   {.path = {"r", {"r"}}, .name = "ratio", .type = ValueType::float64}};
  return format;
}

class Texts {
 public:
  explicit Texts(std::uint64_t seed) : random_(seed) {}

  std::string next() {
    std::string text = below(4) == 0 ? words(below(12)) : condition(below(5));
    for (std::uint64_t times = below(3) == 0 ? 1 + below(3) : 0; times > 0; --times) mutate(text);
    return text;
  }

 private:
  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }
  std::string_view pick(std::initializer_list<std::string_view> choices) {
    return choices.begin()[below(choices.size())];
  }
  std::string name() {
    return std::string(pick({"n", "price", "ratio", "user", "id", "region", "kind", "a.b.c",
                             "\"Odd x\"", "flag", "Größe"}));
  }
  std::string number() {
    return std::string(
        pick({"0", "1", "-5", "12.50", "1e3", "9223372036854775808", "0.000000000000000001",
              "123456789012345678901234567890123456789", "NULL", ".5", "5."}));
  }
  std::string term(std::uint64_t depth) {
    if (depth == 0) return below(2) == 0 ? name() : number();
    return "(" + term(depth - 1) + std::string(pick({" + ", " - ", " * ", " / "})) +
           term(depth - 1) + ")";
  }
  std::string condition(std::uint64_t depth) {
    if (depth > 0) {
      const std::string left = "(" + condition(depth - 1) + ")";
      switch (below(4)) {
        case 0:
          return "NOT " + left;
        case 1:
          return left + " AND " + condition(below(depth));
        case 2:
          return left + " OR " + condition(below(depth));
        default:
          return left + std::string(pick({" IS TRUE", " IS NOT FALSE", " IS UNKNOWN", " IS NULL"}));
      }
    }
    switch (below(7)) {
      case 0:
        return name() + " IN (" + number() + ", " + number() + ")";
      case 1:
        return term(below(3)) + " BETWEEN " + number() + " AND " + term(below(2));
      case 2:
        return name() + " LIKE 'a%'";
      case 3:
        return name() + " = 'it''s'";
      case 4:
        return name() + " IS NOT NULL";
      case 5:
        return name();
      default:
        return term(below(3)) + std::string(pick({" = ", " <> ", " < ", " >= "})) + term(below(3));
    }
  }
  std::string words(std::uint64_t count) {
    std::string text;
    for (; count > 0; --count) {
      text += pick({"SELECT ",
                    "n ",
                    "'x' ",
                    "(",
                    ")",
                    ", ",
                    "AND ",
                    "NOT ",
                    "IS ",
                    "NULL ",
                    "= ",
                    "- ",
                    "CASE WHEN ",
                    "::int ",
                    "[1] ",
                    "* ",
                    ". ",
                    "; ",
                    "$1 ",
                    "ARRAY[",
                    "--",
                    "/* ",
                    "E'\\x' ",
                    "U&'\\00e9' ",
                    "B'1' ",
                    "x'1F' ",
                    "INTERVAL '1' ",
                    "current_user ",
                    "coalesce(n, 1) ",
                    "EXISTS (SELECT 1) ",
                    "ROW(1) ",
                    "n.* ",
                    "ORDER BY n ",
                    "LIMIT 1 "});
    }
    return text;
  }
  void mutate(std::string& text) {
    static constexpr std::string_view bytes = "()'\"=<>+-*/%.,;:\\_ \n\t0n\xC3\xA9\x01";
    const std::uint64_t place = below(text.size() + 1);
    if (below(2) == 0) {
      text.insert(place, 1, bytes[below(bytes.size())]);
    } else {
      text.erase(place, 1 + below(4));
    }
  }

  std::mt19937_64 random_;
};

/// Some events with nulls and extremes in every column.
class Judge {
 public:
  Judge() {
    std::mt19937_64 random(5);
    for (std::size_t i = 0; i < size; ++i) {
      bits_[i] = i % 5 == 0 ? static_cast<std::int64_t>(random())
                            : static_cast<std::int64_t>(random() % 20) - 10;
      numbers_[i] = static_cast<double>(bits_[i]);
      valid_[i] = i % 3 != 0 ? 1 : 0;
      flags_[i] = i % 2 != 0 ? 1 : 0;
      strings_[i] = i % 4 == 0 ? "" : i % 4 == 1 ? "a" : "it's";
    }
  }

  std::size_t judge(FilterProgram program) {
    Filter filter(std::move(program));
    EventColumns events;
    events.size = size;
    events.value_count = 3;
    for (ValueColumn* column = events.values; column < events.values + 3; ++column) {
      *column = {bits_, valid_};
    }
    const std::vector<FilterColumn> fields(filter.fields().size(),
                                           {valid_, flags_, bits_, numbers_, strings_});
    std::uint8_t passes[size];
    return filter.judge(events, fields, passes);
  }

  static constexpr std::size_t size = 300;

 private:
  std::int64_t bits_[size];
  double numbers_[size];
  std::uint8_t valid_[size];
  std::uint8_t flags_[size];
  std::string_view strings_[size];
};

TEST(FilterFuzz, AnyTextIsAFilterOrIsRefusedWithItsPlace) {
  constexpr std::uint64_t seed = 61;
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  Texts texts(seed);
  Judge judge;
  std::size_t taken = 0;
  std::size_t refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    const std::string text = texts.next();
    try {
      EXPECT_LE(judge.judge(plan_filter(parse_filter(text), format())), Judge::size) << text;
      ++taken;
    } catch (const FilterError& error) {
      EXPECT_LE(error.position(), text.size()) << text;
      EXPECT_NE(std::string_view(error.what()), "") << text;
      ++refused;
    }
  }
  EXPECT_GT(taken, 3'000U);
  EXPECT_GT(refused, 3'000U);
}

TEST(FilterFuzz, WhatIsTooDeepOrTooLongIsRefused) {
  const auto repeated = [](std::string_view text, std::size_t times) {
    std::string all;
    for (; times > 0; --times) all += text;
    return all;
  };
  for (const std::string& text :
       {repeated("(", 30'000), repeated("NOT ", 15'000) + "flag", "n > " + repeated("-", 9) + "1",
        repeated("n + ", 15'000) + "1 > 0", repeated("n > 1 AND ", 7'000)}) {
    EXPECT_THROW(plan_filter(parse_filter(text), format()), FilterError) << text.substr(0, 40);
  }
  const std::string deep = repeated("(", 500) + "n = 7" + repeated(")", 500);
  EXPECT_GT(Judge().judge(plan_filter(parse_filter(deep), format())), 0U);
  const std::string wide = repeated("n > 1 OR ", 5'000) + "n = 7";
  EXPECT_GT(Judge().judge(plan_filter(parse_filter(wide), format())), 0U);
}

}  // namespace
}  // namespace sluice
