#include "ingest/filter/raw_filter.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace sluice {
namespace {

using Kind = FilterPlan::Step::Kind;

Format format() {
  Format format;
  format.values = {{.path = {"n", {"n"}}, .name = "n"},
                   {.path = {"p", {"p"}}, .name = "p", .type = ValueType::decimal, .scale = 2}};
  return format;
}

std::optional<FilterPlan> plan(const std::string& text) {
  return raw_filter(plan_filter(parse_filter(text), format()));
}

std::vector<Kind> kinds(const FilterPlan& plan) {
  std::vector<Kind> kinds;
  for (std::uint32_t i = 0; i < plan.steps; ++i) kinds.push_back(plan.step[i].kind);
  return kinds;
}

TEST(RawFilter, StepsComeBehindTheirOperands) {
  const auto filter = plan("n > 5 AND p = 1.5 AND kind LIKE 'a%'");
  ASSERT_TRUE(filter);
  EXPECT_EQ(kinds(*filter),
            (std::vector<Kind>{Kind::value, Kind::constant, Kind::greater, Kind::value,
                               Kind::constant, Kind::scale, Kind::equal, Kind::conjunction,
                               Kind::column, Kind::starts_with, Kind::conjunction}));
  EXPECT_EQ(filter->columns, 1U);
  EXPECT_EQ(filter->column[0], FilterPlan::Column::string);
  EXPECT_EQ(filter->text[0], 'a');
}

TEST(RawFilter, AColumnIsReadAgainWhereverItIsUsed) {
  EXPECT_EQ(kinds(*plan("kind = 'a' OR kind = 'b'")),
            (std::vector<Kind>{Kind::column, Kind::constant, Kind::equal, Kind::column,
                               Kind::constant, Kind::equal, Kind::disjunction}));
}

TEST(RawFilter, ManyOperandsOfOneConnectiveNeedNoDeepStack) {
  std::string text = "n = 0";
  for (int i = 1; i < 100; ++i) text += " OR n = " + std::to_string(i);
  EXPECT_TRUE(plan(text));
}

TEST(RawFilter, WhatAPlanDoesNotHoldHasNone) {
  std::string steps = "n = 0";
  for (int i = 1; i < 150; ++i) steps += " OR n IS NULL AND p IS NULL";
  EXPECT_FALSE(plan(steps));

  std::string constants = "n IN (0";
  for (std::uint32_t i = 1; i <= FilterPlan::max_constants; ++i) {
    constants += "," + std::to_string(i);
  }
  EXPECT_FALSE(plan(constants + ")"));

  const std::string columns = "a AND b AND c AND d AND e AND f AND g AND h AND i AND j AND k";
  EXPECT_TRUE(plan(columns));
  EXPECT_FALSE(plan(columns + " AND l AND m AND o AND q AND r AND s"));

  std::string deep = "n = 1";
  for (int i = 0; i < 20; ++i) deep = "(n = 2 OR (n = 3 AND " + deep + "))";
  EXPECT_FALSE(plan(deep));

  EXPECT_TRUE(plan("kind = '" + std::string(FilterPlan::max_text, 'x') + "'"));
  EXPECT_FALSE(plan("kind = '" + std::string(FilterPlan::max_text + 1, 'x') + "'"));
}

}  // namespace
}  // namespace sluice
