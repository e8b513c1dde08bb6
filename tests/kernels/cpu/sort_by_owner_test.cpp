#include "kernels/cpu/sort_by_owner.hpp"

#include <algorithm>
#include <map>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace sluice::cpu {
namespace {

TEST(SortByOwner, EveryEventWithARowHasOneOwnerAndALineNeverHasTwo) {
  std::mt19937_64 random(71);
  std::vector<std::uint64_t> words(64'000);
  for (const std::size_t owners : {1u, 2u, 3u, 5u}) {
    for (const std::size_t size : {1u, 2u, 100u, 2048u}) {
      std::vector<std::uint64_t*> rows(size);
      std::uint64_t* const spoil = words.data();
      for (std::uint64_t*& row : rows) {
        row = random() % 9 == 0 ? spoil : words.data() + 4 * (1 + random() % 15'000);
      }
      std::vector<OwnedPart> parts(owners);
      std::vector<std::uint32_t> memory(size);
      std::vector<std::uint64_t> sorted(size);

      sort_by_owner({rows.data(), size, words.data(), spoil}, parts, memory.data(), sorted.data());

      std::vector<int> seen(size);
      std::map<std::uint64_t, std::size_t> owner_of_line;
      for (std::size_t owner = 0; owner < owners; ++owner) {
        for (std::size_t k = parts[owner].begin; k < parts[owner].end; ++k) {
          const std::uint32_t event = OwnedEvent::event(sorted[k]);
          const std::uint64_t at = OwnedEvent::row_words(sorted[k]);
          ++seen[event];
          EXPECT_EQ(words.data() + at, rows[event]);
          EXPECT_EQ(owner_of_line.try_emplace(at / 8, owner).first->second, owner);
        }
      }
      for (std::size_t k = 0; k < size; ++k) {
        EXPECT_EQ(seen[k], rows[k] == spoil ? 0 : 1) << owners << " owners, seed 71";
      }
    }
  }
}

}  // namespace
}  // namespace sluice::cpu
