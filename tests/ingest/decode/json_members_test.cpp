#include "ingest/decode/json_members.hpp"

#include <cstddef>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace sluice {
namespace {

const JsonMembers::Member* find(const JsonMembers& members, const std::string& name) {
  const std::string readable = name + std::string(8, '~');
  return members.find(readable.data(), name.size());
}

TEST(JsonMembers, KnowsTheNamesOfPathsAndNoOthers) {
  const JsonMembers members({{"a", {"a"}}, {"o.x", {"o", "x"}}, {"o.y", {"o", "y"}}, {"o", {"o"}}});
  ASSERT_NE(find(members, "a"), nullptr);
  EXPECT_EQ(find(members, "a")->field, 0U);
  EXPECT_TRUE(find(members, "a")->inner.empty());
  ASSERT_NE(find(members, "o"), nullptr);
  EXPECT_EQ(find(members, "o")->field, 3U);
  EXPECT_EQ(members.all().size(), 2U);
  const JsonMembers& inner = find(members, "o")->inner;
  ASSERT_NE(find(inner, "x"), nullptr);
  EXPECT_EQ(find(inner, "x")->field, 1U);
  EXPECT_EQ(find(inner, "y")->field, 2U);
  EXPECT_EQ(find(inner, "a"), nullptr);
  EXPECT_EQ(find(members, "x"), nullptr);
  EXPECT_EQ(find(members, ""), nullptr);
  EXPECT_EQ(find(JsonMembers(), "a"), nullptr);
}

TEST(JsonMembers, ComparesWholeNames) {
  const std::vector<std::string> names = {"",
                                          std::string("\0x", 2),
                                          "time",
                                          "time_",
                                          "12345678",
                                          "123456789",
                                          "12345678123456781",
                                          "1234567812345678",
                                          "12345678_in_the_middle_87654321",
                                          "12345678-in-the-middle-87654321"};
  std::vector<FieldPath> paths;
  for (const std::string& name : names) paths.push_back({name, {name}});
  const JsonMembers members(paths);
  for (std::size_t i = 0; i < names.size(); ++i) {
    ASSERT_NE(find(members, names[i]), nullptr) << names[i];
    EXPECT_EQ(find(members, names[i])->field, i) << names[i];
  }
  EXPECT_EQ(find(members, "12345678 in the middle 87654321"), nullptr);
  EXPECT_EQ(find(members, std::string("time\0", 5)), nullptr);
}

TEST(JsonMembers, KnowsManyNames) {
  std::mt19937_64 random(101);
  std::set<std::string> names;
  while (names.size() < 300) names.insert("n" + std::to_string(random() >> random() % 64));
  std::vector<FieldPath> paths;
  for (const std::string& name : names) paths.push_back({name, {name}});
  const JsonMembers members(paths);
  std::size_t field = 0;
  for (const std::string& name : names) {
    ASSERT_NE(find(members, name), nullptr) << name;
    EXPECT_EQ(find(members, name)->field, field++) << name;
    EXPECT_EQ(find(members, name + "_"), nullptr) << name;
  }
}

}  // namespace
}  // namespace sluice
