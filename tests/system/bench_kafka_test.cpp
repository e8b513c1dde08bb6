// sluice bench kafka, on the broker inside the program, and the chart of what it finds.
#include <cstdlib>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/system/support/sluice_program.hpp"
#include "tests/system/support/temp_folder.hpp"

namespace sluice::system_test {
namespace {

using testing::HasSubstr;

TEST(BenchKafka, TellsWhereTheTimeGoesForEachWayToFetch) {
  const TempFolder folder;
  const std::string figures = folder.path("kafka.json");

  const RunResult run = run_sluice({"bench", "kafka", "--events", "50000", "--keys", "10", "1000",
                                    "--runs", "1", "--json", figures});

  ASSERT_EQ(run.code, 0) << run.errors;
  for (const char* const row :
       {"direct, 10 keys", "direct, sliding, 1000 keys", "librdkafka, 1000 keys",
        "by hand, 10 keys", "direct, packed, 1000 keys"}) {
    EXPECT_THAT(run.output, HasSubstr(row));
  }
  const std::string chart = folder.path("kafka.svg");
  Process draw({"python3", std::string(std::getenv("SLUICE_SOURCE_DIR")) + "/bench/draw_kafka.py",
                figures, chart});
  const auto ending = draw.wait();
  ASSERT_TRUE(ending.has_value());
  ASSERT_EQ(ending->code, 0) << draw.errors();
  for (const char* const part : {"<svg", "librdkafka, 1,000 keys", "decompress", "</svg>"}) {
    EXPECT_THAT(content_of(chart), HasSubstr(part));
  }
}

TEST(BenchKafka, SaysWhenNoBrokerAnswers) {
  const RunResult run =
      run_sluice({"bench", "kafka", "--brokers", "127.0.0.1:1", "--events", "10", "--runs", "1"});

  EXPECT_EQ(run.code, 1);
  EXPECT_THAT(run.errors, HasSubstr("127.0.0.1:1"));
}

}  // namespace
}  // namespace sluice::system_test
