#include "ingest/kafka/direct/compression.hpp"

#include <random>
#include <string>

#include <gtest/gtest.h>

#include "tests/ingest/kafka/direct/wire_batches.hpp"

namespace sluice::wire_test {
namespace {

using Result = Decompressor::Result;

Bytes some_text(std::size_t size) {
  Bytes text;
  for (std::size_t i = 0; text.size() < size; ++i) {
    for (const char c : "event " + std::to_string(i * i)) text.push_back(static_cast<std::byte>(c));
  }
  text.resize(size);
  return text;
}

class EachFormat : public testing::TestWithParam<std::pair<Compression, bool>> {
 protected:
  Bytes compressed(const Bytes& text) const {
    return compress(GetParam().first, text, GetParam().second);
  }
  Decompressor::Outcome decompress(const Bytes& from, Bytes& into) {
    return decompressor_.decompress(GetParam().first, from, into);
  }
  Decompressor decompressor_;
};

TEST_P(EachFormat, GivesBackWhatWasCompressed) {
  for (const std::size_t size : {1u, 100u, 40'000u, 300'000u}) {
    const Bytes text = some_text(size);
    for (const std::size_t spare : {0u, 1u, 200'000u}) {
      Bytes into(size + spare);
      const auto [result, written] = decompress(compressed(text), into);
      ASSERT_EQ(result, Result::done) << size;
      into.resize(written);
      EXPECT_EQ(into, text);
    }
  }
}

TEST_P(EachFormat, SaysWhenThereIsNoRoom) {
  const Bytes from = compressed(some_text(100'000));
  for (const std::size_t room : {0u, 1u, 99'999u, 65'536u}) {
    Bytes into(room);
    EXPECT_EQ(decompress(from, into).result, Result::no_room) << room;
  }
}

TEST_P(EachFormat, GivesNothingForWhatIsCutOff) {
  const Bytes from = compressed(some_text(1'000));
  Bytes into(2'000);
  for (const std::size_t size : {std::size_t{0}, std::size_t{5}, from.size() / 2}) {
    const auto [result, written] =
        decompress({from.begin(), from.begin() + static_cast<std::ptrdiff_t>(size)}, into);
    EXPECT_TRUE(result != Result::done || written == 0) << size;
  }
}

TEST_P(EachFormat, WritesNothingPastItsRoomWhateverItReads) {
  constexpr std::uint64_t seed = 3;
  std::mt19937_64 random(seed);
  const Bytes from = compressed(some_text(5'000));
  for (int round = 0; round < 5'000; ++round) {
    Bytes changed = from;
    for (std::uint64_t changes = 1 + random() % 3; changes > 0; --changes) {
      changed[random() % changed.size()] = static_cast<std::byte>(random());
    }
    Bytes into(random() % 8'000);
    const std::size_t room = into.size();
    into.resize(room + 64, std::byte{0xAB});
    const auto [result, size] =
        decompressor_.decompress(GetParam().first, changed, std::span(into).first(room));
    EXPECT_LE(size, room);
    for (std::size_t i = room; i < into.size(); ++i) ASSERT_EQ(into[i], std::byte{0xAB});
  }
}

INSTANTIATE_TEST_SUITE_P(Compression, EachFormat,
                         testing::Values(std::pair(Compression::gzip, false),
                                         std::pair(Compression::snappy, false),
                                         std::pair(Compression::snappy, true),
                                         std::pair(Compression::lz4, false),
                                         std::pair(Compression::zstd, false)));

}  // namespace
}  // namespace sluice::wire_test
