#include "ingest/decode/filter_columns.hpp"

#include <bit>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/ingest/decode/decoding.hpp"

namespace sluice::testing {
namespace {

using Kind = Scalar::Kind;
using Type = FilterField::Type;

Scalar text(Kind kind, std::string_view contents) {
  return {
      .text = contents.data(), .length = static_cast<std::uint32_t>(contents.size()), .kind = kind};
}
Scalar integer(std::int64_t number) {
  return {.digits = number < 0 ? 0 - static_cast<std::uint64_t>(number)
                               : static_cast<std::uint64_t>(number),
          .kind = Kind::integer,
          .negative = number < 0};
}
Scalar real(double number) {
  return {.digits = std::bit_cast<std::uint64_t>(number), .kind = Kind::float64};
}
Scalar boolean(bool truth) { return {.digits = truth ? 1U : 0U, .kind = Kind::boolean}; }
Scalar of(Kind kind) { return {.kind = kind}; }

/// One column of a type, and what it makes of a scalar.
class OneColumn {
 public:
  explicit OneColumn(Type type)
      : format_(format_with(type)), events_(make_events(format_, 8)), columns_(format_) {
    columns_.open(events_);
  }

  bool known(const Scalar& scalar) {
    columns_.write(3, {&scalar, 1});
    return columns_.columns()[0].valid[3] == 1;
  }
  const FilterColumn& column() const { return columns_.columns()[0]; }

 private:
  static Format format_with(Type type) {
    Format format = format_of(FormatType::json, Framing::message);
    format.event_time.from_transport = true;
    format.filter = {{.path = path("x"), .type = type}};
    return format;
  }

  Format format_;
  DecodedEvents events_;
  FilterColumns columns_;
};

TEST(FilterColumns, PresenceIsOfWhateverIsNotNull) {
  OneColumn presence(Type::presence);
  for (const Kind kind : {Kind::boolean, Kind::integer, Kind::number, Kind::float64, Kind::string,
                          Kind::untyped, Kind::container}) {
    EXPECT_TRUE(presence.known(of(kind)));
  }
  EXPECT_FALSE(presence.known(of(Kind::missing)));
  EXPECT_FALSE(presence.known(of(Kind::null)));
}

TEST(FilterColumns, NumbersAreDoublesAndAllElseIsNull) {
  OneColumn number(Type::number);
  EXPECT_TRUE(number.known(integer(-7)));
  EXPECT_EQ(number.column().numbers[3], -7.0);
  EXPECT_TRUE(number.known(real(0.5)));
  EXPECT_EQ(number.column().numbers[3], 0.5);
  EXPECT_TRUE(number.known(text(Kind::untyped, "12.25")));
  EXPECT_EQ(number.column().numbers[3], 12.25);
  EXPECT_FALSE(number.known(real(std::numeric_limits<double>::infinity())));
  EXPECT_FALSE(number.known(real(std::nan(""))));
  EXPECT_FALSE(number.known(text(Kind::untyped, "nan")));
  EXPECT_FALSE(number.known(text(Kind::untyped, "12x")));
  EXPECT_FALSE(number.known(text(Kind::string, "12")));
  EXPECT_FALSE(number.known(boolean(true)));
  EXPECT_FALSE(number.known(of(Kind::container)));
  EXPECT_FALSE(number.known(of(Kind::null)));
}

TEST(FilterColumns, IntegersAreExact) {
  OneColumn column(Type::integer);
  constexpr std::int64_t large = 9'007'199'254'740'993;
  EXPECT_TRUE(column.known(integer(large)));
  EXPECT_EQ(column.column().integers[3], large);
  EXPECT_TRUE(column.known(text(Kind::untyped, "-9007199254740993")));
  EXPECT_EQ(column.column().integers[3], -large);
  EXPECT_FALSE(column.known(real(1.0)));
  EXPECT_FALSE(column.known(of(Kind::missing)));
}

TEST(FilterColumns, BooleansAreBooleansOrTheirNames) {
  OneColumn column(Type::boolean);
  EXPECT_TRUE(column.known(boolean(true)));
  EXPECT_EQ(column.column().booleans[3], 1);
  EXPECT_TRUE(column.known(boolean(false)));
  EXPECT_EQ(column.column().booleans[3], 0);
  EXPECT_TRUE(column.known(text(Kind::untyped, "true")));
  EXPECT_EQ(column.column().booleans[3], 1);
  EXPECT_TRUE(column.known(text(Kind::untyped, "false")));
  EXPECT_EQ(column.column().booleans[3], 0);
  EXPECT_FALSE(column.known(text(Kind::untyped, "1")));
  EXPECT_FALSE(column.known(text(Kind::string, "true")));
  EXPECT_FALSE(column.known(integer(1)));
}

TEST(FilterColumns, StringsAreCopied) {
  OneColumn column(Type::string);
  for (const std::size_t bytes : {std::size_t{0}, std::size_t{5}, std::size_t{200'000}}) {
    std::string contents(bytes, 'a');
    const std::string copy = contents;
    EXPECT_TRUE(column.known(text(Kind::string, contents)));
    std::fill(contents.begin(), contents.end(), 'b');
    EXPECT_EQ(column.column().strings[3], copy);
  }
  EXPECT_TRUE(column.known(text(Kind::untyped, "7")));
  EXPECT_EQ(column.column().strings[3], "7");
  EXPECT_FALSE(column.known(integer(7)));
  EXPECT_FALSE(column.known(of(Kind::null)));
}

TEST(FilterColumns, TextsOfABatchLiveSideBySideAndMove) {
  Format format = format_of(FormatType::json, Framing::message);
  format.filter = {{.path = path("a"), .type = Type::string},
                   {.path = path("b"), .type = Type::number}};
  constexpr std::size_t capacity = 5'000;
  DecodedEvents events = make_events(format, capacity);
  FilterColumns columns(format);
  for (int batch = 0; batch < 3; ++batch) {
    columns.open(events);
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < capacity; ++i) texts.push_back(std::string(i % 60, 'x') + "!");
    for (std::size_t i = 0; i < capacity; ++i) {
      const Scalar fields[] = {of(Kind::missing), text(Kind::string, texts[i]),
                               integer(static_cast<std::int64_t>(i))};
      columns.write(i, fields);
    }
    columns.move(4'000, 7);
    EXPECT_EQ(columns.columns()[0].strings[7], texts[4'000]);
    EXPECT_EQ(columns.columns()[1].numbers[7], 4'000.0);
    for (std::size_t i = 8; i < capacity; ++i) {
      ASSERT_EQ(columns.columns()[0].strings[i], texts[i]);
    }
  }
}

TEST(FilterColumns, AreEmptyWhereTheFilterNeedsNothingElse) {
  const Format format = format_of(FormatType::json, Framing::message);
  EXPECT_TRUE(FilterColumns(format).empty());
}

}  // namespace
}  // namespace sluice::testing
