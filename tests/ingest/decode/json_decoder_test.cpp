#include "ingest/decode/json_decoder.hpp"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/ingest/decode/decoding.hpp"

namespace sluice::testing {
namespace {

// Time `t`, key `k`, values `i` int64, `f` double, `d` decimal(2), `a.b.c` int64.
Format json_format(Framing framing = Framing::message) {
  Format format = format_of(FormatType::json, framing);
  format.keys = {key("k")};
  format.values = {int64_value("i"), double_value("f"), decimal_value("d", 2),
                   int64_value("a.b.c")};
  return format;
}

TEST(JsonDecoder, AcceptsOnlyWholeValidDocuments) {
  Decoding decoding(json_format());
  for (const char* document :
       {R"({"t":1})", "  {\"t\" : 1 , \"z\":[1,{\"y\":[]},null,true,false,\"\\u00e9\"] }\n",
        R"({"t":1,"z":1e300,"y":-0.5E-2})", "{\"t\":1,\"z\":\"\u00e9\"}"}) {
    EXPECT_EQ(decoding.verdict(document), "ok") << document;
  }
  for (const char* document : {"",
                               " ",
                               "{",
                               "}",
                               R"({"t":1)",
                               R"({"t":1}})",
                               R"({"t":1}{"t":2})",
                               "{\"t\":1}\n{\"t\":2}",
                               R"({"t":1,})",
                               R"({"t":01})",
                               R"({"t":1.})",
                               R"({"t":tru})",
                               R"({"t":1 "k":2})",
                               R"({"t":1,"z":[1,]})",
                               R"({"t":1,"z":nul})",
                               R"({"t":1,"z":"\x"})",
                               R"({"t":1,"z":"\ud800x"})",
                               R"({'t':1})",
                               R"({t:1})",
                               "{\"t\":1,\"z\":\"a\nb\"}",
                               "{\"t\":1,\"z\":\"\xff\"}",
                               R"({"t":1,"z":12345678901234567890123})",
                               R"({"t":1,"z":1e400})",
                               "[]",
                               "[1]",
                               "1",
                               "null",
                               "\"t\"",
                               "nonsense",
                               "{\"t\":1}x",
                               R"({"t":1,"z":NaN})",
                               "\xEF\xBB\xBF{\"t\":1}"}) {
    EXPECT_EQ(decoding.verdict(document), "syntax") << document;
  }
}

TEST(JsonDecoder, DepthIsBoundedByTheParser) {
  const auto nested = [](std::size_t depth) {
    return "{\"t\":1,\"z\":" + std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  Decoding decoding(json_format());
  EXPECT_EQ(decoding.verdict(nested(1000)), "ok");
  EXPECT_EQ(decoding.verdict(nested(1100)), "too_large");
  EXPECT_EQ(decoding.verdict(nested(100'000)), "too_large");
}

TEST(JsonDecoder, EveryNonEmptyLineIsOneDocument) {
  Decoding decoding(json_format(Framing::lines));

  decoding.run({"\n\r\n{\"t\":1}\r\n\n{\"t\":2}\n  \n{\"t\":3}\r"});

  EXPECT_EQ(decoding.events().size, 3U);
  ASSERT_EQ(decoding.events().malformed_events.size(), 1U);
  EXPECT_EQ(decoding.bytes_of(decoding.events().malformed_events[0].extent), "  ");
  EXPECT_EQ(decoding.bytes_of(decoding.events().extents[0]), "{\"t\":1}");
  EXPECT_EQ(decoding.bytes_of(decoding.events().extents[2]), "{\"t\":3}");
}

TEST(JsonDecoder, DocumentsNeverRunOverALineEnd) {
  Decoding decoding(json_format(Framing::lines));

  decoding.run(
      {"{\"i\":1,\"t\":5,\n\"f\":1}\n{\"t\":6\n{\"t\":7}\n{\"t\":8,\"z\":\"\n\"}\n{\"t\":9}"});

  ASSERT_EQ(decoding.events().size, 2U);
  EXPECT_EQ(decoding.events().time[0], 7);
  EXPECT_EQ(decoding.events().time[1], 9);
  EXPECT_EQ(decoding.events().malformed[static_cast<std::size_t>(Malformed::syntax)], 5U);
}

TEST(JsonDecoder, DocumentsNeverRunOverAMessageEnd) {
  for (const Framing framing : {Framing::message, Framing::lines}) {
    Decoding decoding(json_format(framing));
    decoding.run({"{\"t\":5}", "{\"t\":6}", "{\"t\":7}", "{\"t\":8,\"i\":12", "34}",
                  "{\"t\":9,\"k\":\"a", "b\"}", "{\"t\":1", "}"});
    EXPECT_EQ(decoding.events().size, 3U);
    EXPECT_EQ(decoding.events().malformed_events.size(), 6U);
  }
}

TEST(JsonDecoder, TheLastOfRepeatedMembersWins) {
  Decoding decoding(json_format());
  decoding.run(
      {R"({"t":1,"k":1,"t":2,"k":"x","i":1,"i":null,"a":{"b":{"c":1}},"a":{"b":{"c":2,"c":3}}})",
       R"({"t":1,"a":{"b":{"c":1}},"a":{"b":{}}})", R"({"t":1,"a":{"b":{"c":1}},"a":5})",
       R"({"t":1,"i":"x","i":4})"});

  ASSERT_EQ(decoding.events().size, 4U);
  EXPECT_EQ(decoding.events().time[0], 2);
  EXPECT_EQ(decoding.key_text(0), "\"x\"");
  EXPECT_EQ(decoding.bits(0, 0), std::nullopt);
  EXPECT_EQ(decoding.bits(3, 0), 3);
  EXPECT_EQ(decoding.bits(3, 1), std::nullopt);
  EXPECT_EQ(decoding.bits(3, 2), std::nullopt);
  EXPECT_EQ(decoding.bits(0, 3), 4);
}

TEST(JsonDecoder, NamesAreComparedUnescaped) {
  Decoding decoding(json_format());
  decoding.run(
      {R"({"\u0074":3,"\u006b":"\u0041\n\"\\","a":{"\u0062":{"c":1}}})", R"({"t ":1,"t":2})"});

  ASSERT_EQ(decoding.events().size, 2U);
  EXPECT_EQ(decoding.events().time[0], 3);
  EXPECT_EQ(decoding.key_text(0), "\"A\n\"\\\"");
  EXPECT_EQ(decoding.bits(3, 0), 1);
  EXPECT_EQ(decoding.events().time[1], 2);
}

TEST(JsonDecoder, EscapedAndPlainKeysAreTheSameKey) {
  Decoding decoding(json_format());
  decoding.run({R"({"t":1,"k":"\u00e9\ud83d\ude00"})", "{\"t\":1,\"k\":\"\u00e9\U0001F600\"}"});

  ASSERT_EQ(decoding.events().size, 2U);
  EXPECT_EQ(decoding.events().key_low[0], decoding.events().key_low[1]);
  EXPECT_EQ(decoding.events().key_high[0], decoding.events().key_high[1]);
}

TEST(JsonDecoder, PathsLeadThroughObjectsOnly) {
  Decoding decoding(json_format());
  decoding.run({R"({"t":1,"a":{"x":[{"b":9}],"b":{"z":{},"c":7}},"a.b.c":8})",
                R"({"t":1,"a":[{"b":{"c":7}}]})", R"({"t":1,"a":{"b":null}})",
                R"({"t":1,"a":"b"})"});

  ASSERT_EQ(decoding.events().size, 4U);
  EXPECT_EQ(decoding.bits(3, 0), 7);
  for (const std::size_t event : {1U, 2U, 3U}) EXPECT_EQ(decoding.bits(3, event), std::nullopt);
}

TEST(JsonDecoder, KeysComeAsTheyAre) {
  Decoding decoding(json_format());
  decoding.run({R"({"t":1,"k":1})", R"({"t":1,"k":"1"})", R"({"t":1,"k":true})",
                R"({"t":1,"k":false})", R"({"t":1,"k":null})", R"({"t":1})", R"({"t":1,"k":""})",
                R"({"t":1,"k":-9223372036854775808})"});

  ASSERT_EQ(decoding.events().size, 8U);
  const std::vector<std::string> expected = {"1",    "\"1\"", "true", "false",
                                             "null", "null",  "\"\"", "-9223372036854775808"};
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_EQ(decoding.key_text(i), expected[i]);
}

TEST(JsonDecoder, OtherKeysAreMalformed) {
  Decoding decoding(json_format());
  for (const char* document : {R"({"t":1,"k":1.0})", R"({"t":1,"k":1e3})", R"({"t":1,"k":{}})",
                               R"({"t":1,"k":[]})", R"({"t":1,"k":"\udc00"})"}) {
    const std::string verdict = decoding.verdict(document);
    EXPECT_TRUE(verdict == "bad_key k" || verdict == "syntax") << document << verdict;
  }
  EXPECT_EQ(decoding.verdict(R"({"t":1,"k":1.0})"), "bad_key k");
  EXPECT_EQ(decoding.verdict(R"({"t":1,"k":{"x":1}})"), "bad_key k");
  EXPECT_EQ(decoding.verdict(R"({"t":1,"k":9223372036854775808})"), "out_of_range k");
}

TEST(JsonDecoder, KeysLongerThanTheLimitAreMalformed) {
  Format format = json_format();
  format.max_key_bytes = 3;
  Decoding decoding(format);
  EXPECT_EQ(decoding.verdict(R"({"t":1,"k":"abc"})"), "ok");
  EXPECT_EQ(decoding.verdict(R"({"t":1,"k":"abcd"})"), "out_of_range k");
}

TEST(JsonDecoder, DeclaredKeyTypesRefuseOthers) {
  const std::vector<std::pair<KeyType, std::string>> cases = {
      {KeyType::int64, "7"}, {KeyType::string, "\"7\""}, {KeyType::boolean, "true"}};
  for (const auto& [type, own] : cases) {
    Format format = json_format();
    format.keys = {key("k", type)};
    Decoding decoding(format);
    for (const char* value : {"7", "\"7\"", "true"}) {
      const std::string verdict = decoding.verdict("{\"t\":1,\"k\":" + std::string(value) + "}");
      EXPECT_EQ(verdict, value == own ? "ok" : "bad_key k") << value;
    }
    EXPECT_EQ(decoding.verdict(R"({"t":1,"k":null})"), "ok");
  }
}

TEST(JsonDecoder, ValuesAreReadAsTheirType) {
  Decoding decoding(json_format());
  decoding.run({R"({"t":1,"i":-9223372036854775808,"f":-0.0,"d":1.500})",
                R"({"t":1,"i":9223372036854775807,"f":12345678901234567890,"d":-1.5e3})",
                R"({"t":1,"i":-0,"f":0.1,"d":90071992547409.93})"});

  ASSERT_EQ(decoding.events().size, 3U);
  EXPECT_EQ(decoding.bits(0, 0), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(decoding.bits(0, 1), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(decoding.bits(0, 2), 0);
  EXPECT_FALSE(std::signbit(*decoding.real(1, 0)));
  EXPECT_EQ(decoding.real(1, 1), 12345678901234567890.0);
  EXPECT_EQ(decoding.real(1, 2), 0.1);
  EXPECT_EQ(decoding.bits(2, 0), 150);
  EXPECT_EQ(decoding.bits(2, 1), -150'000);
  EXPECT_EQ(decoding.bits(2, 2), 9007199254740993);
}

TEST(JsonDecoder, WrongTypesAndRangesAreNamed) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"("i":1.0)", "bad_value i"},     {R"("i":1e3)", "bad_value i"},
      {R"("i":"1")", "bad_value i"},     {R"("i":true)", "bad_value i"},
      {R"("i":[1])", "bad_value i"},     {R"("i":9223372036854775808)", "out_of_range i"},
      {R"("f":"1.5")", "bad_value f"},   {R"("f":{})", "bad_value f"},
      {R"("d":"1.50")", "bad_value d"},  {R"("d":1.005)", "too_precise d"},
      {R"("d":1e17)", "out_of_range d"}, {R"("a":{"b":{"c":"x"}})", "bad_value a.b.c"},
      {R"("t":null)", "missing_time t"}, {R"("t":"1")", "bad_time t"},
      {R"("t":1e300)", "bad_time t"},    {R"("t":[])", "bad_time t"},
      {R"("i":null,"f":null)", "ok"},    {R"("d":1.5e-1)", "ok"},
  };
  Decoding decoding(json_format());
  for (const auto& [member, verdict] : cases) {
    EXPECT_EQ(decoding.verdict("{\"t\":1," + member + "}"), verdict) << member;
    EXPECT_EQ(decoding.verdict("{\"t\":1," + member + "}"), verdict) << member;
  }
}

TEST(JsonDecoder, RequiredValuesMustBeThere) {
  Format format = json_format();
  format.values[0].required = true;
  Decoding decoding(format);
  EXPECT_EQ(decoding.verdict(R"({"t":1})"), "missing_value i");
  EXPECT_EQ(decoding.verdict(R"({"t":1,"i":null})"), "missing_value i");
  EXPECT_EQ(decoding.verdict(R"({"t":1,"i":0})"), "ok");
}

TEST(JsonDecoder, TimesCanBeText) {
  Format format = json_format();
  format.event_time.unit = TimeUnit::iso8601;
  Decoding decoding(format);
  decoding.run({R"({"t":"2023-11-14T22:13:20.5Z"})", R"({"t":"2023-11-14T22:13:20\u002e5Z"})"});

  ASSERT_EQ(decoding.events().size, 2U);
  EXPECT_EQ(decoding.events().time[0], 1'700'000'000'500);
  EXPECT_EQ(decoding.events().time[1], 1'700'000'000'500);
  EXPECT_EQ(decoding.verdict(R"({"t":1700000000000})"), "bad_time t");
}

TEST(JsonDecoder, RepeatedShapesNeedNoParser) {
  const Format format = json_format(Framing::lines);
  EventWriter writer(format);
  DecodedEvents events = make_events(format, 1000);
  JsonDecoder decoder(format);
  std::string lines;
  for (int i = 0; i < 100; ++i) {
    lines +=
        R"({"t":)" + std::to_string(i) + R"(,"k":"u)" + std::to_string(i % 7) + R"(","d":1.25})";
    lines += '\n';
  }
  const SourceBlock block = block_of({lines});
  writer.open(events);
  writer.begin_message(block.messages[0], 0);

  decoder.decode(block, 0, writer);

  EXPECT_EQ(events.size, 100U);
  EXPECT_LE(decoder.parsed_documents(), 3U);
}

// How many of these documents go to the parser, one a line.
std::uint64_t parsed_of(const std::vector<std::string>& documents) {
  const Format format = json_format(Framing::lines);
  EventWriter writer(format);
  DecodedEvents events = make_events(format, documents.size());
  JsonDecoder decoder(format);
  std::string lines;
  for (const std::string& document : documents) lines += document + "\n";
  const SourceBlock block = block_of({lines});
  writer.open(events);
  writer.begin_message(block.messages[0], 0);
  decoder.decode(block, 0, writer);
  EXPECT_EQ(events.size + events.malformed_events.size(), documents.size());
  return decoder.parsed_documents();
}

TEST(JsonDecoder, DocumentsThatAreOddInWhatIsReadNeedNoParser) {
  for (const std::string odd :
       {R"("k":"a\/\u00e9\ud83d\ude00")", R"("\u006b":"a")", R"("f":-1.5e-3)", R"("d":1e2)",
        R"("f":12.340000000000000000)", R"("f":18446744073709551615)", R"("i":"no number")",
        R"("i":1.5)", R"("k":1.5)", R"("k":"x","a":{"b":[1]})"}) {
    std::vector<std::string> documents;
    for (int i = 0; i < 500; ++i) {
      std::string members = "\"t\":" + std::to_string(i) + "," + odd;
      if (i % 3 != 0)
        members = std::string(odd) + ",\"n" + std::to_string(i) + "\":[1e5]," + "\"t\":1e3";
      documents.push_back("{" + members + "}");
    }
    EXPECT_EQ(parsed_of(documents), 0U) << odd;
  }
}

TEST(JsonDecoder, NumbersAreReadAlikeHoweverTheyAreWritten) {
  Decoding decoding(json_format(Framing::lines));
  const std::string head = R"({"t":1.7000000000001e12,"k":7,)";
  decoding.run({head + R"("f":1e-3,"d":1.25e1})" + "\n" + head +
                R"("f":12.340000000000000000,"d":12.340000000000000000})" + "\n" + head +
                R"("f":3.14159265358979323846264338,"d":1.2E+1})" + "\n" + head +
                R"("f":18446744073709551615,"d":0e100})" + "\n"});

  ASSERT_EQ(decoding.events().size, 4U);
  for (std::size_t event = 0; event < 4; ++event) {
    EXPECT_EQ(decoding.events().time[event], 1'700'000'000'000);
    EXPECT_EQ(decoding.key_text(event), "7");
  }
  EXPECT_EQ(decoding.real(1, 0), 1e-3);
  EXPECT_EQ(decoding.real(1, 1), 12.34);
  EXPECT_EQ(decoding.real(1, 2), 3.14159265358979323846264338);
  EXPECT_EQ(decoding.real(1, 3), 18446744073709551615.0);
  EXPECT_EQ(decoding.bits(2, 0), 1250);
  EXPECT_EQ(decoding.bits(2, 1), 1234);
  EXPECT_EQ(decoding.bits(2, 2), 1200);
  EXPECT_EQ(decoding.bits(2, 3), 0);
}

TEST(JsonDecoder, JoinedKeysHoldTheirOwnCharacters) {
  Format format = json_format(Framing::lines);
  format.keys = {key("k"), key("l")};
  Decoding decoding(format);
  decoding.run({R"({"t":1,"k":"\u0041","l":"b\n\u00e9"})"
                "\n"
                R"({"t":1,"l":"\"","k":"\\"})"
                "\n"});

  ASSERT_EQ(decoding.events().size, 2U);
  EXPECT_EQ(decoding.key_text(0), "\"A\",\"b\n\u00e9\"");
  EXPECT_EQ(decoding.key_text(1), "\"\\\",\"\"\"");
}

TEST(JsonDecoder, LinesMayBeLongerThanWhatIsReadAtOnce) {
  Decoding decoding(json_format(Framing::lines));
  std::string lines;
  for (std::size_t bytes = 1; bytes < 40'000; bytes = bytes * 3 / 2 + 7) {
    lines += R"({"t":)" + std::to_string(bytes) + R"(,"z":")" + std::string(bytes, 'x') + "\"}\n";
  }
  decoding.run({lines, "{\"t\":1}\n" + lines});

  const std::size_t count = decoding.events().size / 2;
  ASSERT_EQ(decoding.events().size, 2 * count + 1);
  ASSERT_GT(count, 15U);
  for (std::size_t event = 0; event < count; ++event) {
    EXPECT_EQ(decoding.events().time[count + 1 + event], decoding.events().time[event]);
    EXPECT_EQ(decoding.events().extents[event].length,
              decoding.events().time[event] + 13 +
                  static_cast<std::int64_t>(std::to_string(decoding.events().time[event]).size()));
  }
}

TEST(JsonDecoder, TheSecondOfTwoReturnsAtALinesEndIsNoPartOfAShape) {
  Decoding decoding(json_format(Framing::lines));
  const std::string returns = "{\"t\":1000,\"k\":\"a\"}\r\r\n{\"t\":1001,\"k\":\"a\"}\r\r\n";
  for (int times = 0; times < 4; ++times) {
    decoding.run({returns + returns + "{\"t\":1002,\"k\":\"a\"}\r"});

    ASSERT_EQ(decoding.events().size, 5U);
    EXPECT_EQ(decoding.bytes_of(decoding.events().extents[4]), "{\"t\":1002,\"k\":\"a\"}");
  }
}

TEST(JsonDecoder, DocumentsThatAreNotValidTeachNoShape) {
  Decoding decoding(json_format());
  for (const std::string document :
       {R"({"t"::1,"k":"u"})", R"({"t":1,"i"::5})", R"({"t":1,"i":1:2})", R"({"t":1,"i":-})",
        R"({"t":1,"k":tru})", R"({"t":1,"i":01})", R"({"t":1,"i":1{})"}) {
    for (int times = 0; times < 5; ++times) {
      EXPECT_EQ(decoding.verdict(document), "syntax") << document;
    }
  }
}

}  // namespace
}  // namespace sluice::testing
