/// The loops over many rows mean what the operations on one row mean.

#include <bit>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/cpu/chunk_operations.hpp"
#include "kernels/cpu/emit_rows.hpp"
#include "kernels/cpu/lift_rows.hpp"
#include "kernels/row_layout.hpp"
#include "kernels/row_operations.hpp"
#include "tests/kernels/cpu/instruction_sets.hpp"

namespace sluice::cpu {
namespace {

using Kind = AccumulatorKind;

struct NamedLayout {
  std::string name;
  RowLayout layout;
};

RowLayout lay_out(const std::vector<AccumulatorNeed>& needs) { return lay_out_row(needs); }

/// Column 0 holds integers, column 1 doubles.
std::vector<NamedLayout> layouts() {
  const AccumulatorNeed sum{Kind::sum_integer, 0};
  const AccumulatorNeed least{Kind::minimum, 0};
  const AccumulatorNeed greatest{Kind::maximum, 0};
  const AccumulatorNeed nulls{Kind::nulls, 0};
  return {{"count", lay_out({})},
          {"count and nulls", lay_out({nulls})},
          {"count, sum", lay_out({sum})},
          {"count, nulls, sum", lay_out({nulls, sum})},
          {"count, sum, minimum, maximum", lay_out({sum, least, greatest})},
          {"in another order, with nulls", lay_out({greatest, nulls, least, sum})},
          {"squares", lay_out({{Kind::sum_squares_integer, 0}, sum, nulls})},
          {"minimum alone", lay_out({least})},
          {"doubles", lay_out({{Kind::sum_double, 1, true},
                               {Kind::sum_shifted, 1, true},
                               {Kind::sum_squares_shifted, 1, true},
                               {Kind::minimum, 1, true},
                               {Kind::maximum, 1, true},
                               {Kind::nulls, 1, true},
                               sum})}};
}

/// A chunk of rows in memory of its own.
class Chunk {
 public:
  explicit Chunk(const RowLayout& layout)
      : layout_(&layout), words_(max_chunk_rows * layout.words()) {
    for (std::size_t r = 0; r < max_chunk_rows; ++r) reset_row(layout, row(r));
  }
  RowGroup group() {
    return {words_.data(), words_.data() + max_chunk_rows * layout_->hot_words, max_chunk_rows};
  }
  RowRef row(std::size_t r) {
    return {group().hot + r * layout_->hot_words, group().cold + r * layout_->cold_words};
  }
  RowSpace space() {
    return {words_.data(), words_.size(), max_chunk_rows, layout_->hot_words, layout_->cold_words};
  }
  friend bool operator==(const Chunk& a, const Chunk& b) { return a.words_ == b.words_; }

 private:
  const RowLayout* layout_;
  std::vector<std::uint64_t> words_;
};

/// Events with values of every magnitude; doubles are small whole numbers, so their sums are exact.
struct Events {
  Events(std::mt19937_64& random, std::size_t size, bool with_nulls, bool narrow = false) {
    for (std::size_t i = 0; i < size; ++i) {
      slots.push_back(static_cast<KeySlot>(random() % 40));
      integers.push_back(static_cast<std::int64_t>(random()) >> (random() % 64));
      if (narrow) integers.back() = static_cast<std::int32_t>(integers.back());
      doubles.push_back(std::bit_cast<std::int64_t>(static_cast<double>(random() % 200) - 100));
      valid.push_back(with_nulls && random() % 4 == 0 ? 0 : 1);
    }
    columns.size = size;
    columns.value_count = 2;
    columns.values[0] = {integers.data(), with_nulls ? valid.data() : nullptr};
    columns.values[1] = {doubles.data(), with_nulls ? valid.data() : nullptr};
    if (!narrow) return;
    narrow_integers.assign(integers.begin(), integers.end());
    columns.values[0].bits = nullptr;
    columns.values[0].narrow = narrow_integers.data();
  }
  std::vector<KeySlot> slots;
  std::vector<std::int64_t> integers;
  std::vector<std::int32_t> narrow_integers;
  std::vector<std::int64_t> doubles;
  std::vector<std::uint8_t> valid;
  EventColumns columns;
};

constexpr double shifts[max_values] = {0, 3};

void lift_one_by_one(const RowLayout& layout, const Events& events, Chunk& chunk) {
  for (std::size_t i = 0; i < events.columns.size; ++i) {
    lift_event<PlainWords>(layout, chunk.row(events.slots[i]), events.columns, shifts, i);
  }
}

void expect_same_as_one_by_one(const RowLayout& layout, Instructions set, const Events& events) {
  Chunk expected(layout);
  lift_one_by_one(layout, events, expected);
  const RowLifter lifter(layout, set);

  Chunk by_address(layout);
  std::vector<std::uint64_t*> rows;
  std::vector<std::uint32_t> order;
  for (std::uint32_t i = 1000; i-- > 0;) {
    rows.push_back(by_address.row(events.slots[i]).hot);
    order.push_back(i);
  }
  lifter.lift(by_address.space(), RowsByAddress{rows.data(), order.data()}, 1000, events.columns,
              shifts);
  EXPECT_TRUE(by_address == expected);

  Chunk of_owner(layout);
  std::vector<std::uint64_t> owned;
  for (std::size_t i = 0; i < 1000; ++i) {
    const auto words =
        static_cast<std::uint64_t>(of_owner.row(events.slots[i]).hot - of_owner.group().hot);
    owned.push_back(OwnedEvent::pack(words, i % 500));
  }
  for (const std::size_t first : {0u, 500u}) {
    const RowsOfOwner half{of_owner.group().hot, owned.data() + first, first, owned.data(), 700};
    lifter.lift(of_owner.space(), half, 500, events.columns, shifts);
  }
  EXPECT_TRUE(of_owner == expected);

  Chunk in_order(layout);
  rows.clear();
  for (const KeySlot slot : events.slots) rows.push_back(in_order.row(slot).hot);
  lifter.lift(in_order.space(), RowsInOrder{rows.data() + 300, 300}, 700, events.columns, shifts);
  lifter.lift(in_order.space(), RowsInOrder{rows.data(), 0}, 300, events.columns, shifts);
  EXPECT_TRUE(in_order == expected);
}

TEST(RowLifter, MeansWhatLiftingOneEventMeans) {
  std::mt19937_64 random(31);
  for (const NamedLayout& named : layouts()) {
    for (const bool with_nulls : {false, true}) {
      for (const bool narrow : {false, true}) {
        const Events events(random, 1000, with_nulls, narrow);
        for (const Instructions set : instruction_sets()) {
          SCOPED_TRACE(named.name + (with_nulls ? ", some null" : "") + (narrow ? ", narrow" : "") +
                       ", instructions " + std::to_string(static_cast<int>(set)) + ", seed 31");
          expect_same_as_one_by_one(named.layout, set, events);
        }
      }
    }
  }
}

TEST(ChunkOperations, MeanWhatTheOperationsOnOneRowMean) {
  std::mt19937_64 random(32);
  for (const NamedLayout& named : layouts()) {
    SCOPED_TRACE(named.name + ", seed 32");
    Chunk target(named.layout);
    Chunk source(named.layout);
    lift_one_by_one(named.layout, Events(random, 500, true), target);
    lift_one_by_one(named.layout, Events(random, 500, true), source);
    Chunk expected = target;
    for (std::size_t r = 0; r < max_chunk_rows; ++r) {
      combine_row<PlainWords>(named.layout, expected.row(r), source.row(r));
    }
    const Chunk before = target;

    const ChunkArithmetic arithmetic(named.layout);
    arithmetic.combine(target.group(), source.group());
    EXPECT_TRUE(target == expected);

    if (!named.layout.invertible) continue;
    arithmetic.remove(target.group(), source.group());
    EXPECT_TRUE(target == before);
  }
}

TEST(ChunkOperations, EmitLeavesEmptyRowsOut) {
  const RowLayout layout = lay_out({{Kind::sum_integer, 0}});
  Chunk chunk(layout);
  for (const std::size_t row : {0u, 7u, 255u}) {
    chunk.row(row).hot[0] = row + 1;
    chunk.row(row).hot[1] = row * 10;
    chunk.row(row).cold[0] = 3;
  }
  EmittedRows emitted;
  emitted.clear(2, 1, layout);

  EXPECT_EQ(emit_rows(layout, chunk.group(), true, 512, 1, emitted.arena(0)), 3u);

  emitted.settle();
  WindowRows output;
  emitted.append_to(output, 1);
  EXPECT_EQ(output.slots, (std::vector<KeySlot>{512, 519, 767}));
  EXPECT_EQ(output.words, (std::vector<std::uint64_t>{1, 0, 3, 8, 70, 3, 256, 2550, 3}));
}

}  // namespace
}  // namespace sluice::cpu
