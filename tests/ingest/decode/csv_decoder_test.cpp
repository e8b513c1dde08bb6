#include "ingest/decode/csv_decoder.hpp"

#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/ingest/decode/decoding.hpp"

namespace sluice::testing {
namespace {

using ::testing::ElementsAre;

// Columns t, k, i (int64), f (double), d (decimal(2)).
Format csv_format(Framing framing = Framing::lines) {
  Format format = format_of(FormatType::csv, framing);
  format.csv.columns = {"t", "k", "i", "f", "d"};
  format.keys = {key("k")};
  format.values = {int64_value("i"), double_value("f"), decimal_value("d", 2)};
  return format;
}

std::vector<std::string> keys_of(Decoding& decoding) {
  std::vector<std::string> keys;
  for (std::size_t event = 0; event < decoding.events().size; ++event) {
    keys.push_back(decoding.key_text(event));
  }
  return keys;
}

TEST(CsvDecoder, ReadsRowsByName) {
  Decoding decoding(csv_format());

  decoding.run({"1,u7,42,0.5,12.5\n2,u8,-1,1e3,-0.01\r\n\r\n\n3,u9,0,.5,1"});

  ASSERT_EQ(decoding.events().size, 2U);
  EXPECT_EQ(decoding.events().malformed_events.at(0).field, "f");
  EXPECT_EQ(decoding.events().time[1], 2);
  EXPECT_THAT(keys_of(decoding), ElementsAre("\"u7\"", "\"u8\""));
  EXPECT_EQ(decoding.bits(0, 0), 42);
  EXPECT_EQ(decoding.real(1, 1), 1000.0);
  EXPECT_EQ(decoding.bits(2, 0), 1250);
  EXPECT_EQ(decoding.bits(2, 1), -1);
  EXPECT_EQ(decoding.bytes_of(decoding.events().extents[1]), "2,u8,-1,1e3,-0.01");
}

TEST(CsvDecoder, ReadsRowsByNumber) {
  Format format = format_of(FormatType::csv, Framing::lines);
  format.event_time.path = path("2");
  format.keys = {key("1")};
  Decoding decoding(format);

  decoding.run({"a,5\nb,6,more"});

  EXPECT_THAT(keys_of(decoding), ElementsAre("\"a\"", "\"b\""));
  EXPECT_EQ(decoding.events().time[1], 6);
}

TEST(CsvDecoder, AnUnquotedEmptyFieldIsNullAndAQuotedOneIsEmpty) {
  Decoding decoding(csv_format());

  decoding.run({"1,,,,\n1,\"\",,,\n"});

  EXPECT_THAT(keys_of(decoding), ElementsAre("null", "\"\""));
  EXPECT_EQ(decoding.bits(0, 0), std::nullopt);
  EXPECT_EQ(decoding.verdict("1,a,\"\",,"), "bad_value i");
  EXPECT_EQ(decoding.verdict(",a,1,,"), "missing_time t");
}

TEST(CsvDecoder, QuotesHoldDelimitersLineEndsAndQuotes) {
  Decoding decoding(csv_format());

  decoding.run(
      {"1,\"a,b\",1,,\n2,\"line\r\nend\",2,,\r\n3,\"say \"\"hi\"\"\",3,,\n4,\"\"\"\",4,,\n"
       "\"5\",a\"b,\"5\",\"1.5\",\"2.25\"\r\n"});

  EXPECT_THAT(keys_of(decoding),
              ElementsAre("\"a,b\"", "\"line\r\nend\"", "\"say \"hi\"\"", "\"\"\"", "\"a\"b\""));
  EXPECT_EQ(decoding.events().time[4], 5);
  EXPECT_EQ(decoding.bits(2, 4), 225);
  EXPECT_EQ(decoding.bytes_of(decoding.events().extents[1]), "2,\"line\r\nend\",2,,");
}

TEST(CsvDecoder, EmptyLinesBetweenRowsAreSkipped) {
  Decoding decoding(csv_format());

  decoding.run({"\n\r\n1,a,1,,\n\r\n\n2,b,1,,\n\n\r"});

  EXPECT_THAT(keys_of(decoding), ElementsAre("\"a\"", "\"b\""));
  EXPECT_TRUE(decoding.events().malformed_events.empty());
}

TEST(CsvDecoder, BrokenQuotesSpoilTheirLineOnly) {
  Decoding decoding(csv_format());

  decoding.run({"1,a,1,,\n2,\"b\"x,2,,\n3,c,3,,\n4,\"d\n5,e,5,,"});

  EXPECT_EQ(decoding.events().malformed[static_cast<std::size_t>(Malformed::syntax)], 2U);
  EXPECT_THAT(keys_of(decoding), ElementsAre("\"a\"", "\"c\"", "\"e\""));
}

TEST(CsvDecoder, AShortRowIsOfWrongLength) {
  Decoding decoding(csv_format());
  EXPECT_EQ(decoding.verdict("1,a,1,2"), "wrong_length");
  EXPECT_EQ(decoding.verdict("1"), "wrong_length");
  EXPECT_EQ(decoding.verdict("1,a,1,2,3,4,5"), "ok");
}

TEST(CsvDecoder, DelimiterAndQuoteCanBeOthers) {
  Format format = csv_format();
  format.csv.delimiter = '\t';
  format.csv.quote = '\'';
  Decoding decoding(format);

  decoding.run({"1\ta,b\t1\t\t\n2\t'c\td'\t1\t\t\n3\t\"\t1\t\t"});

  EXPECT_THAT(keys_of(decoding), ElementsAre("\"a,b\"", "\"c\td\"", "\"\"\""));
}

TEST(CsvDecoder, TheFirstLineAtOffsetZeroIsTheHeader) {
  Format format = csv_format();
  format.csv.header = true;
  format.csv.columns.clear();
  SourceBlock block =
      block_of({"\xEF\xBB\xBF"
                "d,\"k\",t,f,i\r\n1.5,a,7,0.5,3\n",
                "2.5,b,8,0.5,4\n"});
  block.messages[0].offset = 0;
  Decoding decoding(format);

  decoding.run(std::move(block), 0);

  EXPECT_THAT(keys_of(decoding), ElementsAre("\"a\"", "\"b\""));
  EXPECT_EQ(decoding.events().time[1], 8);
  EXPECT_EQ(decoding.bits(2, 1), 250);
  EXPECT_TRUE(decoding.events().malformed_events.empty());
}

TEST(CsvDecoder, ADecoderThatSawNoHeaderIsGivenTheColumns) {
  Format format = csv_format();
  format.csv.header = true;
  Decoding decoding(format);

  decoding.run({"7,a,1,0.5,1\n"});
  EXPECT_THAT(keys_of(decoding), ElementsAre("\"a\""));

  SourceBlock block = block_of({"t,k,i,f,d\n8,b,1,0.5,1\n"});
  block.messages[0].offset = 0;
  decoding.run(std::move(block), 0);
  EXPECT_THAT(keys_of(decoding), ElementsAre("\"b\""));
}

TEST(CsvDecoder, AHeaderAloneHoldsNoEvents) {
  Format format = csv_format(Framing::message);
  format.csv.header = true;
  SourceBlock block = block_of({"t,k,i,f,d"});
  block.messages[0].offset = 0;
  Decoding decoding(format);

  EXPECT_EQ(decoding.run(std::move(block), 0), 1U);

  EXPECT_EQ(decoding.events().size + decoding.events().malformed_events.size(), 0U);
}

TEST(CsvDecoder, ANameThatNoHeaderHasIsMissing) {
  Format format = csv_format();
  format.values.push_back(int64_value("nowhere"));
  Decoding decoding(format);

  decoding.run({"1,a,1,2,3"});

  ASSERT_EQ(decoding.events().size, 1U);
  EXPECT_EQ(decoding.bits(3, 0), std::nullopt);
}

TEST(CsvDecoder, AMessageIsOneRow) {
  Decoding decoding(csv_format(Framing::message));
  EXPECT_EQ(decoding.verdict("1,a,1,2,3"), "ok");
  EXPECT_EQ(decoding.verdict("1,a,1,2,3\r\n"), "ok");
  EXPECT_EQ(decoding.verdict("1,a,1,2,3\n2,b,1,2,3"), "syntax");
  EXPECT_EQ(decoding.verdict("1,a"), "wrong_length");
  EXPECT_EQ(decoding.verdict(""), "wrong_length");
  EXPECT_EQ(decoding.verdict("1,\"a\"b,1,2,3"), "syntax");
}

TEST(CsvDecoder, ValuesAreReadAsTheirType) {
  Decoding decoding(csv_format());
  EXPECT_EQ(decoding.verdict("1,a,1.0,,"), "bad_value i");
  EXPECT_EQ(decoding.verdict("1,a, 1,,"), "bad_value i");
  EXPECT_EQ(decoding.verdict("1,a,007,,"), "ok");
  EXPECT_EQ(decoding.verdict("1,a,9223372036854775808,,"), "out_of_range i");
  EXPECT_EQ(decoding.verdict("1,a,,nan,"), "non_finite f");
  EXPECT_EQ(decoding.verdict("1,a,,1e400,"), "out_of_range f");
  EXPECT_EQ(decoding.verdict("1,a,,,1.005"), "too_precise d");
  EXPECT_EQ(decoding.verdict("1.9,a,,,"), "ok");
  EXPECT_EQ(decoding.verdict("x,a,,,"), "bad_time t");
  EXPECT_EQ(decoding.verdict("1,\xFF,,,"), "bad_key k");
}

TEST(CsvDecoder, KeysAreTextUnlessTheyAreDeclared) {
  Format format = csv_format();
  Decoding untyped(format);
  untyped.run({"1,7,,,\n"});
  EXPECT_EQ(untyped.key_text(0), "\"7\"");

  format.keys = {key("k", KeyType::int64)};
  Decoding integers(format);
  integers.run({"1,7,,,\n1,,,,"});
  EXPECT_THAT(keys_of(integers), ElementsAre("7", "null"));
  EXPECT_EQ(integers.verdict("1,x,,,"), "bad_key k");
  EXPECT_EQ(integers.verdict("1,7.0,,,"), "bad_key k");

  format.keys = {key("k", KeyType::boolean)};
  Decoding booleans(format);
  booleans.run({"1,true,,,\n1,false,,,"});
  EXPECT_THAT(keys_of(booleans), ElementsAre("true", "false"));
  EXPECT_EQ(booleans.verdict("1,True,,,"), "bad_key k");
}

// The end of one message and the begin of the next make up a character, but neither is text.
TEST(CsvDecoder, NoCharacterReachesOverTheEndOfAMessage) {
  Format format = csv_format();
  format.framing = Framing::message;
  format.keys = {key("d", KeyType::string)};
  format.values.clear();
  Decoding decoding(format);

  decoding.run({"1,,,,b", "1,,,,a\xC3", "\xA9,,,,c", "1,,,,d"});

  EXPECT_EQ(decoding.verdict("1,,,,a\xC3"), "bad_key d");
  EXPECT_EQ(decoding.verdict("\xA9,,,,c"), "bad_time t");
  decoding.run({"1,,,,b", "1,,,,a\xC3", "\xA9,,,,c", "1,,,,d"});
  EXPECT_EQ(decoding.events().size, 2U);
}

TEST(CsvDecoder, TimesCanBeText) {
  Format format = csv_format();
  format.event_time.unit = TimeUnit::iso8601;
  Decoding decoding(format);

  decoding.run({"2023-11-14 22:13:20,a,,,"});

  ASSERT_EQ(decoding.events().size, 1U);
  EXPECT_EQ(decoding.events().time[0], 1'700'000'000'000);
}

// Rows made of known fields come back; any bytes at all leave every row somewhere.
TEST(CsvDecoder, AnyFieldsComeBack) {
  constexpr std::uint64_t seed = 77;
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  std::mt19937_64 random(seed);
  const std::string alphabet = "ab\"\"\r\n,,  xyz0123";
  Decoding decoding(csv_format());
  for (int round = 0; round < 200; ++round) {
    std::string lines;
    std::vector<std::string> expected;
    for (int row = 0; row < 20; ++row) {
      std::string text;
      std::string quoted = "\"";
      for (std::uint64_t length = random() % 20; length > 0; --length) {
        const char byte = alphabet[random() % alphabet.size()];
        text += byte;
        quoted += byte;
        if (byte == '"') quoted += byte;
      }
      quoted += '"';
      expected.push_back("\"" + text + "\"");
      lines += "1," + quoted + ",2,,3" + (random() % 2 == 0 ? "\n" : "\r\n");
    }
    decoding.run({lines});
    ASSERT_EQ(keys_of(decoding), expected);
  }
}

TEST(CsvDecoder, AnyBytesAreRowsOrMalformed) {
  constexpr std::uint64_t seed = 78;
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  std::mt19937_64 random(seed);
  const std::string alphabet = "1,1,\"\r\n.-e\xFF ab";
  Decoding decoding(csv_format());
  for (int round = 0; round < 5000; ++round) {
    std::string lines;
    for (std::uint64_t length = random() % 60; length > 0; --length) {
      lines += alphabet[random() % alphabet.size()];
    }
    decoding.run({lines});
    std::uint32_t behind = 0;
    std::size_t covered = decoding.events().size + decoding.events().malformed_events.size();
    for (std::size_t event = 0; event < decoding.events().size; ++event) {
      const EventExtent extent = decoding.events().extents[event];
      EXPECT_GE(extent.begin, behind);
      behind = extent.begin + extent.length;
    }
    EXPECT_LE(behind, lines.size());
    EXPECT_LE(covered, lines.size());
  }
}

}  // namespace
}  // namespace sluice::testing
