#include "ingest/event_cutter.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/ingest/formats.hpp"

namespace sluice {
namespace {

using testing_formats::binary_rows;
using testing_formats::csv;
using testing_formats::csv_dialect;
using testing_formats::json;

struct Cut {
  std::string text;
  std::size_t first;
  std::size_t whole;
};

void expect_cuts(const EventCutter& cutter, const std::vector<Cut>& table) {
  for (const Cut& row : table) {
    EXPECT_EQ(cutter.first_event(row.text), row.first) << '<' << row.text << '>';
    EXPECT_EQ(cutter.whole_events(row.text), row.whole) << '<' << row.text << '>';
  }
}

TEST(EventCutter, EndsJsonEventsAtLineEnds) {
  const EventCutter cutter(json(Framing::lines));

  expect_cuts(cutter, {{"", 0, 0},
                       {"{}", 0, 0},
                       {"{}\n", 3, 3},
                       {"{}\n{", 3, 3},
                       {"\n\n{}\n{}\r\n", 1, 9},
                       {"\"\n\"\n", 2, 4}});
}

TEST(EventCutter, DoesNotEndCsvEventsInsideQuotes) {
  const EventCutter cutter(csv(false));

  expect_cuts(cutter, {{"a,b\n", 4, 4},
                       {"a,b", 0, 0},
                       {"\"a\nb\",c\n", 8, 8},
                       {"\"a\nb", 0, 0},
                       {"x\n\"a\nb", 2, 2},
                       {"x,\"\n\"\ny\nz", 6, 8},
                       {"\"a\"\"\n\",1\nb\n", 9, 11},
                       {"\"\"\nb\n", 3, 5},
                       {"\"a\",\"b\"\n\"\n", 8, 8}});
}

TEST(EventCutter, TakesCsvQuotesInsideAFieldAsPlainBytes) {
  const EventCutter cutter(csv(false));

  expect_cuts(cutter, {{"5\" pipe,1\nb\n", 10, 12}, {"a\"\nb\"\n", 3, 6}});
}

TEST(EventCutter, LetsCsvQuotesThatNeverCloseSpoilTheirOwnLineOnly) {
  const EventCutter cutter(csv(false));
  std::string text = "1,\"x\n";
  while (text.size() < (2u << 20)) {
    text += "2,y\n";
  }

  EXPECT_EQ(cutter.first_event(text), 5u);
  EXPECT_EQ(cutter.first_event(text.substr(0, 1000)), 0u) << "they may still close";
  EXPECT_EQ(cutter.first_event(text.substr(5)), 4u);
}

TEST(EventCutter, HonoursTheDelimiterAndTheQuote) {
  const EventCutter cutter(csv(false, csv_dialect(';', '\'')));

  expect_cuts(cutter, {{"a;'\n'\nb\n", 6, 8}, {"a,'\n'\n", 4, 4}, {"a;\"\n", 4, 4}});
}

TEST(EventCutter, EndsBinaryEventsAfterWholeRows) {
  const EventCutter cutter(binary_rows(9));

  expect_cuts(cutter, {{"12345678", 0, 0},
                       {"123456789", 9, 9},
                       {std::string(26, '\n'), 9, 18},
                       {std::string(27, 'x'), 9, 27}});
}

TEST(EventCutter, JoinsNoEventsOfJsonInMessageFraming) {
  EXPECT_FALSE(EventCutter(json(Framing::message)).joins_events());
  EXPECT_TRUE(EventCutter(json(Framing::lines)).joins_events());
  EXPECT_TRUE(EventCutter(csv(false)).joins_events());
}

}  // namespace
}  // namespace sluice
