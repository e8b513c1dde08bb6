#include "ingest/decode/json_walk.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "ingest/decode/marks.hpp"

namespace sluice {
namespace {

const std::vector<FieldPath> paths = {{"a", {"a"}}, {"o.x", {"o", "x"}}};

// The texts of the fields, or nothing if the document is not plain for the walk.
std::optional<std::vector<std::string>> walk(const std::string& document,
                                             const std::string& behind = std::string(64, '7'),
                                             bool lines = false) {
  const std::string text = " " + document + behind + std::string(64, '7');
  const auto end = static_cast<std::uint32_t>(1 + document.size());
  std::vector<std::uint32_t> marks(MarkFinder::room_for(text.size()));
  MarkFinder::Sight sight;
  marks[0] = 0;
  std::uint32_t* marks_end = MarkFinder::of_json().find(text.data(), 1, end, &marks[1], sight);
  *marks_end++ = end;
  TextSpans spans(paths.size());
  const std::uint32_t* const last =
      JsonWalk(paths, lines).read(text.data(), &marks[1], marks_end, end, spans, 0);
  if (last == nullptr || *last != end) return std::nullopt;
  std::vector<std::string> fields;
  for (std::size_t field = 0; field < paths.size(); ++field) {
    const TextSpan span = spans.of(field)[0];
    fields.push_back(text.substr(span.begin, span.end - span.begin));
  }
  return fields;
}

using Fields = std::vector<std::string>;

TEST(JsonWalk, FindsFieldsInDocumentsOfAnyShape) {
  EXPECT_EQ(walk("{}"), (Fields{"", ""}));
  EXPECT_EQ(walk(R"({"a":1})"), (Fields{"1", ""}));
  EXPECT_EQ(walk(R"({"o":{"x":"s"},"a":-1.5})"), (Fields{"-1.5", "\"s\""}));
  EXPECT_EQ(walk(R"({ "z" : [1, [true], {"a":2}, []] , "a" : null , "o" : { } })"),
            (Fields{"null", ""}));
  EXPECT_EQ(walk("{\r\n\t\"a\": 1,\n\t\"b\": {\n\t\t\"c\": \"d\"\n\t}\n}"), (Fields{"1", ""}));
  EXPECT_EQ(walk(R"({"o":5,"b":1e)"), std::nullopt);
  EXPECT_EQ(walk(R"({"":0,"b":"","a":""})"), (Fields{"\"\"", ""}));
}

TEST(JsonWalk, TakesTheLastOfRepeatedMembersIfAllAreValid) {
  EXPECT_EQ(walk(R"({"a":1,"a":2})"), (Fields{"2", ""}));
  EXPECT_EQ(walk(R"({"a":1.,"a":2})"), std::nullopt);
  EXPECT_EQ(walk(R"({"o":{"x":1},"o":{}})"), std::nullopt);
}

TEST(JsonWalk, StepsOverEscapes) {
  const std::string all = R"("\"\\\/\b\f\n\r\t\u00e9\uFFFF\ud83d\ude00\\")";
  EXPECT_EQ(walk(R"({"b":)" + all + R"(,"a":1})"), (Fields{"1", ""}));
  EXPECT_EQ(walk(R"({"a":)" + all + R"(,"b":1})"), (Fields{all, ""}));
  EXPECT_EQ(walk("{" + all + R"(:1,"\u0061":2,"\u006f":{"\u0078":3}})"), (Fields{"2", "3"}));
}

TEST(JsonWalk, LeavesEscapesThatParsersDifferAboutToTheParser) {
  for (const std::string escape :
       {R"(\u12g4)", R"(\ud83d)", R"(\ud83d\u0041)", R"(\ud83dx)", R"(\ud83d\ud83d)", R"(\uDC00)",
        R"(\x)", R"(\u12)", R"(\U0041)", "\t", "\\"}) {
    EXPECT_EQ(walk(R"({"b":")" + escape + R"(","a":1})"), std::nullopt) << escape;
    EXPECT_EQ(walk(R"({"a":")" + escape + R"("})"), std::nullopt) << escape;
    EXPECT_EQ(walk(R"({")" + escape + R"(":1})"), std::nullopt) << escape;
  }
  EXPECT_EQ(walk(R"({\"a":1})"), std::nullopt);
  EXPECT_EQ(walk("{\x01"
                 R"(a":1})"),
            std::nullopt);
}

TEST(JsonWalk, StepsOverNumbersOfAnyLength) {
  for (const std::string number : {"1e5", "-0.5E-2", "0e+7", "18446744073709551615", "1e280",
                                   "3.14159265358979323846264338", "1e-400"}) {
    EXPECT_EQ(walk(R"({"b":)" + number + R"(,"a":1})"), (Fields{"1", ""})) << number;
  }
  for (const std::string number : {"18446744073709551616", "-9223372036854775809", "1e400", "1e",
                                   "1e+", "01e5", "1.e5", "100000000000000000000"}) {
    EXPECT_EQ(walk(R"({"b":)" + number + R"(,"a":1})"), std::nullopt) << number;
  }
}

TEST(JsonWalk, LeavesWhatIsNotValidToTheParser) {
  for (const std::string document : {"",
                                     "{",
                                     "}",
                                     "[]",
                                     "1",
                                     "null",
                                     R"("a")",
                                     R"({"a"})",
                                     R"({"a":})",
                                     R"({"a":1)",
                                     R"({"a":1,})",
                                     R"({,"a":1})",
                                     R"({"a":1}})",
                                     R"({"a":1} )",
                                     R"({"a" 1})",
                                     R"({"a":"1})",
                                     R"({a:1})",
                                     R"({"a":1 "b":2})",
                                     R"({"b":[1,]})",
                                     R"({"b":[1 2]})",
                                     R"({"b":[1})",
                                     R"({"b":{"c":1]})",
                                     R"({"b":tru})",
                                     R"({"b":truee})",
                                     R"({"b":01})",
                                     R"({"b":-})",
                                     R"({"b":+1})",
                                     R"({"b":1.})",
                                     R"({"b":nul)",
                                     R"({"a":{}})",
                                     R"({"a":[]})",
                                     "\xEF\xBB\xBF{}"}) {
    EXPECT_EQ(walk(document), std::nullopt) << document;
  }
  EXPECT_EQ(walk("{\"a\":1,\n\"b\":2}", "7", true), std::nullopt);
}

TEST(JsonWalk, NeverGoesOnBehindTheText) {
  EXPECT_EQ(walk(R"({"a":1)", "}"), std::nullopt);
  EXPECT_EQ(walk(R"({"a":1)", R"(,"b":2})"), std::nullopt);
  EXPECT_EQ(walk(R"({"a":")", R"("})"), std::nullopt);
  EXPECT_EQ(walk(R"({"a":12)", "34}"), std::nullopt);
  EXPECT_EQ(walk(R"({"b":"x)", R"(\n"})"), std::nullopt);
  EXPECT_EQ(walk(R"({"b":[1,)", "1,1]}"), std::nullopt);
  EXPECT_EQ(walk(R"({)", "          }"), std::nullopt);
}

TEST(JsonWalk, IsNotDeep) {
  const auto nested = [](unsigned depth) {
    return R"({"b":)" + std::string(depth, '[') + std::string(depth, ']') + R"(,"a":1})";
  };
  EXPECT_EQ(walk(nested(JsonWalk::max_depth - 1)), (Fields{"1", ""}));
  EXPECT_EQ(walk(nested(JsonWalk::max_depth)), std::nullopt);
  EXPECT_EQ(walk(nested(10'000)), std::nullopt);
}

}  // namespace
}  // namespace sluice
