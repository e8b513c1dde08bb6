#include "ingest/decode/event_time.hpp"

#include <optional>
#include <string_view>

#include <gtest/gtest.h>

#include "ingest/decode/number.hpp"

namespace sluice {
namespace {

std::optional<EventTime> time_of(std::string_view text, TimeUnit unit) {
  Scalar number;
  EXPECT_EQ(scan_number(text, number), text.size()) << text;
  return to_event_time(number, unit);
}

TEST(EventTime, FinerUnitsAreFlooredToMilliseconds) {
  EXPECT_EQ(time_of("1700000000", TimeUnit::seconds), 1'700'000'000'000);
  EXPECT_EQ(time_of("1700000000123", TimeUnit::milliseconds), 1'700'000'000'123);
  EXPECT_EQ(time_of("1700000000123999", TimeUnit::microseconds), 1'700'000'000'123);
  EXPECT_EQ(time_of("1700000000123999999", TimeUnit::nanoseconds), 1'700'000'000'123);
}

TEST(EventTime, NegativeTimesAreFlooredDownwards) {
  EXPECT_EQ(time_of("-1", TimeUnit::milliseconds), -1);
  EXPECT_EQ(time_of("-1", TimeUnit::microseconds), -1);
  EXPECT_EQ(time_of("-1000", TimeUnit::microseconds), -1);
  EXPECT_EQ(time_of("-1001", TimeUnit::microseconds), -2);
  EXPECT_EQ(time_of("-1", TimeUnit::nanoseconds), -1);
  EXPECT_EQ(time_of("-0.0001", TimeUnit::seconds), -1);
  EXPECT_EQ(time_of("-0", TimeUnit::seconds), 0);
}

TEST(EventTime, FractionsAreFlooredFromTheirDigits) {
  EXPECT_EQ(time_of("1700000000.123", TimeUnit::seconds), 1'700'000'000'123);
  EXPECT_EQ(time_of("1700000000.1239999", TimeUnit::seconds), 1'700'000'000'123);
  EXPECT_EQ(time_of("0.99999999999999999999999999999999", TimeUnit::milliseconds), 0);
  EXPECT_EQ(time_of("-0.00000000000000000000000000000001", TimeUnit::milliseconds), -1);
  EXPECT_EQ(time_of("1700000000.12300000000000000000000", TimeUnit::seconds), 1'700'000'000'123);
  EXPECT_EQ(time_of("-1700000000.1230000000000000000001", TimeUnit::seconds), -1'700'000'000'124);
  EXPECT_EQ(time_of("1.7e9", TimeUnit::seconds), 1'700'000'000'000);
}

TEST(EventTime, TheRangeIsTwoToTheFiftyThree) {
  EXPECT_EQ(time_of("9007199254740992", TimeUnit::milliseconds), max_event_time);
  EXPECT_EQ(time_of("-9007199254740992", TimeUnit::milliseconds), -max_event_time);
  EXPECT_EQ(time_of("9007199254740992.9", TimeUnit::milliseconds), max_event_time);
  EXPECT_EQ(time_of("9007199254740993", TimeUnit::milliseconds), std::nullopt);
  EXPECT_EQ(time_of("-9007199254740993", TimeUnit::milliseconds), std::nullopt);
  EXPECT_EQ(time_of("-9007199254740992.1", TimeUnit::milliseconds), std::nullopt);
  EXPECT_EQ(time_of("9007199254740", TimeUnit::seconds), 9'007'199'254'740'000);
  EXPECT_EQ(time_of("9007199254741", TimeUnit::seconds), std::nullopt);
  EXPECT_EQ(time_of("18446744073709552", TimeUnit::seconds), std::nullopt);
  EXPECT_EQ(time_of("1e300", TimeUnit::nanoseconds), std::nullopt);
  EXPECT_EQ(time_of("1e-300", TimeUnit::seconds), 0);
}

TEST(EventTime, NumbersAndTextAreNotTakenForEachOther) {
  Scalar text;
  text.kind = Scalar::Kind::string;
  text.text = "1700000000000";
  text.length = 13;
  EXPECT_EQ(to_event_time(text, TimeUnit::milliseconds), std::nullopt);
  EXPECT_EQ(time_of("1700000000000", TimeUnit::iso8601), std::nullopt);
  text.kind = Scalar::Kind::boolean;
  EXPECT_EQ(to_event_time(text, TimeUnit::milliseconds), std::nullopt);
}

TEST(Iso8601, ReadsDateTimeAndOffset) {
  EXPECT_EQ(parse_iso8601("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(parse_iso8601("2023-11-14T22:13:20Z"), 1'700'000'000'000);
  EXPECT_EQ(parse_iso8601("2023-11-14 22:13:20"), 1'700'000'000'000);
  EXPECT_EQ(parse_iso8601("2023-11-14t22:13:20z"), 1'700'000'000'000);
  EXPECT_EQ(parse_iso8601("2023-11-15T00:13:20+02:00"), 1'700'000'000'000);
  EXPECT_EQ(parse_iso8601("2023-11-14T16:43:20-0530"), 1'700'000'000'000);
  EXPECT_EQ(parse_iso8601("2023-11-14T23:13:20+01"), 1'700'000'000'000);
  EXPECT_EQ(parse_iso8601("2023-11-14T22:13Z"), 1'699'999'980'000);
}

TEST(Iso8601, FractionsAreFloored) {
  EXPECT_EQ(parse_iso8601("1970-01-01T00:00:00.5Z"), 500);
  EXPECT_EQ(parse_iso8601("1970-01-01T00:00:00.123999999999Z"), 123);
  EXPECT_EQ(parse_iso8601("1970-01-01T00:00:00,007"), 7);
  EXPECT_EQ(parse_iso8601("1969-12-31T23:59:59.9999Z"), -1);
  EXPECT_EQ(parse_iso8601("1969-12-31T23:59:59.0001Z"), -1000);
}

TEST(Iso8601, KnowsTheCalendar) {
  EXPECT_EQ(parse_iso8601("2000-02-29T00:00:00Z"), 951'782'400'000);
  EXPECT_EQ(parse_iso8601("2024-02-29T00:00:00Z"), 1'709'164'800'000);
  EXPECT_EQ(parse_iso8601("0000-01-01T00:00:00Z"), -62'167'219'200'000);
  EXPECT_EQ(parse_iso8601("9999-12-31T23:59:59.999Z"), 253'402'300'799'999);
  for (const char* text : {"1900-02-29T00:00:00Z", "2023-02-29T00:00:00Z", "2023-04-31T00:00:00Z",
                           "2023-00-10T00:00:00Z", "2023-13-10T00:00:00Z", "2023-01-00T00:00:00Z",
                           "2023-01-32T00:00:00Z"}) {
    EXPECT_EQ(parse_iso8601(text), std::nullopt) << text;
  }
}

TEST(Iso8601, RefusesWhatIsNoTime) {
  for (const char* text : {"",
                           "2023",
                           "2023-11-14",
                           "2023-11-14T",
                           "2023-11-14T22",
                           "2023-11-14T24:00:00Z",
                           "2023-11-14T22:60:00Z",
                           "2023-11-14T22:13:60Z",
                           "2016-12-31T23:59:60Z",
                           "2023-11-14T22:13:20.Z",
                           "2023-11-14T22:13.5Z",
                           "2023-11-14T22:13:20+",
                           "2023-11-14T22:13:20+1",
                           "2023-11-14T22:13:20+24:00",
                           "2023-11-14T22:13:20+01:60",
                           "2023-11-14T22:13:20 Z",
                           "2023-11-14T22:13:20Zx",
                           " 2023-11-14T22:13:20Z",
                           "2023-1-14T22:13:20Z",
                           "-023-11-14T22:13:20Z",
                           "2023/11/14T22:13:20Z",
                           "20231114T221320Z",
                           "2023-11-14X22:13:20Z",
                           "2023-11-14T22:13:20+01:",
                           "1700000000000",
                           "2023-11-14T2a:13:20Z"}) {
    EXPECT_EQ(parse_iso8601(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace sluice
