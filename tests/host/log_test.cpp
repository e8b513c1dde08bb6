#include "host/log.hpp"

#include <cmath>
#include <limits>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

namespace sluice {
namespace {

using ::testing::MatchesRegex;

constexpr std::size_t time_length = std::string_view("time=2026-11-22T01:02:03.456Z ").size();

class CapturedLog {
 public:
  explicit CapturedLog(LogFormat format, LogLevel least = LogLevel::debug)
      : logger(format, least, out_) {}

  /// Everything after the time of the only line.
  std::string rest() const { return out_.str().substr(time_length); }
  std::string text() const { return out_.str(); }

 private:
  std::ostringstream out_;

 public:
  Logger logger;
};

TEST(Log, ALogfmtLineIsTimeLevelMessageAndFieldsInTheirOrder) {
  CapturedLog log(LogFormat::logfmt);

  log.logger.info("listening", {{"address", "127.0.0.1:9465"}, {"port", 9465}, {"tls", false}});

  EXPECT_EQ(log.rest(), "level=info msg=listening address=127.0.0.1:9465 port=9465 tls=false\n");
}

TEST(Log, TheTimeIsUtcWithMilliseconds) {
  CapturedLog logfmt(LogFormat::logfmt);
  CapturedLog json(LogFormat::json);

  logfmt.logger.info("x");
  json.logger.info("x");

  EXPECT_THAT(logfmt.text(),
              MatchesRegex("time=[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}Z "
                           "level=info msg=x\n"));
  EXPECT_THAT(json.text(),
              MatchesRegex("[{]\"time\":\"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{"
                           "2}[.][0-9]{3}Z\",\"level\":\"info\",\"msg\":\"x\"[}]\n"));
}

TEST(Log, LogfmtQuotesWhatIsNotOneWord) {
  CapturedLog log(LogFormat::logfmt);

  log.logger.warn("two words", {{"empty", ""},
                                {"equals", "a=b"},
                                {"quote", R"(say "hi")"},
                                {"backslash", R"(a\b)"},
                                {"lines", "a\nb\r\tc\x1b[31m\x7f"}});

  EXPECT_EQ(log.rest(), R"(level=warn msg="two words" empty="" equals="a=b" quote="say \"hi\"" )"
                        R"(backslash="a\\b" lines="a\nb\r\tc\u001b[31m\u007f")"
                        "\n");
}

TEST(Log, AJsonLineReadsBackAsWhatWasLogged) {
  CapturedLog log(LogFormat::json);
  const std::string awkward = std::string("q\" b\\ n\n t\t nul") + '\0' + " esc\x1b ü€😀";

  log.logger.error(awkward, {{"text", awkward},
                             {"negative", -5},
                             {"large", std::numeric_limits<std::uint64_t>::max()},
                             {"ratio", 0.1},
                             {"fact", true}});

  simdjson::dom::parser parser;
  const simdjson::dom::element line = parser.parse(log.text());
  EXPECT_EQ(std::string_view(line["level"]), "error");
  EXPECT_EQ(std::string_view(line["msg"]), awkward);
  EXPECT_EQ(std::string_view(line["text"]), awkward);
  EXPECT_EQ(std::int64_t(line["negative"]), -5);
  EXPECT_EQ(std::uint64_t(line["large"]), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(double(line["ratio"]), 0.1);
  EXPECT_EQ(bool(line["fact"]), true);
  EXPECT_EQ(log.text().find('\n'), log.text().size() - 1);
}

TEST(Log, BytesThatAreNotUtf8AreReplacedInBothFormats) {
  // A stray continuation, an overlong slash, a surrogate, beyond U+10FFFF, a cut-off sequence.
  const std::vector<std::string> bad = {"\x80", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                                        "\xE2\x82"};
  for (const std::string& bytes : bad) {
    CapturedLog json(LogFormat::json);
    CapturedLog logfmt(LogFormat::logfmt);

    json.logger.info("x", {{"key", "a" + bytes + "z"}});
    logfmt.logger.info("x", {{"key", "a" + bytes + "z"}});

    simdjson::dom::parser parser;
    const std::string value(std::string_view(parser.parse(json.text())["key"]));
    EXPECT_TRUE(value.starts_with("a\xEF\xBF\xBD") && value.ends_with("\xEF\xBF\xBDz")) << value;
    EXPECT_EQ(logfmt.rest(), "level=info msg=x key=\"" + value + "\"\n");
  }
}

TEST(Log, NumbersThatJsonCannotSpellBecomeText) {
  CapturedLog log(LogFormat::json);

  log.logger.info("x", {{"nan", std::nan("")}, {"inf", -std::numeric_limits<double>::infinity()}});

  EXPECT_THAT(log.text(), ::testing::EndsWith(R"("msg":"x","nan":"NaN","inf":"-Infinity"})"
                                              "\n"));
}

TEST(Log, PercentSignsAndBracesAreText) {
  CapturedLog log(LogFormat::logfmt);

  log.logger.info("%v{}%%", {{"a", "{0}%d"}});

  EXPECT_EQ(log.rest(), "level=info msg=%v{}%% a={0}%d\n");
}

TEST(Log, LevelsBelowTheLeastAreNotWritten) {
  CapturedLog log(LogFormat::logfmt, LogLevel::warn);

  log.logger.debug("no");
  log.logger.info("no");
  log.logger.warn("yes");

  EXPECT_EQ(log.rest(), "level=warn msg=yes\n");
}

TEST(Log, LinesOfSeveralThreadsDoNotMix) {
  constexpr int threads = 4;
  constexpr int lines = 200;
  std::ostringstream out;
  Logger logger(LogFormat::logfmt, LogLevel::info, out);

  {
    std::vector<std::jthread> writers;
    for (int t = 0; t < threads; ++t) {
      writers.emplace_back([&logger, t] {
        for (int i = 0; i < lines; ++i) logger.info("line", {{"thread", t}, {"i", i}});
      });
    }
  }

  std::istringstream written(out.str());
  int count = 0;
  for (std::string line; std::getline(written, line); ++count) {
    EXPECT_THAT(line.substr(time_length),
                MatchesRegex("level=info msg=line thread=[0-3] i=[0-9]+"));
  }
  EXPECT_EQ(count, threads * lines);
}

}  // namespace
}  // namespace sluice
