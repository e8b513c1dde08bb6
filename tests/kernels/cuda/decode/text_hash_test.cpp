#include "kernels/cuda/decode/text_hash.hpp"

#include <cstdint>
#include <random>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "ingest/key.hpp"

namespace sluice::cuda {
namespace {

TEST(TextHash, IdentifiesTextsOfEveryLengthAtEveryPlaceAsTheHostDoes) {
  std::mt19937_64 random(5);
  alignas(8) char bytes[400];
  for (char& byte : bytes) byte = static_cast<char>(random());
  for (std::uint32_t length = 0; length <= TextHash::longest; ++length) {
    for (std::uint32_t at = 0; at < 16; ++at) {
      const std::uint64_t seed = at % 3 == 0 ? 0 : random();
      const KeyIdentity found = TextHash(bytes, at, length, seed)();
      const sluice::KeyIdentity expected = identify(std::string_view(bytes + at, length), seed);
      ASSERT_EQ(found.low, expected.low) << length << " bytes at " << at;
      ASSERT_EQ(found.high, expected.high) << length << " bytes at " << at;
    }
  }
}

}  // namespace
}  // namespace sluice::cuda
