#include "ingest/key.hpp"

#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace sluice {
namespace {

constexpr std::uint64_t seed = 42;

std::string encoded(const std::vector<KeyScalar>& columns) {
  std::string bytes;
  for (const KeyScalar& column : columns) append_key_column(bytes, column);
  return bytes;
}

TEST(Key, IntegersAreTheirOwnIdentity) {
  EXPECT_EQ(identify(std::int64_t{7}, seed), (KeyIdentity{7, 0}));
  EXPECT_EQ(identify(std::int64_t{-1}, seed),
            (KeyIdentity{std::numeric_limits<std::uint64_t>::max(), 0}));
}

TEST(Key, NullAndBooleansAreTaggedApartFromIntegers) {
  EXPECT_EQ(identify(std::monostate{}, seed), (KeyIdentity{0, 1}));
  EXPECT_EQ(identify(false, seed), (KeyIdentity{0, 2}));
  EXPECT_EQ(identify(true, seed), (KeyIdentity{1, 2}));
}

TEST(Key, StringsNeverMeetTheOthers) {
  for (const std::string_view text : {"", "7", "null", "true"}) {
    EXPECT_GE(identify(text, seed).high, std::uint64_t{1} << 63) << text;
  }
}

TEST(Key, EqualStringsAgreeAndOthersDiffer) {
  EXPECT_EQ(identify(std::string_view("user"), seed),
            identify(std::string_view(std::string("user")), seed));
  std::set<std::pair<std::uint64_t, std::uint64_t>> seen;
  for (int i = 0; i < 100'000; ++i) {
    const std::string text = std::to_string(i);
    const KeyIdentity identity = identify(std::string_view(text), seed);
    seen.emplace(identity.low, identity.high);
  }
  EXPECT_EQ(seen.size(), 100'000U);
}

TEST(Key, TheSeedChangesTheIdentityOfStringsOnly) {
  EXPECT_NE(identify(std::string_view("user"), 1), identify(std::string_view("user"), 2));
  EXPECT_NE(identify(std::string_view(""), 1), identify(std::string_view(""), 2));
  EXPECT_EQ(identify(std::int64_t{7}, 1), identify(std::int64_t{7}, 2));
}

TEST(Key, EncodingsComeBackAsTheyWere) {
  const std::vector<KeyScalar> columns = {std::monostate{},
                                          std::numeric_limits<std::int64_t>::min(),
                                          std::int64_t{0},
                                          true,
                                          false,
                                          std::string_view(""),
                                          std::string_view("a\0b", 3)};

  const std::string bytes = encoded(columns);

  EXPECT_EQ(decode_key(bytes), columns);
}

TEST(Key, AnEncodingHasItsDocumentedBytes) {
  EXPECT_EQ(encoded({std::monostate{}}), std::string("\0", 1));
  EXPECT_EQ(encoded({std::int64_t{258}}), std::string("\1\2\1\0\0\0\0\0\0", 9));
  EXPECT_EQ(encoded({false}), "\2");
  EXPECT_EQ(encoded({true}), "\3");
  EXPECT_EQ(encoded({std::string_view("ab")}), std::string("\4\2\0\0\0ab", 7));
}

TEST(Key, ColumnsThatReadAlikeWhenJoinedAreDifferentKeys) {
  const std::vector<std::vector<KeyScalar>> keys = {{std::string_view("ab"), std::string_view("c")},
                                                    {std::string_view("a"), std::string_view("bc")},
                                                    {std::string_view("abc"), std::string_view("")},
                                                    {std::string_view("abc"), std::monostate{}},
                                                    {std::int64_t{1}, std::string_view("1")},
                                                    {std::string_view("1"), std::int64_t{1}},
                                                    {true, std::int64_t{1}}};
  std::set<std::string> encodings;
  std::set<std::uint64_t> identities;
  for (const auto& key : keys) {
    const std::string bytes = encoded(key);
    encodings.insert(bytes);
    identities.insert(identify_encoded(bytes, seed).low);
  }
  EXPECT_EQ(encodings.size(), keys.size());
  EXPECT_EQ(identities.size(), keys.size());
}

TEST(Key, NoColumnsAreAnEmptyEncoding) { EXPECT_TRUE(decode_key("").empty()); }

}  // namespace
}  // namespace sluice
