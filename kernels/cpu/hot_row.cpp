#include "kernels/cpu/hot_row.hpp"

#include <algorithm>
#include <cstring>

#include "kernels/cpu/instructions.hpp"
#include "kernels/cpu/row_lanes.hpp"
#include "kernels/row_operations.hpp"

namespace sluice::cpu {
namespace {

// The first events of a tile tell of the others.
constexpr std::size_t sample = 128;
// A row of a quarter of the events follows itself in a sixteenth.
constexpr std::size_t rare = 16;
constexpr std::size_t ways = 4;

[[gnu::always_inline]] inline void spread(const Lanes4& targets, std::int64_t hot,
                                          std::uint64_t** rows, std::size_t size) {
  const Lanes4 to = targets;
  const Lanes4 from = hot - Lanes4{};
  for (std::size_t k = 0; k + ways <= size; k += ways) {
    Lanes4 four;
    std::memcpy(&four, rows + k, sizeof four);
    const Lanes4 is_hot = four == from;
    four = (four & ~is_hot) | (to & is_hot);
    std::memcpy(rows + k, &four, sizeof four);
  }
}
SLUICE_AVX2 void spread_avx2(const Lanes4& targets, std::int64_t hot, std::uint64_t** rows,
                             std::size_t size) {
  spread(targets, hot, rows, size);
}

}  // namespace

std::uint64_t* find_hot_row(std::uint64_t* const* rows, std::size_t size) noexcept {
  const std::size_t looked_at = std::min(size, sample);
  std::size_t repeats = 0;
  for (std::size_t k = 1; k < looked_at; ++k) repeats += rows[k] == rows[k - 1] ? 1u : 0u;
  if (repeats <= looked_at / rare) return nullptr;
  // The majority among the repeated ones, if there is one (Boyer and Moore).
  std::uint64_t* hot = nullptr;
  std::size_t lead = 0;
  for (std::size_t k = 1; k < looked_at; ++k) {
    if (rows[k] != rows[k - 1]) continue;
    if (lead == 0) hot = rows[k];
    lead = rows[k] == hot ? lead + 1 : lead - 1;
  }
  return hot;
}

void spread_hot_row(const RowLayout& layout, std::uint64_t* hot, RowGroup copies,
                    std::uint64_t** rows, std::size_t size) noexcept {
  std::uint64_t* to[ways] = {hot};
  for (std::size_t way = 1; way < ways; ++way) to[way] = copies.hot + way * layout.hot_words;
  Lanes4 targets;
  static_assert(sizeof targets == sizeof to);
  std::memcpy(&targets, to, sizeof targets);
  const auto address = static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(hot));
  if (best_instructions() == Instructions::plain) {
    spread(targets, address, rows, size);
  } else {
    spread_avx2(targets, address, rows, size);
  }
}

void gather_hot_row(const RowLayout& layout, RowRef hot, RowGroup copies) noexcept {
  for (std::size_t way = 1; way < ways; ++way) {
    const RowRef copy{copies.hot + way * layout.hot_words, copies.cold + way * layout.cold_words};
    combine_row<PlainWords>(layout, hot, copy);
    reset_row(layout, copy);
  }
}

}  // namespace sluice::cpu
