#include "kernels/cpu/key_dictionary.hpp"

#include <map>
#include <random>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace sluice::cpu {
namespace {

constexpr std::size_t plenty = std::size_t{1} << 30;

using Key = std::pair<std::uint64_t, std::uint64_t>;

/// Small integers, large integers and hashes.
Key random_key(std::mt19937_64& random) {
  switch (random() % 3) {
    case 0:
      return {random() % 3000, 0};
    case 1:
      return {~std::uint64_t{0} - random() % 3000, 0};
    default:
      return {random() % 3000, 1 + random() % 2};
  }
}

TEST(KeyDictionary, GivesEveryKeyASlotOfItsOwn) {
  StateBudget budget(plenty);
  KeyDictionary dictionary(100'000, budget);
  std::mt19937_64 random(1);
  std::map<Key, KeySlot> known;
  for (int i = 0; i < 30'000; ++i) {
    const Key key = random_key(random);
    const auto found = known.find(key);
    ASSERT_EQ(dictionary.find(key.first, key.second),
              found == known.end() ? no_slot : found->second)
        << "seed 1, step " << i;
    if (found != known.end()) continue;
    if (!dictionary.has_free_slot()) {
      ASSERT_TRUE(dictionary.grow());
    }
    const KeySlot slot = dictionary.add(key.first, key.second);
    ASSERT_EQ(slot, known.size()) << "slots are dense";
    known[key] = slot;
  }
  EXPECT_EQ(dictionary.size(), known.size());

  std::vector<std::uint64_t> low;
  std::vector<std::uint64_t> high;
  for (const auto& [key, slot] : known) {
    low.push_back(key.first);
    high.push_back(key.second);
  }
  low.push_back(77);
  high.push_back(9);
  std::vector<KeySlot> slots(low.size());
  EXPECT_FALSE(dictionary.find_all({low.data(), high.data()}, 0, low.size(), slots.data()));
  EXPECT_EQ(slots.back(), no_slot);
  EXPECT_TRUE(dictionary.find_all({low.data(), high.data()}, 0, low.size() - 1, slots.data()));
  std::size_t k = 0;
  for (const auto& [key, slot] : known) ASSERT_EQ(slots[k++], slot);
}

TEST(KeyDictionary, FindsSmallAndLargeKeysSideBySide) {
  StateBudget budget(plenty);
  KeyDictionary dictionary(100, budget);
  const std::vector<std::uint64_t> keys{0, 5, 1, ~std::uint64_t{0}, std::uint64_t{1} << 40};
  for (const std::uint64_t key : keys) dictionary.add(key, 0);
  std::vector<KeySlot> slots(keys.size());

  EXPECT_TRUE(dictionary.find_all({keys.data()}, 0, keys.size(), slots.data()));

  EXPECT_EQ(slots, (std::vector<KeySlot>{0, 1, 2, 3, 4}));
}

// Many keys share a half, lie outside their line, and are more than are looked for together.
TEST(KeyDictionary, FindsKeysWithEqualHalvesAndKeysOutsideTheirLine) {
  StateBudget budget(plenty);
  KeyDictionary dictionary(5'000, budget);
  std::mt19937_64 random(2);
  std::vector<std::uint64_t> low;
  std::vector<std::uint64_t> high;
  while (dictionary.size() < 5'000) {
    const Key key{random() % 700, 1 + random() % 700};
    if (dictionary.find(key.first, key.second) != no_slot) continue;
    if (!dictionary.has_free_slot()) {
      ASSERT_TRUE(dictionary.grow());
    }
    dictionary.add(key.first, key.second);
    low.push_back(key.first);
    high.push_back(key.second);
  }
  low.push_back(800);
  high.push_back(1);
  std::vector<KeySlot> slots(low.size());
  for (const std::size_t count : {1u, 127u, 128u, 129u, 1'024u, 1'025u, 5'000u}) {
    const std::size_t first = 5'000 - count;
    EXPECT_TRUE(dictionary.find_all({low.data(), high.data()}, first, count, slots.data()));
    for (std::size_t k = 0; k < count; ++k) ASSERT_EQ(slots[k], first + k) << count << ", seed 2";
    EXPECT_FALSE(dictionary.find_all({low.data(), high.data()}, first, count + 1, slots.data()));
    EXPECT_EQ(slots[count], no_slot);
  }
}

TEST(KeyDictionary, FreedSlotsAreGivenAgainAndForgottenKeysAreUnknown) {
  StateBudget budget(plenty);
  KeyDictionary dictionary(6, budget);
  for (std::uint64_t key = 0; key < 6; ++key) dictionary.add(key, key % 2);
  EXPECT_FALSE(dictionary.has_free_slot());
  const std::size_t used = budget.used();

  dictionary.keep_only(std::vector<std::uint8_t>{1, 0, 0, 1, 1, 0});

  EXPECT_EQ(dictionary.size(), 3u);
  EXPECT_EQ(dictionary.bound(), 5u);
  EXPECT_EQ(dictionary.find(0, 0), 0u);
  EXPECT_EQ(dictionary.find(1, 1), no_slot);
  EXPECT_EQ(dictionary.find(2, 0), no_slot);
  EXPECT_EQ(dictionary.find(3, 1), 3u);
  EXPECT_EQ(dictionary.add(90, 7), 1u);
  EXPECT_EQ(dictionary.add(91, 7), 2u);
  EXPECT_EQ(dictionary.add(92, 7), 5u);
  EXPECT_FALSE(dictionary.has_free_slot());
  EXPECT_EQ(budget.used(), used);
}

TEST(KeyDictionary, KeepingNothingEmptiesIt) {
  StateBudget budget(plenty);
  KeyDictionary dictionary(100, budget);
  dictionary.add(1, 0);
  dictionary.add(1, 1);

  dictionary.keep_only(std::vector<std::uint8_t>(2));

  EXPECT_EQ(dictionary.size(), 0u);
  EXPECT_EQ(dictionary.find(1, 0), no_slot);
  EXPECT_EQ(dictionary.find(1, 1), no_slot);
  EXPECT_EQ(dictionary.add(2, 0), 0u);
}

TEST(KeyDictionary, AddsNothingBeyondTheBudget) {
  StateBudget budget(1000);
  KeyDictionary dictionary(100, budget);

  EXPECT_EQ(dictionary.add(~std::uint64_t{0}, 1), no_slot);

  EXPECT_EQ(dictionary.size(), 0u);
  EXPECT_EQ(budget.used(), 0u);
}

TEST(KeyDictionary, DoesNotGrowBeyondTheBudget) {
  StateBudget budget(std::size_t{400} << 10);
  KeyDictionary dictionary(1'000'000, budget);
  std::uint64_t key = 1;
  while (dictionary.has_free_slot()) ASSERT_NE(dictionary.add(key++, 1), no_slot);
  const std::size_t size = dictionary.size();

  EXPECT_FALSE(dictionary.grow());

  EXPECT_EQ(dictionary.capacity(), size);
  EXPECT_EQ(dictionary.find(size, 1), size - 1);
}

TEST(KeyDictionary, ASavedDictionaryLoadsWithTheSameSlots) {
  StateBudget budget(plenty);
  KeyDictionary dictionary(10'000, budget);
  for (std::uint64_t key = 0; key < 3000; ++key) dictionary.add(key * 977, key % 3);
  std::vector<std::uint8_t> live(3000, 1);
  live[17] = 0;
  dictionary.keep_only(live);
  StateBudget other_budget(plenty);
  KeyDictionary other(10'000, other_budget);
  other.add(5, 5);

  ASSERT_TRUE(other.load(dictionary.save()));

  EXPECT_EQ(other.size(), 2999u);
  EXPECT_EQ(other.find(5, 5), no_slot);
  for (std::uint64_t key = 0; key < 3000; ++key) {
    ASSERT_EQ(other.find(key * 977, key % 3), dictionary.find(key * 977, key % 3));
  }
  EXPECT_EQ(other.add(123'456'789, 9), 17u) << "the gap is free";
}

}  // namespace
}  // namespace sluice::cpu
