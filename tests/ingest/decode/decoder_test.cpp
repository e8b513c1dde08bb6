#include "ingest/decode/decoder.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/ingest/decode/decoding.hpp"

namespace sluice::testing {
namespace {

using ::testing::ElementsAre;

Format lines_format() {
  Format format = format_of(FormatType::json, Framing::lines);
  format.keys = {key("k")};
  format.values = {int64_value("v")};
  return format;
}

std::vector<EventTime> times_of(const DecodedEvents& events) {
  return {events.time, events.time + events.size};
}

TEST(Decoder, FillsEveryColumn) {
  Decoding decoding(lines_format());

  EXPECT_EQ(decoding.run({R"({"t":5,"k":7,"v":1})"
                          "\n",
                          R"({"t":3,"k":8})"
                          "\n"
                          R"({"t":9,"k":7,"v":-2})"}),
            2U);

  const EventColumns columns = decoding.events().columns();
  ASSERT_EQ(columns.size, 3U);
  EXPECT_THAT(times_of(decoding.events()), ElementsAre(5, 3, 9));
  EXPECT_THAT(std::vector(columns.key.low, columns.key.low + 3), ElementsAre(7, 8, 7));
  EXPECT_EQ(columns.key.high, nullptr);
  ASSERT_EQ(columns.value_count, 1U);
  EXPECT_THAT(std::vector(columns.values[0].valid, columns.values[0].valid + 3),
              ElementsAre(1, 0, 1));
  EXPECT_EQ(decoding.bits(0, 0), 1);
  EXPECT_EQ(decoding.bits(0, 1), std::nullopt);
  EXPECT_EQ(decoding.bits(0, 2), -2);
  EXPECT_EQ(decoding.events().min_time, 3);
  EXPECT_EQ(decoding.events().max_time, 9);
  EXPECT_EQ(decoding.events().extents[2].message, 1U);
  EXPECT_EQ(decoding.bytes_of(decoding.events().extents[2]), R"({"t":9,"k":7,"v":-2})");
}

TEST(Decoder, ColumnsThatAgreeAreLeftOut) {
  Decoding decoding(lines_format());

  decoding.run({R"({"t":1,"k":7,"v":1})"});
  EXPECT_EQ(decoding.events().columns().values[0].valid, nullptr);
  EXPECT_EQ(decoding.events().columns().key.high, nullptr);
  EXPECT_EQ(decoding.events().columns().partition, nullptr);

  decoding.run({R"({"t":1,"k":"7","v":1})"});
  EXPECT_NE(decoding.events().columns().key.high, nullptr);
}

TEST(Decoder, PartitionsAreKeptWhenTheyDiffer) {
  SourceBlock block = block_of({R"({"t":1})", R"({"t":2})", R"({"t":3})"});
  block.messages[0].partition = 4;
  block.messages[1].partition = 4;
  block.messages[2].partition = 2;
  Decoding decoding(lines_format());

  decoding.run(std::move(block), 0);

  const EventColumns columns = decoding.events().columns();
  EXPECT_FALSE(decoding.events().one_partition);
  ASSERT_NE(columns.partition, nullptr);
  EXPECT_THAT(std::vector(columns.partition, columns.partition + 3), ElementsAre(4, 4, 2));
}

TEST(Decoder, OnePartitionIsNamedOnce) {
  SourceBlock block = block_of({R"({"t":1})", R"({"t":2})"});
  for (Message& message : block.messages) message.partition = 4;
  Decoding decoding(lines_format());

  decoding.run(std::move(block), 0);

  EXPECT_EQ(decoding.events().columns().partition, nullptr);
  EXPECT_EQ(decoding.events().columns().single_partition, 4);
}

TEST(Decoder, TombstonesAreCountedAndNothingElse) {
  SourceBlock block = block_of({"", R"({"t":2})", ""});
  block.messages[0].tombstone = true;
  block.messages[2].tombstone = true;
  Decoding decoding(lines_format());

  EXPECT_EQ(decoding.run(std::move(block), 0), 3U);

  EXPECT_EQ(decoding.events().tombstones, 2U);
  EXPECT_EQ(decoding.events().size, 1U);
  EXPECT_TRUE(decoding.events().malformed_events.empty());
}

TEST(Decoder, MalformedEventsAreCountedWithTheirBytesAndField) {
  Decoding decoding(lines_format());

  decoding.run({"{\"t\":1}\nnonsense\n{\"t\":2,\"v\":\"x\"}\n{\"k\":3}\n{\"t\":4}\n"});

  const DecodedEvents& events = decoding.events();
  EXPECT_THAT(times_of(events), ElementsAre(1, 4));
  ASSERT_EQ(events.malformed_events.size(), 3U);
  EXPECT_EQ(events.malformed_events[0].reason, Malformed::syntax);
  EXPECT_EQ(decoding.bytes_of(events.malformed_events[0].extent), "nonsense");
  EXPECT_EQ(events.malformed_events[1].reason, Malformed::bad_value);
  EXPECT_EQ(events.malformed_events[1].field, "v");
  EXPECT_EQ(events.malformed_events[2].reason, Malformed::missing_time);
  EXPECT_EQ(events.malformed_events[2].field, "t");
  EXPECT_EQ(events.malformed[static_cast<std::size_t>(Malformed::syntax)], 1U);
  EXPECT_EQ(events.malformed[static_cast<std::size_t>(Malformed::bad_value)], 1U);
  EXPECT_EQ(events.malformed[static_cast<std::size_t>(Malformed::missing_time)], 1U);
}

TEST(Decoder, StopsBeforeTheMessageThatDoesNotFit) {
  const std::vector<std::string> messages = {"{\"t\":1}\n{\"t\":2}\n", "{\"t\":3}\nbad\n{\"t\":4}",
                                             "{\"t\":5}"};
  Decoding decoding(lines_format(), 4);

  EXPECT_EQ(decoding.run(block_of(messages), 0), 1U);
  EXPECT_THAT(times_of(decoding.events()), ElementsAre(1, 2));
  EXPECT_TRUE(decoding.events().malformed_events.empty());
  EXPECT_EQ(decoding.events().malformed[static_cast<std::size_t>(Malformed::syntax)], 0U);
  EXPECT_EQ(decoding.events().max_time, 2);

  EXPECT_EQ(decoding.run(block_of(messages), 1), 3U);
  EXPECT_THAT(times_of(decoding.events()), ElementsAre(3, 4, 5));
  EXPECT_EQ(decoding.events().min_time, 3);
}

TEST(Decoder, ABatchThatIsFullToTheLastPlaceIsNotOverfull) {
  Decoding decoding(lines_format(), 2);

  EXPECT_EQ(decoding.run({"{\"t\":1}\n{\"t\":2}\n"}), 1U);

  EXPECT_EQ(decoding.events().size, 2U);
}

TEST(Decoder, AMessageBeyondTheCapacityIsMalformedOnce) {
  const std::vector<std::string> messages = {"{\"t\":1}\n{\"t\":2}\n{\"t\":3}", "{\"t\":4}"};
  Decoding decoding(lines_format(), 2);

  EXPECT_EQ(decoding.run(messages), 2U);

  EXPECT_THAT(times_of(decoding.events()), ElementsAre(4));
  ASSERT_EQ(decoding.events().malformed_events.size(), 1U);
  EXPECT_EQ(decoding.events().malformed_events[0].reason, Malformed::too_large);
  EXPECT_EQ(decoding.bytes_of(decoding.events().malformed_events[0].extent), messages[0]);
}

TEST(Decoder, ATruncatedMessageIsMalformedOnce) {
  SourceBlock block = block_of({"{\"t\":1}\n{\"t\":2}\n{\"t\"", "{\"t\":4}"});
  block.messages[0].truncated = true;
  Decoding decoding(lines_format());

  EXPECT_EQ(decoding.run(std::move(block), 0), 2U);

  EXPECT_THAT(times_of(decoding.events()), ElementsAre(4));
  ASSERT_EQ(decoding.events().malformed_events.size(), 1U);
  EXPECT_EQ(decoding.events().malformed_events[0].reason, Malformed::too_large);
}

TEST(Decoder, MalformedEventsTakePlacesToo) {
  Decoding decoding(lines_format(), 3);

  EXPECT_EQ(decoding.run({"x\ny\n", "{\"t\":1}\n{\"t\":2}"}), 1U);

  EXPECT_EQ(decoding.events().malformed_events.size(), 2U);
  EXPECT_EQ(decoding.events().size, 0U);
}

TEST(Decoder, TheTransportCanGiveTheTime) {
  Format format = lines_format();
  format.event_time = {};
  format.event_time.from_transport = true;
  SourceBlock block = block_of({R"({"k":1})", R"({"k":2})", R"({"k":3})", R"({"k":4})"});
  block.messages[0].timestamp = 1'700'000'000'000;
  block.messages[1].timestamp = -5;
  block.messages[2].timestamp = max_event_time + 1;
  block.messages[3].timestamp = start_of_time;
  Decoding decoding(format);

  decoding.run(std::move(block), 0);

  EXPECT_THAT(times_of(decoding.events()), ElementsAre(1'700'000'000'000, -5));
  ASSERT_EQ(decoding.events().malformed_events.size(), 2U);
  EXPECT_EQ(decoding.events().malformed_events[0].reason, Malformed::bad_time);
  EXPECT_EQ(decoding.events().malformed_events[1].reason, Malformed::missing_time);
}

TEST(Decoder, WithoutKeyColumnsThereIsOneGlobalKey) {
  Format format = lines_format();
  format.keys.clear();
  Decoding decoding(format);

  decoding.run({"{\"t\":1}\n{\"t\":2,\"k\":9}"});

  EXPECT_EQ(decoding.events().key_low[0], 0U);
  EXPECT_EQ(decoding.events().key_low[1], 0U);
  EXPECT_EQ(decoding.events().columns().key.high, nullptr);
  EXPECT_EQ(decoding.key_of(0), "");
}

TEST(Decoder, SeveralKeyColumnsAreOneKey) {
  Format format = lines_format();
  format.keys = {key("a"), key("b")};
  Decoding decoding(format);

  decoding.run({R"({"t":1,"a":"x","b":1})"
                "\n"
                R"({"t":1,"b":1,"a":"x"})"
                "\n"
                R"({"t":1,"a":"x","b":"1"})"
                "\n"
                R"({"t":1,"a":"x"})"});

  const DecodedEvents& events = decoding.events();
  ASSERT_EQ(events.size, 4U);
  EXPECT_EQ(events.key_low[0], events.key_low[1]);
  EXPECT_NE(events.key_low[0], events.key_low[2]);
  EXPECT_NE(events.key_low[0], events.key_low[3]);
  EXPECT_EQ(decoding.key_text(1), R"("x",1)");
  EXPECT_EQ(decoding.key_text(2), R"("x","1")");
  EXPECT_EQ(decoding.key_text(3), R"("x",null)");
}

TEST(Decoder, ANewDecoderCanReadAKeyAgain) {
  const Format format = lines_format();
  Decoding decoding(format);
  decoding.run({R"({"t":1,"k":"a\u00e9b"})"
                "\n"
                R"({"t":2,"k":"plain"})"});

  Decoder other(format);

  EXPECT_EQ(other.key_of(decoding.block(), decoding.events().extents[0]), decoding.key_of(0));
  EXPECT_EQ(decoding.key_text(0), "\"a\u00e9b\"");
  EXPECT_EQ(decoding.key_text(1), "\"plain\"");
}

TEST(Decoder, OneFieldCanServeManyColumns) {
  Format format = lines_format();
  format.event_time.path = path("x");
  format.keys = {key("x")};
  format.values = {int64_value("x"), double_value("x"), decimal_value("x", 3)};
  Decoding decoding(format);

  decoding.run({R"({"x":12})"});

  EXPECT_EQ(decoding.events().time[0], 12);
  EXPECT_EQ(decoding.events().key_low[0], 12U);
  EXPECT_EQ(decoding.bits(0, 0), 12);
  EXPECT_EQ(decoding.real(1, 0), 12.0);
  EXPECT_EQ(decoding.bits(2, 0), 12'000);
}

TEST(Decoder, NothingIsDecodedFromNothing) {
  Decoding decoding(lines_format());

  EXPECT_EQ(decoding.run(std::vector<std::string>{}), 0U);

  EXPECT_EQ(decoding.events().columns().size, 0U);
}

}  // namespace
}  // namespace sluice::testing
