#include "host/sinks/stream_sink.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/host/sinks/results.hpp"

namespace sluice {
namespace {

class StreamSinkTest : public testing::Test {
 public:
  ~StreamSinkTest() override { std::remove(path.c_str()); }

 protected:
  StreamSinkTest() { std::remove(path.c_str()); }

  /// What a sink makes of a result.
  std::string written(const Job& job, Result result) {
    StreamSink sink(job, {.path = path});
    sink.publish(result.get());
    sink.flush();
    return content();
  }
  std::string content() const {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }

  const std::string path = testing::TempDir() + "stream_sink_test.ndjson";
};

TEST_F(StreamSinkTest, WritesTheRowOfTheManual) {
  EXPECT_EQ(written(job_with({"user_id", "country"}, {"events", "revenue", "p99"}),
                    Result(1'700'000'000'000)
                        .row({std::string_view("u7"), std::monostate{}},
                             {integer(3), decimal(1250, 2), real(81)})),
            R"({"pipeline":"user-behaviour","window":"1m","window_start":1700000000000,)"
            R"("window_end":1700000060000,"key":{"user_id":"u7","country":null},)"
            R"("values":{"events":3,"revenue":12.50,"p99":81},"revision":0})"
            "\n");
}

TEST_F(StreamSinkTest, ListsTheSumsThatOverflowed) {
  EXPECT_EQ(
      written(job_with({"k"}, {"a", "b", "c"}),
              Result(0, 1, 2).row({std::int64_t{7}}, {overflowed(), integer(1), overflowed()})),
      R"({"pipeline":"user-behaviour","window":"10m","window_start":0,"window_end":600000,)"
      R"("key":{"k":7},"values":{"a":null,"b":1,"c":null},"revision":2,"overflow":["a","c"]})"
      "\n");
}

TEST_F(StreamSinkTest, AJobWithoutKeysHasAnEmptyKey) {
  EXPECT_EQ(written(job_with({}, {"n"}), Result(-60'000).row({}, {integer(1)})),
            R"({"pipeline":"user-behaviour","window":"1m","window_start":-60000,"window_end":0,)"
            R"("key":{},"values":{"n":1},"revision":0})"
            "\n");
}

TEST_F(StreamSinkTest, WritesOneLineARow) {
  const std::string text = written(
      job_with({"k"}, {"n"}),
      Result(0).row({std::string_view("two\nlines")}, {integer(1)}).row({true}, {integer(2)}));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
}

TEST_F(StreamSinkTest, AppendsToAFile) {
  const Job job = job_with({}, {"n"});
  const std::string once = written(job, Result(0).row({}, {integer(1)}));
  EXPECT_EQ(written(job, Result(0).row({}, {integer(1)})), once + once);
}

TEST_F(StreamSinkTest, ShowsRowsOnceTheyAreFlushed) {
  StreamSink sink(job_with({}, {"n"}), {.path = path});
  Result result = Result(0).row({}, {integer(1)});
  sink.publish(result.get());
  EXPECT_EQ(content(), "");
  sink.flush();
  EXPECT_NE(content(), "");
  EXPECT_EQ(sink.statistics().rows, 1u);
}

TEST_F(StreamSinkTest, NamesAPathThatCannotBeOpened) {
  try {
    const StreamSink sink(job_with({}, {"n"}), {.path = "/nonexistent/rows.ndjson"});
    FAIL() << "nothing was thrown";
  } catch (const std::runtime_error& error) {
    EXPECT_EQ(std::string(error.what()),
              "sink file /nonexistent/rows.ndjson cannot be opened: No such file or directory");
  }
}

TEST_F(StreamSinkTest, NamesAPathThatCannotBeWritten) {
  StreamSink sink(job_with({}, {"n"}), {.path = "/dev/full"});
  Result result = Result(0).row({}, {integer(1)});
  sink.publish(result.get());
  try {
    sink.flush();
    FAIL() << "nothing was thrown";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("/dev/full cannot be written: No space left"));
  }
  EXPECT_EQ(sink.statistics().errors, 1u);
}

}  // namespace
}  // namespace sluice
