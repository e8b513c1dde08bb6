#include <cstdlib>
#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/system/support/sluice_program.hpp"
#include "tests/system/support/temp_folder.hpp"

namespace sluice::system_test {
namespace {

using testing::HasSubstr;

const std::filesystem::path& source_folder() {
  static const std::filesystem::path folder = std::getenv("SLUICE_SOURCE_DIR");
  return folder;
}

TEST(Examples, AllPassTheCheck) {
  std::size_t jobs = 0;
  for (const auto& entry : std::filesystem::directory_iterator(source_folder() / "examples")) {
    if (entry.path().extension() != ".yaml") continue;
    ++jobs;
    const RunResult result = run_sluice({"check", entry.path().string()});
    EXPECT_EQ(result.code, 0) << entry.path() << ": " << result.errors;
  }
  EXPECT_GT(jobs, 0U);
}

RunResult run_example(const std::string& name) {
  return run_sluice({"run", "examples/" + name, "--once"}, {.folder = source_folder().string()});
}

TEST(Examples, OrdersGiveTheRevenueOfEachCountryAndHour) {
  const RunResult result = run_example("orders-file.yaml");
  EXPECT_EQ(result.code, 0) << result.errors;
  const std::string first =
      "{\"pipeline\":\"orders\",\"window\":\"1h\","
      "\"window_start\":1709283600000,\"window_end\":1709287200000,";
  EXPECT_THAT(
      lines_of(result.output),
      testing::UnorderedElementsAre(
          first + "\"key\":{\"country\":\"NO\"},\"values\":{\"orders\":2,\"revenue\":149.90,"
                  "\"smallest\":19.90,\"items\":9},\"revision\":0}",
          first + "\"key\":{\"country\":\"DE\"},\"values\":{\"orders\":1,\"revenue\":5.00,"
                  "\"smallest\":5.00,\"items\":1},\"revision\":0}",
          first + "\"key\":{\"country\":null},\"values\":{\"orders\":1,\"revenue\":0.10,"
                  "\"smallest\":0.10,\"items\":null},\"revision\":0}",
          "{\"pipeline\":\"orders\",\"window\":\"1h\",\"window_start\":1709287200000,"
          "\"window_end\":1709290800000,\"key\":{\"country\":\"NO\"},\"values\":{\"orders\":1,"
          "\"revenue\":-19.90,\"smallest\":-19.90,\"items\":2},\"revision\":0}"));
}

TEST(Examples, HomeOrdersLeaveOutWhatTheirFilterSays) {
  const TempFolder folder;
  const std::string stats = folder.path("stats.json");
  const RunResult result =
      run_sluice({"run", "examples/home-orders-file.yaml", "--once", "--stats", stats},
                 {.folder = source_folder().string()});
  EXPECT_EQ(result.code, 0) << result.errors;
  EXPECT_EQ(result.output,
            "{\"pipeline\":\"home-orders\",\"window\":\"1h\",\"window_start\":1709283600000,"
            "\"window_end\":1709287200000,\"key\":{},\"values\":{\"orders\":1,\"revenue\":19.90},"
            "\"revision\":0}\n");
  EXPECT_EQ(stats_in(stats).at("events_read"), 6U);
  EXPECT_EQ(stats_in(stats).at("filtered"), 5U);
}

TEST(Examples, TradesGiveARowForEachSlideAndSymbol) {
  const RunResult result = run_example("trades-csv.yaml");
  EXPECT_EQ(result.code, 0) << result.errors;
  // Every trade is in five windows; the first two share theirs.
  EXPECT_EQ(lines_of(result.output).size(), 15U);
  EXPECT_THAT(result.output,
              HasSubstr("\"window_start\":1709283600000,\"window_end\":1709283900000,"
                        "\"key\":{\"symbol\":\"ACME\"},\"values\":{\"trades\":2,"
                        "\"volume\":150,\"price_avg\":10.75,\"price_stddev\":0.353553"));
  EXPECT_THAT(result.output, HasSubstr("{\"symbol\":\"B;C\"},\"values\":{\"trades\":1,"
                                       "\"volume\":null,\"price_avg\":7.25,"
                                       "\"price_stddev\":null}"));
}

TEST(Examples, TheGeneratorsJobEndsByItself) {
  const TempFolder folder;
  std::string job = content_of((source_folder() / "examples/behaviour-generator.yaml").string());
  const RunResult result =
      run_sluice({"run", folder.file("job.yaml", job + "http: {listen: off}\n"), "--stats",
                  folder.path("stats.json")});
  EXPECT_EQ(result.code, 0) << result.errors;
  const Stats stats = stats_in(folder.path("stats.json"));
  EXPECT_EQ(stats.at("events_read"), 1'000'000U);
  EXPECT_GT(stats.at("malformed"), 0U);
  EXPECT_TRUE(balances(stats));
  EXPECT_EQ(stats.at("rows_emitted"), lines_of(result.output).size());
}

}  // namespace
}  // namespace sluice::system_test
