#include "host/sinks/prometheus_sink.hpp"

#include <chrono>
#include <limits>
#include <sstream>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/host/pipeline/fake_clock.hpp"
#include "tests/host/promtool.hpp"
#include "tests/host/sinks/results.hpp"

namespace sluice {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class PrometheusSinkTest : public testing::Test {
 protected:
  PrometheusSink make(const Job& job, const PrometheusSinkSettings& settings = {}) {
    return {job, settings, clock};
  }

  static void publish(PrometheusSink& sink, Result result) { sink.publish(result.get()); }

  /// The samples of a metric on the page, without the labels that every sample has.
  static std::vector<std::string> samples(PrometheusSink& sink, const std::string& metric) {
    std::vector<std::string> lines;
    std::istringstream page(*sink.page());
    for (std::string line; std::getline(page, line);) {
      if (line.rfind(metric + "{", 0) != 0) continue;
      line.erase(0, metric.size());
      const std::string pipeline = "pipeline=\"user-behaviour\",";
      line.erase(line.find(pipeline), pipeline.size());
      lines.push_back(line);
    }
    return lines;
  }

  FakeClock fake;
  const Clock clock = fake.clock();
};

TEST_F(PrometheusSinkTest, ShowsTheNewestWindowOfEachDefinition) {
  PrometheusSink sink = make(job_with({"k"}, {"n"}));
  publish(sink, Result(0).row({std::string_view("a")}, {integer(1)}));
  publish(sink, Result(60'000).row({std::string_view("a")}, {integer(2)}));
  publish(sink, Result(0, 1).row({std::string_view("a")}, {integer(3)}));
  EXPECT_THAT(samples(sink, "sluice_result_n"),
              ElementsAre(R"({window="1m",k="a"} 2)", R"({window="10m",k="a"} 3)"));
  EXPECT_THAT(samples(sink, "sluice_window_end_timestamp_seconds"),
              ElementsAre(R"({window="1m"} 120.000)", R"({window="10m"} 600.000)"));
}

TEST_F(PrometheusSinkTest, KeysWithoutARowInTheNewestWindowVanish) {
  PrometheusSink sink = make(job_with({"k"}, {"n"}));
  publish(sink, Result(0)
                    .row({std::string_view("a")}, {integer(1)})
                    .row({std::string_view("b")}, {integer(1)}));
  publish(sink, Result(60'000).row({std::string_view("b")}, {integer(2)}));
  EXPECT_THAT(samples(sink, "sluice_result_n"), ElementsAre(R"({window="1m",k="b"} 2)"));
}

TEST_F(PrometheusSinkTest, RevisionsOfTheNewestWindowUpdateIt) {
  PrometheusSink sink = make(job_with({"k"}, {"n"}));
  publish(sink, Result(60'000).row({std::string_view("a")}, {integer(1)}));
  publish(sink, Result(60'000, 0, 1)
                    .row({std::string_view("a")}, {integer(5)})
                    .row({std::string_view("b")}, {integer(7)}));
  EXPECT_THAT(samples(sink, "sluice_result_n"),
              ElementsAre(R"({window="1m",k="a"} 5)", R"({window="1m",k="b"} 7)"));
}

TEST_F(PrometheusSinkTest, RevisionsOfOlderWindowsDoNot) {
  PrometheusSink sink = make(job_with({"k"}, {"n"}));
  publish(sink, Result(60'000).row({std::string_view("a")}, {integer(1)}));
  publish(sink, Result(0, 0, 1).row({std::string_view("a")}, {integer(99)}));
  EXPECT_THAT(samples(sink, "sluice_result_n"), ElementsAre(R"({window="1m",k="a"} 1)"));
}

TEST_F(PrometheusSinkTest, ANullResultHasNoSample) {
  PrometheusSink sink = make(job_with({"k"}, {"n", "m"}));
  publish(sink, Result(0).row({std::string_view("a")}, {null_value(), integer(1)}));
  EXPECT_THAT(samples(sink, "sluice_result_n"), IsEmpty());
  EXPECT_THAT(samples(sink, "sluice_result_m"), ElementsAre(R"({window="1m",k="a"} 1)"));
}

TEST_F(PrometheusSinkTest, ANullAndAnEmptyKeyColumnAreAbsentLabels) {
  PrometheusSink sink = make(job_with({"a", "b"}, {"n"}));
  publish(sink, Result(0)
                    .row({std::monostate{}, std::int64_t{-3}}, {integer(1)})
                    .row({true, std::string_view("")}, {integer(2)}));
  EXPECT_THAT(samples(sink, "sluice_result_n"),
              ElementsAre(R"({window="1m",a="true"} 2)", R"({window="1m",b="-3"} 1)"));
}

TEST_F(PrometheusSinkTest, EscapesLabels) {
  PrometheusSink sink = make(job_with({"k"}, {"n"}));
  publish(sink, Result(0).row({std::string_view("a\"b\\c\nd")}, {integer(1)}));
  EXPECT_THAT(samples(sink, "sluice_result_n"), ElementsAre(R"({window="1m",k="a\"b\\c\nd"} 1)"));
}

TEST_F(PrometheusSinkTest, CutsLabelsBetweenCharacters) {
  PrometheusSink sink = make(job_with({"k"}, {"n"}), {.max_label_bytes = 4});
  publish(sink, Result(0)
                    .row({std::string_view("aé漢")}, {integer(1)})
                    .row({std::string_view("abcdef")}, {integer(2)}));
  EXPECT_THAT(samples(sink, "sluice_result_n"),
              ElementsAre(R"({window="1m",k="abcd"} 2)", R"({window="1m",k="aé"} 1)"));
}

TEST_F(PrometheusSinkTest, ALabelOfWhichNothingIsLeftIsAbsent) {
  PrometheusSink sink = make(job_with({"k"}, {"n"}), {.max_label_bytes = 1});
  publish(
      sink,
      Result(0).row({std::string_view("漢")}, {integer(1)}).row({std::monostate{}}, {integer(2)}));
  EXPECT_THAT(samples(sink, "sluice_result_n"), ElementsAre(R"({window="1m"} 2)"));
}

TEST_F(PrometheusSinkTest, HidesAndCountsKeysThatLookAlike) {
  PrometheusSink sink = make(job_with({"k"}, {"n"}));
  publish(sink, Result(0)
                    .row({std::string_view("1")}, {integer(10)})
                    .row({std::int64_t{1}}, {integer(20)})
                    .row({std::int64_t{2}}, {integer(30)}));
  EXPECT_THAT(samples(sink, "sluice_result_n"),
              ElementsAre(R"({window="1m",k="1"} 20)", R"({window="1m",k="2"} 30)"));
  EXPECT_THAT(
      samples(sink, "sluice_result_series_hidden"),
      ElementsAre(R"({window="1m",reason="cap"} 0)", R"({window="1m",reason="label_collision"} 1)",
                  R"({window="10m",reason="cap"} 0)",
                  R"({window="10m",reason="label_collision"} 0)"));
  EXPECT_THAT(samples(sink, "sluice_result_series_shown"),
              ElementsAre(R"({window="1m"} 2)", R"({window="10m"} 0)"));
}

Result keys_of(EventTime start, std::initializer_list<std::int64_t> keys) {
  Result result(start);
  for (const std::int64_t key : keys) result.row({key}, {integer(key)});
  return result;
}

TEST_F(PrometheusSinkTest, ShowsNoMoreKeysThanTheCapAndCountsTheOthers) {
  PrometheusSink sink = make(job_with({"k"}, {"n"}), {.max_series = 2});
  publish(sink, keys_of(0, {1, 2, 3, 4, 5}));
  EXPECT_EQ(samples(sink, "sluice_result_n").size(), 2u);
  EXPECT_EQ(samples(sink, "sluice_result_series_hidden")[0], R"({window="1m",reason="cap"} 3)");
}

TEST_F(PrometheusSinkTest, KeepsShowingTheSameKeysUnderTheCap) {
  PrometheusSink sink = make(job_with({"k"}, {"n"}), {.max_series = 2});
  publish(sink, keys_of(0, {3, 4}));
  publish(sink, keys_of(60'000, {1, 2, 3, 4, 5}));
  const auto expected = ElementsAre(R"({window="1m",k="3"} 3)", R"({window="1m",k="4"} 4)");
  EXPECT_THAT(samples(sink, "sluice_result_n"), expected);
  publish(sink, keys_of(120'000, {5, 4, 3, 2, 1}));
  EXPECT_THAT(samples(sink, "sluice_result_n"), expected);
}

TEST_F(PrometheusSinkTest, ARevisionOfAHiddenKeyHidesNoOther) {
  PrometheusSink sink = make(job_with({"k"}, {"n"}), {.max_series = 1});
  publish(sink, keys_of(0, {1, 2}));
  publish(sink, keys_of(0, {2}));
  EXPECT_EQ(samples(sink, "sluice_result_series_hidden")[0], R"({window="1m",reason="cap"} 1)");
}

TEST_F(PrometheusSinkTest, ForgetsADefinitionThatClosesNoMore) {
  PrometheusSink sink = make(job_with({"k"}, {"n"}), {.ttl = std::chrono::minutes(5)});
  publish(sink, Result(0).row({true}, {integer(1)}));
  fake.advance(300'000);
  EXPECT_THAT(*sink.page(), HasSubstr("sluice_result_n{"));
  fake.advance(1);
  EXPECT_THAT(*sink.page(), Not(HasSubstr("sluice_result_n{")));
}

TEST_F(PrometheusSinkTest, RendersAPageOnceForAllScrapesBetweenWindows) {
  PrometheusSink sink = make(job_with({"k"}, {"n"}));
  publish(sink, Result(0).row({true}, {integer(1)}));
  EXPECT_EQ(sink.page(), sink.page());
  const auto before = sink.page();
  publish(sink, Result(60'000).row({true}, {integer(1)}));
  EXPECT_NE(sink.page(), before);
}

TEST_F(PrometheusSinkTest, ShowsDecimalsDoublesAndWhatIsNotFinite) {
  PrometheusSink sink = make(job_with({}, {"a", "b", "c"}));
  publish(sink, Result(0).row({}, {decimal(1250, 2), real(0.1),
                                   real(std::numeric_limits<double>::infinity())}));
  EXPECT_THAT(*sink.page(), HasSubstr("\"} 12.50\n"));
  EXPECT_THAT(*sink.page(), HasSubstr("\"} 0.1\n"));
  EXPECT_THAT(*sink.page(), HasSubstr("\"} +Inf\n"));
}

TEST_F(PrometheusSinkTest, PassesPromtool) {
  PrometheusSink sink = make(job_with({"user_id", "country"}, {"events", "revenue"}));
  publish(sink, Result(0)
                    .row({std::string_view("u\"\\\n"), std::monostate{}}, {integer(3), real(0.5)})
                    .row({std::string_view("漢"), true}, {null_value(), decimal(-5, 2)}));
  if (!promtool_is_installed()) GTEST_SKIP() << "promtool is not installed";
  EXPECT_EQ(promtool_complaints(*sink.page()), "");
}

TEST_F(PrometheusSinkTest, IsScrapedWhileWindowsClose) {
  PrometheusSink sink = make(job_with({"k"}, {"n"}));
  std::jthread scraper([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      // Both keys are of the same window, whatever moment the scrape meets.
      const std::vector<std::string> shown = samples(sink, "sluice_result_n");
      if (shown.empty()) continue;
      ASSERT_EQ(shown.size(), 2u);
      EXPECT_EQ(shown[0].substr(shown[0].find(' ')), shown[1].substr(shown[1].find(' ')));
    }
  });
  for (EventTime minute = 0; minute < 300; ++minute) {
    publish(sink, Result(minute * 60'000)
                      .row({std::int64_t{1}}, {integer(minute)})
                      .row({std::int64_t{2}}, {integer(minute)}));
  }
}

}  // namespace
}  // namespace sluice
