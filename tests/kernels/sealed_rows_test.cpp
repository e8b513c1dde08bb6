#include "kernels/sealed_rows.hpp"

#include <algorithm>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/row_layout.hpp"
#include "kernels/row_operations.hpp"
#include "tests/support/random.hpp"

namespace sluice {
namespace {

constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();

RowLayout layout_of_everything() {
  const AccumulatorNeed needs[] = {{AccumulatorKind::nulls, 0},
                                   {AccumulatorKind::sum_integer, 0},
                                   {AccumulatorKind::minimum, 0},
                                   {AccumulatorKind::maximum, 0},
                                   {AccumulatorKind::sum_squares_integer, 0}};
  return lay_out_row(needs);
}

/// Plain rows of a chunk: by slot, hot words before cold ones.
struct Chunk {
  explicit Chunk(const RowLayout& row_layout, std::uint32_t slots = sealed_slots)
      : layout(row_layout), words(slots, std::vector<std::uint64_t>(row_layout.words())) {
    for (std::uint32_t s = 0; s < slots; ++s) reset_row(layout, row(s));
  }
  RowRef row(std::uint32_t slot) {
    return {words[slot].data(), words[slot].data() + layout.hot_words};
  }
  bool has_row(std::uint32_t slot) const { return words[slot][0] != 0; }

  RowLayout layout;
  std::vector<std::vector<std::uint64_t>> words;
};

std::vector<std::uint8_t> widths_of(Chunk& chunk) {
  Chunk empty(chunk.layout, 1);
  std::vector<std::uint8_t> widths;
  for (std::uint32_t w = 0; w < chunk.layout.words(); ++w) {
    std::int64_t low = most;
    std::int64_t high = least;
    for (std::uint32_t s = 0; s < chunk.words.size(); ++s) {
      if (!chunk.has_row(s)) continue;
      low = std::min(low, static_cast<std::int64_t>(chunk.words[s][w]));
      high = std::max(high, static_cast<std::int64_t>(chunk.words[s][w]));
    }
    widths.push_back(static_cast<std::uint8_t>(sealed_width(low, high, empty.words[0][w])));
  }
  return widths;
}

/// Seals with one writer a row, as the threads of a GPU do.
std::vector<std::uint64_t> sealed(Chunk& chunk) {
  std::uint64_t bitmap[sealed_bitmap_words] = {};
  std::uint32_t rows = 0;
  for (std::uint32_t s = 0; s < chunk.words.size(); ++s) {
    if (!chunk.has_row(s)) continue;
    bitmap[s / 64] |= std::uint64_t{1} << s % 64;
    ++rows;
  }
  const std::vector<std::uint8_t> widths = widths_of(chunk);
  const std::uint32_t words = chunk.layout.words();
  // One more word, to see that it is left alone.
  std::vector<std::uint64_t> memory(sealed_size(widths.data(), words, rows) + 1,
                                    0xabababababababab);
  write_sealed_header(memory.data(), bitmap, widths.data(), words);
  const SealedRows view(memory.data(), words);
  for (std::uint32_t s = 0; s < chunk.words.size(); ++s) {
    if (!chunk.has_row(s)) continue;
    write_sealed_row(memory.data(), words, view.rank(s), chunk.layout.hot_words, chunk.row(s));
  }
  EXPECT_EQ(memory.back(), 0xabababababababab);
  return memory;
}

void expect_reads_back(Chunk& chunk) {
  const std::vector<std::uint64_t> memory = sealed(chunk);
  const SealedRows view(memory.data(), chunk.layout.words());
  std::uint32_t rows = 0;
  for (std::uint32_t s = 0; s < chunk.words.size(); ++s) {
    ASSERT_EQ(view.has_row(s), chunk.has_row(s)) << "slot " << s;
    if (!chunk.has_row(s)) continue;
    ASSERT_EQ(view.rank(s), rows++);
    Chunk read(chunk.layout, 1);
    view.read_row(view.rank(s), chunk.layout.hot_words, read.row(0));
    ASSERT_EQ(read.words[0], chunk.words[s]) << "slot " << s;
  }
  EXPECT_EQ(view.rows(), rows);
}

TEST(SealedRows, AnEmptyChunkIsAHeader) {
  Chunk chunk(layout_of_everything());
  EXPECT_EQ(sealed(chunk).size() - 1, sealed_header_words(chunk.layout.words()));
  expect_reads_back(chunk);
}

TEST(SealedRows, AWordThatIsTheIdentityInEveryRowTakesNothing) {
  Chunk chunk(layout_of_everything());
  for (std::uint32_t s = 0; s < 80; ++s) chunk.row(3 * s).hot[0] = 1;
  const std::vector<std::uint64_t> memory = sealed(chunk);
  EXPECT_EQ(memory.size() - 1, sealed_header_words(chunk.layout.words()) + 10);
  expect_reads_back(chunk);
}

TEST(SealedRows, TheWidestRowGivesTheWidthOfAWord) {
  const RowLayout layout = layout_of_everything();
  const std::uint16_t sum = find_accumulator(layout, {AccumulatorKind::sum_integer, 0})->hot;
  const std::pair<std::int64_t, std::uint32_t> cases[] = {
      {0, 0},      {1, 1},       {127, 1},     {-128, 1},    {128, 2},
      {32'767, 2}, {-32'768, 2}, {-32'769, 4}, {1 << 30, 4}, {std::int64_t{1} << 31, 8},
      {most, 8},   {least, 8}};
  for (const auto& [value, width] : cases) {
    Chunk chunk(layout);
    chunk.row(0).hot[0] = 1;
    chunk.row(255).hot[0] = 1;
    chunk.row(255).hot[sum] = static_cast<std::uint64_t>(value);
    const std::vector<std::uint64_t> memory = sealed(chunk);
    EXPECT_EQ(SealedRows(memory.data(), layout.words()).width(sum), width) << value;
    expect_reads_back(chunk);
  }
}

TEST(SealedRows, TheFirstAndTheLastSlotOfEachBitmapWordHaveTheirRank) {
  Chunk chunk(layout_of_everything());
  for (const std::uint32_t slot : {0u, 63u, 64u, 127u, 128u, 191u, 192u, 255u}) {
    chunk.row(slot).hot[0] = slot + 1;
  }
  expect_reads_back(chunk);
}

TEST(SealedRows, RandomRowsReadBack) {
  for (std::uint64_t seed = 0; seed < 200 && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    oracle::Random random(seed);
    Chunk chunk(layout_of_everything(), static_cast<std::uint32_t>(random.between(1, 256)));
    const auto per_cent = static_cast<int>(random.below(101));
    for (std::uint32_t s = 0; s < chunk.words.size(); ++s) {
      if (!random.chance(per_cent)) continue;
      const RowRef row = chunk.row(s);
      row.hot[0] = 1 + random.below(300);
      for (std::uint32_t k = 0; k < chunk.layout.count; ++k) {
        const AccumulatorSpec& spec = chunk.layout.accumulators[k];
        const std::int64_t reach = std::int64_t{1} << random.below(62);
        if (random.chance(80)) {
          row.hot[spec.hot == 0 ? 1 : spec.hot] =
              static_cast<std::uint64_t>(random.between(-reach, reach));
        }
        if (random.chance(5)) row.cold[spec.cold] = random.below(3);
      }
    }
    expect_reads_back(chunk);
  }
}

}  // namespace
}  // namespace sluice
