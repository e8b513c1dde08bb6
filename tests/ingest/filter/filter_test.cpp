#include "ingest/filter/filter.hpp"

#include <array>
#include <bit>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice {
namespace {

using ::testing::HasSubstr;

constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();

/// Values: n (int64), price (decimal(2)), ratio (double). Keys: user (as it came), region (string),
/// id (int64).
Format format() {
  Format format;
  format.keys = {{.path = {"who.id", {"who", "id"}}, .name = "user"},
                 {.path = {"region", {"region"}}, .name = "region", .type = KeyType::string},
                 {.path = {"id", {"id"}}, .name = "id", .type = KeyType::int64}};
  format.values = {{.path = {"n", {"n"}}, .name = "n"},
                   {.path = {"p", {"p"}}, .name = "price", .type = ValueType::decimal, .scale = 2},
                   {.path = {"r", {"r"}}, .name = "ratio", .type = ValueType::float64}};
  return format;
}

/// One event; what is not set is null.
struct Row {
  std::optional<std::int64_t> n{};
  std::optional<std::int64_t> price{};  ///< in hundredths
  std::optional<double> ratio{};
  std::optional<std::string> text{};      ///< every string field
  std::optional<double> number{};         ///< every number field
  std::optional<std::int64_t> integer{};  ///< every integer field
  std::optional<bool> flag{};             ///< every boolean field
};

/// Verdicts of a filter on rows that are repeated past the border of a tile.
std::vector<bool> judge(const std::string& text, const std::vector<Row>& rows) {
  constexpr std::size_t repeats = 300;
  Filter filter(plan_filter(parse_filter(text), format()));
  const std::size_t size = rows.size() * repeats;
  std::array<std::vector<std::int64_t>, 3> bits;
  std::array<std::vector<std::uint8_t>, 3> valid;
  std::vector<std::uint8_t> has_text(size);
  std::vector<std::uint8_t> has_number(size);
  std::vector<std::uint8_t> has_integer(size);
  std::vector<std::int64_t> integers(size);
  std::vector<std::uint8_t> has_flag(size);
  std::vector<std::uint8_t> flags(size);
  std::vector<std::string_view> texts(size);
  std::vector<double> numbers(size);
  for (std::size_t i = 0; i < size; ++i) {
    const Row& row = rows[i % rows.size()];
    const std::optional<std::int64_t> values[] = {
        row.n, row.price,
        row.ratio ? std::optional(std::bit_cast<std::int64_t>(*row.ratio)) : std::nullopt};
    for (std::size_t v = 0; v < 3; ++v) {
      bits[v].push_back(values[v].value_or(0));
      valid[v].push_back(values[v] ? 1 : 0);
    }
    has_text[i] = row.text ? 1 : 0;
    has_number[i] = row.number ? 1 : 0;
    has_integer[i] = row.integer ? 1 : 0;
    integers[i] = row.integer.value_or(0);
    has_flag[i] = row.flag ? 1 : 0;
    if (row.text) texts[i] = *row.text;
    numbers[i] = row.number.value_or(0);
    flags[i] = row.flag.value_or(false) ? 1 : 0;
  }
  EventColumns events;
  events.size = size;
  events.value_count = 3;
  for (std::size_t v = 0; v < 3; ++v) events.values[v] = {bits[v].data(), valid[v].data()};
  std::vector<FilterColumn> fields;
  for (const FilterField& field : filter.fields()) {
    const std::uint8_t* const present =
        field.type == FilterField::Type::number    ? has_number.data()
        : field.type == FilterField::Type::integer ? has_integer.data()
        : field.type == FilterField::Type::boolean ? has_flag.data()
                                                   : has_text.data();
    fields.push_back({present, flags.data(), integers.data(), numbers.data(), texts.data()});
  }
  std::vector<std::uint8_t> passes(size);
  const std::size_t passed = filter.judge(events, fields, passes.data());
  std::vector<bool> verdicts;
  std::size_t expected = 0;
  for (std::size_t i = 0; i < size; ++i) {
    if (i < rows.size()) verdicts.push_back(passes[i] == 1);
    EXPECT_EQ(passes[i] == 1, verdicts[i % rows.size()]) << text << " at " << i;
    expected += passes[i];
  }
  EXPECT_EQ(passed, expected);
  return verdicts;
}

bool passes(const std::string& text, const Row& row) { return judge(text, {row})[0]; }

TEST(Filter, ComparesIntegersAndDecimalsExactly) {
  EXPECT_TRUE(passes("n > 41", {.n = 42}));
  EXPECT_FALSE(passes("n > 42", {.n = 42}));
  EXPECT_TRUE(passes("price = 12.50", {.price = 1250}));
  EXPECT_TRUE(passes("price = 12.5000", {.price = 1250}));
  EXPECT_FALSE(passes("price = 12.501", {.price = 1250}));
  EXPECT_TRUE(passes("price < n", {.n = 13, .price = 1250}));
  EXPECT_TRUE(passes("n = 9223372036854775807", {.n = largest}));
  EXPECT_FALSE(passes("n = 9223372036854775807", {.n = largest - 1}));
  EXPECT_TRUE(passes("n < 9223372036854775806.5", {.n = largest - 1}));
  EXPECT_TRUE(passes("-n <= -5 AND n <> 6", {.n = 5}));
}

TEST(Filter, ComputesExactlyWhere38DigitsAreEnough) {
  EXPECT_TRUE(passes("n * n = 85070591730234615847396907784232501249", {.n = largest}));
  EXPECT_FALSE(passes("n * n = 85070591730234615847396907784232501250", {.n = largest}));
  EXPECT_TRUE(passes("n + n > n", {.n = largest}));
  EXPECT_TRUE(passes("n * n > n + n", {.n = largest}));
  EXPECT_TRUE(passes("price * n = 25.00", {.n = 2, .price = 1250}));
  EXPECT_TRUE(passes("price + 0.005 = 12.505", {.price = 1250}));
  EXPECT_TRUE(passes("n - 1 BETWEEN 4 AND 6", {.n = 7}));
}

TEST(Filter, ReadsNegativeIntegers) {
  EXPECT_EQ(judge("n <= -5", {{.n = 0}, {.n = -5}, {.n = -4}}), (std::vector{false, true, false}));
  EXPECT_EQ(judge("n IN (-7, 0, -0)", {{.n = -7}, {.n = 0}, {.n = 7}}),
            (std::vector{true, true, false}));
  EXPECT_TRUE(passes("n = - /* not 5 /* nor 6 */ */ (-- 7\n 12 )", {.n = -12}));
  EXPECT_TRUE(passes("n = -(-(12)) AND n > +3 AND n > - 2147483648", {.n = 12}));
  EXPECT_TRUE(passes("n = -2147483647", {.n = -2'147'483'647}));
  EXPECT_TRUE(passes("n = -9223372036854775808", {.n = -largest - 1}));
  EXPECT_TRUE(passes("n BETWEEN -3 AND -1 AND n * -2 = 4 AND n - -2 = 0", {.n = -2}));
}

TEST(Filter, DividesAsDoubles) {
  EXPECT_TRUE(passes("n / 2 = 2.5", {.n = 5}));
  EXPECT_FALSE(passes("n / 0 = 1 OR NOT n / 0 = 1", {.n = 5}));
  EXPECT_TRUE(passes("(n / 0) IS NULL", {.n = 5}));
  EXPECT_TRUE(passes("ratio > 0.1 AND ratio < 1e3", {.ratio = 0.5}));
  EXPECT_TRUE(passes("ratio = n", {.n = 3, .ratio = 3.0}));
}

TEST(Filter, UnknownIsNeitherTrueNorFalse) {
  const Row null;
  EXPECT_FALSE(passes("n > 0", null));
  EXPECT_FALSE(passes("NOT n > 0", null));
  EXPECT_FALSE(passes("n > 0 AND TRUE", null));
  EXPECT_TRUE(passes("n > 0 OR TRUE", null));
  EXPECT_FALSE(passes("n > 0 OR FALSE", null));
  EXPECT_TRUE(passes("NOT (n > 0 AND FALSE)", null));
  EXPECT_TRUE(passes("(n > 0) IS NULL", null));
  EXPECT_TRUE(passes("(n > 0) IS NOT TRUE", null));
  EXPECT_TRUE(passes("(n > 0) IS NOT FALSE", null));
  EXPECT_FALSE(passes("n = NULL OR NOT n = NULL", {.n = 1}));
  EXPECT_FALSE(passes("n + NULL > 1 OR n NOT IN (1, NULL)", {.n = 5}));
  EXPECT_TRUE(passes("n IN (NULL, 5)", {.n = 5}));
}

TEST(Filter, TellsNullFromWhatIsThere) {
  EXPECT_EQ(judge("n IS NULL", {{}, {.n = 0}}), (std::vector{true, false}));
  EXPECT_EQ(judge("price IS NOT NULL", {{}, {.price = 0}}), (std::vector{false, true}));
  EXPECT_EQ(judge("anything IS NULL", {{}, {.text = ""}}), (std::vector{true, false}));
}

TEST(Filter, ComparesStringsByTheirBytes) {
  EXPECT_EQ(judge("kind = 'view'", {{.text = "view"}, {.text = "views"}, {.text = ""}, {}}),
            (std::vector{true, false, false, false}));
  EXPECT_EQ(judge("kind <> 'view'", {{.text = "view"}, {.text = "click"}, {}}),
            (std::vector{false, true, false}));
  EXPECT_EQ(judge("kind >= 'b' AND kind < 'd'", {{.text = "a"}, {.text = "c"}, {.text = "d"}}),
            (std::vector{false, true, false}));
  EXPECT_EQ(judge("kind LIKE 'vi%'", {{.text = "view"}, {.text = "v"}, {}}),
            (std::vector{true, false, false}));
  EXPECT_EQ(judge("kind NOT LIKE 'vi%'", {{.text = "view"}, {.text = "v"}, {}}),
            (std::vector{false, true, false}));
  EXPECT_EQ(judge("kind IN ('a', 'it''s')", {{.text = "a"}, {.text = "it's"}, {.text = "b"}}),
            (std::vector{true, true, false}));
  EXPECT_EQ(judge("a = b AND a = 'x'", {{.text = "x"}, {.text = "y"}}), (std::vector{true, false}));
}

TEST(Filter, TakesBooleansAsConditions) {
  const std::vector<Row> rows = {{.flag = true}, {.flag = false}, {}};
  EXPECT_EQ(judge("flag", rows), (std::vector{true, false, false}));
  EXPECT_EQ(judge("NOT flag", rows), (std::vector{false, true, false}));
  EXPECT_EQ(judge("flag = false", rows), (std::vector{false, true, false}));
  EXPECT_EQ(judge("flag IS NOT TRUE", rows), (std::vector{false, true, true}));
}

TEST(Filter, NumbersThatAreNotDeclaredAreDoubles) {
  EXPECT_EQ(judge("size > 1.5 AND size NOT BETWEEN 3 AND 4", {{.number = 2}, {.number = 3.5}, {}}),
            (std::vector{true, false, false}));
}

TEST(Filter, KeysDeclaredAsIntegersAreExact) {
  EXPECT_EQ(judge("id = 9007199254740993",
                  {{.integer = 9'007'199'254'740'993}, {.integer = 9'007'199'254'740'992}, {}}),
            (std::vector{true, false, false}));
  EXPECT_EQ(judge("id + n > 9007199254740993", {{.n = 1, .integer = 9'007'199'254'740'993}}),
            (std::vector{true}));
}

TEST(Filter, ConstantsAmongDoublesAreTheNearestDouble) {
  EXPECT_TRUE(passes("ratio = 0.30000000000000004", {.ratio = 0.30000000000000004}));
  EXPECT_FALSE(passes("ratio = 0.30000000000000004", {.ratio = 0.3}));
  EXPECT_TRUE(passes("ratio = -(9007199254740993.0)", {.ratio = -9007199254740992.0}));
  EXPECT_TRUE(passes("ratio > -9223372036854775808", {.ratio = 0.0}));
  EXPECT_TRUE(passes("-ratio = -9223372036854775808.5 OR ratio < -(-0.5)", {.ratio = 0.25}));
}

TEST(Filter, AColumnIsWhatItsFarthestUseSays) {
  EXPECT_EQ(judge("a = b AND b = c AND c = d AND d = 'x'", {{.text = "x"}, {.text = "y"}}),
            (std::vector{true, false}));
}

TEST(Filter, NamesItsFieldsOnceInTheirOwnSpelling) {
  const FilterProgram program = plan_filter(
      parse_filter("eventType = 'a' AND \"Odd Name\".x > 2 AND eventType <> 'b' AND user = 'u' AND "
                   "region LIKE 'e%' AND n > 1 AND geo . country = 'x'"),
      format());
  std::vector<std::string> paths;
  for (const FilterField& field : program.fields) paths.push_back(field.path.text);
  EXPECT_THAT(paths,
              ::testing::ElementsAre("eventType", "Odd Name.x", "who.id", "region", "geo.country"));
  EXPECT_THAT(program.fields[2].path.members, ::testing::ElementsAre("who", "id"));
}

struct Fault {
  const char* text;
  const char* what;
  std::size_t position;
};

class FaultyFilter : public ::testing::TestWithParam<Fault> {};

TEST_P(FaultyFilter, SaysWhatIsWrongAndWhere) {
  try {
    plan_filter(parse_filter(GetParam().text), format());
    FAIL() << GetParam().text << " was taken";
  } catch (const FilterError& error) {
    EXPECT_THAT(error.what(), HasSubstr(GetParam().what)) << GetParam().text;
    EXPECT_EQ(error.position(), GetParam().position) << GetParam().text;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Filters, FaultyFilter,
    ::testing::Values(Fault{"n >", "syntax error at end of input", 3},
                      Fault{"n = = 3", "syntax error at or near", 4},
                      Fault{"kind = 'gr\u00fc\u00df' AND n = = 3", "syntax error at or near", 24},
                      Fault{"n = 1; DROP TABLE e", "is not one condition", 0},
                      Fault{"n = 1 ORDER BY n", "has more after the condition", 0},
                      Fault{"n = 1 UNION SELECT 2", "is not one condition", 0},
                      Fault{"abs(n) > 1", "a function cannot be part of a filter", 0},
                      Fault{"n = 1 AND n IN (SELECT 1)", "a query cannot be part", 12},
                      Fault{"n ~ 'x'", "the operator ~ cannot be part", 2},
                      Fault{"kind LIKE '%x'", "LIKE takes a prefix", 10},
                      Fault{"kind LIKE 'a_%'", "LIKE takes a prefix", 10},
                      Fault{"n LIKE 'a%'", "LIKE compares strings", 2},
                      Fault{"n = 'x'", "compares a number with a string", 2},
                      Fault{"region > 3", "compares a string with a number", 7},
                      Fault{"region + 1 > 3", "region is used as a number, but is a string", 0},
                      Fault{"a = 1 AND a = 'x'", "compares a number with a string", 12},
                      Fault{"a = 1 AND a LIKE 'x%'", "a is used as a string, but is a number", 10},
                      Fault{"current_date = 1", "a function cannot be part", 0},
                      Fault{"a = b", "of which none is declared", 2},
                      Fault{"n", "is no condition", 0}, Fault{"n + 1", "is no condition", 2},
                      Fault{"'x' + 1 > 2", "is no number", 0},
                      Fault{"n > 1e999", "is out of range", 4}, Fault{"*", "syntax error", 0},
                      Fault{"", "syntax error at end of input", 0}));

}  // namespace
}  // namespace sluice
