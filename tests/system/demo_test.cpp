#include <csignal>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/system/support/http.hpp"
#include "tests/system/support/metrics_page.hpp"
#include "tests/system/support/process.hpp"
#include "tests/system/support/promtool.hpp"
#include "tests/system/support/sluice_program.hpp"

namespace sluice::system_test {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;

TEST(Demo, EndsAfterItsTimeWithASummaryAndCode0) {
  const RunResult result = run_sluice({"demo", "--for", "5s", "--listen", "127.0.0.1:0"});
  EXPECT_EQ(result.code, 0) << result.errors;
  EXPECT_THAT(result.output, ContainsRegex("window 1s +to [0-9:]+: +[1-9][0-9,]* events"));
  EXPECT_THAT(result.output, ContainsRegex("[1-9][0-9,]* events in [0-9.]+ s"));
  EXPECT_THAT(result.output, ContainsRegex("[1-9][0-9,]* windows closed with [1-9][0-9,]* rows"));
  EXPECT_THAT(result.output, ContainsRegex("[0-9,]+ late events dropped, [1-9][0-9,]* malformed"));
  EXPECT_THAT(result.output, ContainsRegex("http://127\\.0\\.0\\.1:[1-9][0-9]*/metrics"));
}

TEST(Demo, RunsUntilItIsStoppedAndServesItsResults) {
  Process demo(sluice({"demo", "--listen", "127.0.0.1:0"}));
  const std::string address = address_of(demo);
  ASSERT_FALSE(address.empty()) << demo.errors();
  EXPECT_TRUE(reaches(address, "sluice_result_events", 1)) << demo.errors();
  const std::string findings = promtool_findings(http_get(address + "/metrics").body);
  EXPECT_TRUE(findings.empty() || findings.starts_with("SKIPPED")) << findings;
  demo.send(SIGINT);
  const auto ending = demo.wait();
  ASSERT_TRUE(ending.has_value());
  EXPECT_EQ(ending->code, 0) << demo.errors();
  EXPECT_THAT(demo.output(), HasSubstr("Where to look next"));
}

TEST(Demo, RefusesALengthWithoutAUnit) {
  const RunResult result = run_sluice({"demo", "--for", "5", "--listen", "127.0.0.1:0"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.errors, HasSubstr("--for"));
}

}  // namespace
}  // namespace sluice::system_test
