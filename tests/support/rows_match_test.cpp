#include "tests/support/rows_match.hpp"

#include <limits>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::oracle {
namespace {

using testing::HasSubstr;

Job job_with(std::size_t aggregates) {
  Job job;
  for (std::size_t i = 0; i < aggregates; ++i) {
    job.aggregates.push_back({.as = "a" + std::to_string(i), .column = {}});
  }
  return job;
}

Row row(std::int64_t start, const std::string& key, std::vector<Expected> values) {
  return {
      .window = "w", .start = start, .end = start + 10, .key = key, .values = std::move(values)};
}

Expected integer(std::int64_t value) { return {.value = value}; }
Expected real(long double value, long double tolerance) {
  return {.value = value, .tolerance = tolerance};
}

std::vector<ActualRow> actual_of(const Job& job, const std::vector<Row>& rows) {
  std::vector<ActualRow> actual;
  for (const Row& expected : rows) {
    actual.push_back(to_actual(job, expected));
  }
  return actual;
}

TEST(RowsMatch, FindsNoDifferenceInEqualRowsWhateverTheirOrderInsideAWindow) {
  const Job job = job_with(3);
  const std::vector<Row> rows = {row(0, "a", {integer(1), real(0.5, 0), {}}),
                                 row(0, "b", {integer(2), real(0.5, 0.1), {}}),
                                 row(10, "a", {integer(1), {.overflow = true}, {}})};
  std::vector<ActualRow> actual = actual_of(job, rows);
  std::swap(actual[0], actual[1]);

  EXPECT_EQ(differences(job, rows, actual), "");
}

TEST(RowsMatch, NamesTheRowTheAggregateAndBothValues) {
  const Job job = job_with(2);
  const std::vector<Row> rows = {row(0, "a", {integer(1), integer(2)})};
  std::vector<ActualRow> actual = actual_of(job, rows);
  actual[0].values[1] = std::int64_t{3};

  EXPECT_EQ(differences(job, rows, actual),
            "window w [0, 10) revision 0 key a: a1 is 3, expected 2\n");
}

TEST(RowsMatch, ComparesDoublesWithinTheTolerance) {
  const Job job = job_with(1);
  const std::vector<Row> rows = {row(0, "a", {real(1.0L, 0.25L)})};
  const auto with = [&](ActualRow::Value value) {
    std::vector<ActualRow> actual = actual_of(job, rows);
    actual[0].values[0] = value;
    return differences(job, rows, actual);
  };

  EXPECT_EQ(with(1.25), "");
  EXPECT_EQ(with(0.75), "");
  EXPECT_NE(with(1.26), "");
  EXPECT_NE(with(std::numeric_limits<double>::quiet_NaN()), "");
  EXPECT_NE(with(std::nullopt), "");
  EXPECT_NE(with(std::int64_t{1}), "");  // an integer where a double belongs
}

TEST(RowsMatch, WantsOverflowMarksExactlyWhereTheyBelong) {
  const Job job = job_with(1);
  const auto compare = [&](const Expected& expected, ActualRow::Value value, bool marked) {
    ActualRow actual = to_actual(job, row(0, "a", {expected}));
    actual.values[0] = value;
    actual.overflow = marked ? std::vector<std::string>{"a0"} : std::vector<std::string>{};
    return differences(job, {row(0, "a", {expected})}, {actual});
  };
  const Expected overflow = {.overflow = true};

  EXPECT_EQ(compare(overflow, std::nullopt, true), "");
  EXPECT_NE(compare(overflow, std::nullopt, false), "");
  EXPECT_NE(compare(overflow, std::int64_t{1}, true), "");
  EXPECT_NE(compare(integer(1), std::int64_t{1}, true), "");
}

TEST(RowsMatch, TakesNullForDoublesThatMayOverflow) {
  const Job job = job_with(1);
  const Expected expected = {.value = 1.0L, .or_null = true};
  const auto compare = [&](ActualRow::Value value) {
    ActualRow actual = to_actual(job, row(0, "a", {expected}));
    actual.values[0] = value;
    return differences(job, {row(0, "a", {expected})}, {actual});
  };

  EXPECT_EQ(compare(1.0), "");
  EXPECT_EQ(compare(std::nullopt), "");
  EXPECT_NE(compare(2.0), "");
}

TEST(RowsMatch, ReportsMissingUnexpectedAndRepeatedRows) {
  const Job job = job_with(1);
  const std::vector<Row> rows = {row(0, "a", {integer(1)})};
  const ActualRow found = to_actual(job, rows[0]);
  ActualRow other = found;
  other.revision = 1;

  EXPECT_THAT(differences(job, rows, {}), HasSubstr("revision 0 key a: missing"));
  EXPECT_THAT(differences(job, rows, {found, other}), HasSubstr("revision 1 key a: not expected"));
  EXPECT_THAT(differences(job, rows, {found, found}), HasSubstr("emitted twice"));
}

TEST(RowsMatch, ComparesTheOrderOfWindowsUnlessToldOtherwise) {
  const Job job = job_with(1);
  const std::vector<Row> rows = {row(0, "a", {integer(1)}), row(10, "a", {integer(1)})};
  std::vector<ActualRow> actual = actual_of(job, rows);
  std::swap(actual[0], actual[1]);

  EXPECT_THAT(differences(job, rows, actual), HasSubstr("order: emission 0 is window w [10, 20)"));
  EXPECT_EQ(differences(job, rows, actual, RowOrder::any), "");
}

TEST(RowsMatch, ReportsTheFirstDifferencesAndCountsTheRest) {
  const Job job = job_with(1);
  std::vector<Row> rows;
  for (int i = 0; i < 20; ++i) {
    rows.push_back(row(10 * i, "a", {integer(1)}));
  }

  EXPECT_THAT(differences(job, rows, {}, RowOrder::any), HasSubstr("and 12 more"));
}

}  // namespace
}  // namespace sluice::oracle
