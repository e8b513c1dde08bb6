#pragma once

#include "kernels/cuda/row_rules.hpp"
#include "kernels/cuda/sealed_chunk.cuh"

/// How one thread of a closing program keeps the row of its slot that steps go to again and again.
/// There are two ways with the same members:
///
///   Source                     the row of another column, read and not changed
///   fetch(entry), none()       the row of a chunk, or none where there is none
///   is_row(source)
///   load(entry)                begins to hold the row of a dense chunk
///   load_new(entry)            the same of a chunk without rows
///   reset, add, remove, store  change it, write it back
///   held()                     it, as the source of a step
///   write(words, a, b)         a + b, as a row of the output
namespace sluice::cuda {

/// Rows of few words (see RowRules) are held in registers: a run of steps to one column reads and
/// writes it once. HotWords is the layout's hot words.
template <unsigned HotWords>
class RowInRegisters {
 public:
  struct Source {
    std::uint64_t hot[HotWords] = {};
    std::uint64_t cold[most_cold_words] = {};
  };

  __device__ RowInRegisters(const PaneTableRef& table, const RowRules& rules)
      : table_(table), rules_(rules) {}

  __device__ Source none() const {
    Source row;
    row.hot[0] = 0;
    for (unsigned w = 1; w < HotWords; ++w) row.hot[w] = rules_.identity[w];
    for (std::uint64_t& word : row.cold) word = 0;
    return row;
  }
  __device__ static bool is_row(const Source& row) { return row.hot[0] != 0; }

  __device__ Source fetch(ChunkEntry entry) const {
    if (is_chunk(entry)) return fetch_dense(entry);
    return is_sealed(entry) ? fetch_sealed(entry) : none();
  }

  __device__ void load(ChunkEntry entry) {
    entry_ = entry;
    row_ = fetch_dense(entry);
    changed_ = false;
  }
  __device__ void load_new(ChunkEntry entry) {
    entry_ = entry;
    reset();
  }
  __device__ void reset() {
    row_ = none();
    changed_ = true;
  }

  __device__ void add(const Source& source) {
    if (!is_row(source)) return;
    changed_ = true;
    add_to(row_, source);
  }
  __device__ void remove(const Source& source) {
    if (!is_row(source)) return;
    changed_ = true;
    row_.hot[0] -= source.hot[0];
    for (unsigned w = 0; w < most_cold_words; ++w) row_.cold[w] -= source.cold[w];
    for (unsigned w = 1; w < HotWords; ++w) {
      if (rules_.of[w] != RowRules::sum) continue;
      const WrappedSum difference = wrapping_subtract(static_cast<std::int64_t>(row_.hot[w]),
                                                      static_cast<std::int64_t>(source.hot[w]));
      row_.hot[w] = static_cast<std::uint64_t>(difference.sum);
      carry(row_, w, difference.overflow);
    }
  }

  __device__ Source held() const { return row_; }

  __device__ void store() {
    if (!changed_) return;
    const RowRef to = table_.row(entry_, threadIdx.x);
    write_words(row_, to.hot, to.cold);
  }

  __device__ void write(std::uint64_t* words, const Source& a, const Source& b) const {
    Source row = is_row(a) ? a : none();
    if (is_row(b)) add_to(row, b);
    write_words(row, words, words + HotWords);
  }

 private:
  struct alignas(16) Pair {
    std::uint64_t first;
    std::uint64_t second;
  };

  __device__ Source fetch_dense(ChunkEntry entry) const {
    const RowRef from = table_.row(entry, threadIdx.x);
    Source row;
    if constexpr (HotWords == 1) {
      row.hot[0] = from.hot[0];
    } else {
      for (unsigned w = 0; w < HotWords; w += 2) {
        const Pair pair = *reinterpret_cast<const Pair*>(from.hot + w);
        row.hot[w] = pair.first;
        row.hot[w + 1] = pair.second;
      }
    }
    for (unsigned w = 0; w < most_cold_words; ++w) {
      row.cold[w] = w < rules_.cold_words ? from.cold[w] : 0;
    }
    return row;
  }

  __device__ Source fetch_sealed(ChunkEntry entry) const {
    Source row = none();
    const SealedRows rows = sealed_rows(table_, entry);
    if (!rows.has_row(threadIdx.x)) return row;
    const std::uint32_t rank = rows.rank(threadIdx.x);
    const std::uint32_t count = rows.rows();
    const std::uint64_t* values =
        memory_of(entry) + 1 + sealed_header_words(HotWords + rules_.cold_words);
    const auto next = [&](std::uint32_t word, std::uint64_t& value) {
      const std::uint32_t bytes = rows.width(word);
      if (bytes != 0) value = static_cast<std::uint64_t>(SealedRows::value_at(values, bytes, rank));
      values += sealed_column_words(bytes, count);
    };
    for (unsigned w = 0; w < HotWords; ++w) next(w, row.hot[w]);
    for (unsigned w = 0; w < most_cold_words; ++w) {
      if (w < rules_.cold_words) next(HotWords + w, row.cold[w]);
    }
    return row;
  }

  __device__ void add_to(Source& row, const Source& source) const {
    row.hot[0] += source.hot[0];
    for (unsigned w = 0; w < most_cold_words; ++w) row.cold[w] += source.cold[w];
    for (unsigned w = 1; w < HotWords; ++w) {
      const auto value = static_cast<std::int64_t>(source.hot[w]);
      switch (rules_.of[w]) {
        case RowRules::none:
          break;
        case RowRules::sum: {
          const WrappedSum sum = wrapping_add(static_cast<std::int64_t>(row.hot[w]), value);
          row.hot[w] = static_cast<std::uint64_t>(sum.sum);
          carry(row, w, sum.overflow);
          break;
        }
        case RowRules::sum_of_doubles:
          PlainWords::add_double(&row.hot[w], double_of(value));
          break;
        case RowRules::minimum:
          PlainWords::minimum(&row.hot[w], value);
          break;
        case RowRules::maximum:
          PlainWords::maximum(&row.hot[w], value);
          break;
      }
    }
  }

  /// Counts an overflow of hot word `w`. Registers are only known by constant numbers.
  __device__ void carry(Source& row, unsigned w, std::int64_t overflow) const {
    for (unsigned c = 0; c < most_cold_words; ++c) {
      if (rules_.overflow[w] == c) row.cold[c] += static_cast<std::uint64_t>(overflow);
    }
  }

  __device__ void write_words(const Source& row, std::uint64_t* hot, std::uint64_t* cold) const {
    for (unsigned w = 0; w < HotWords; ++w) hot[w] = row.hot[w];
    for (unsigned w = 0; w < most_cold_words; ++w) {
      if (w < rules_.cold_words) cold[w] = row.cold[w];
    }
  }

  const PaneTableRef& table_;
  const RowRules& rules_;
  ChunkEntry entry_ = absent_chunk;
  Source row_;
  bool changed_ = false;
};

/// Rows of any layout stay in memory.
class RowInMemory {
 public:
  struct Source {
    ChunkEntry entry = absent_chunk;  ///< absent: no row
    std::uint32_t rank = 0;           ///< of the row in a sealed chunk
  };

  __device__ RowInMemory(const PaneTableRef& table, const RowRules&) : table_(table) {}

  __device__ static Source none() { return {}; }
  __device__ static bool is_row(const Source& source) { return source.entry != absent_chunk; }

  __device__ Source fetch(ChunkEntry entry) const {
    if (is_chunk(entry)) {
      return table_.row(entry, threadIdx.x).hot[0] != 0 ? Source{entry, 0} : none();
    }
    if (!is_sealed(entry)) return none();
    const SealedRows rows = sealed_rows(table_, entry);
    return rows.has_row(threadIdx.x) ? Source{entry, rows.rank(threadIdx.x)} : none();
  }

  __device__ void load(ChunkEntry entry) {
    entry_ = entry;
    row_ = table_.row(entry, threadIdx.x);
  }
  __device__ void load_new(ChunkEntry entry) {
    load(entry);
    reset();
  }
  __device__ void reset() { reset_row(table_.layout, row_); }
  __device__ void store() {}

  __device__ Source held() const { return row_.hot[0] != 0 ? Source{entry_, 0} : none(); }

  __device__ void add(const Source& source) { add_to(row_, source); }
  __device__ void remove(const Source& source) {
    if (is_chunk(source.entry)) {
      remove_row(table_.layout, row_, table_.row(source.entry, threadIdx.x));
    } else if (is_sealed(source.entry)) {
      row_.hot[0] -= each_sealed(source, [&](const AccumulatorSpec& spec, const std::uint64_t* hot,
                                             const std::uint64_t* cold) {
        remove_accumulator(spec.kind, row_.hot + spec.hot, row_.cold + spec.cold, hot, cold);
      });
    }
  }

  __device__ void write(std::uint64_t* words, const Source& a, const Source& b) const {
    const RowRef row{words, words + table_.layout.hot_words};
    reset_row(table_.layout, row);
    add_to(row, a);
    add_to(row, b);
  }

 private:
  __device__ void add_to(RowRef row, const Source& source) const {
    if (is_chunk(source.entry)) {
      combine_row<PlainWords>(table_.layout, row, table_.row(source.entry, threadIdx.x));
    } else if (is_sealed(source.entry)) {
      row.hot[0] += each_sealed(source, [&](const AccumulatorSpec& spec, const std::uint64_t* hot,
                                            const std::uint64_t* cold) {
        combine_accumulator<PlainWords>(spec.kind, row.hot + spec.hot, row.cold + spec.cold, hot,
                                        cold);
      });
    }
  }

  /// Calls visit(spec, its hot words, its cold word) for each accumulator of a sealed row, in the
  /// order of the layout. @returns the count of events
  template <class Visit>
  __device__ std::uint64_t each_sealed(const Source& source, Visit visit) const {
    const RowLayout& layout = table_.layout;
    const SealedRows rows = sealed_rows(table_, source.entry);
    for (std::uint32_t k = 0; k < layout.count; ++k) {
      const AccumulatorSpec& spec = layout.accumulators[k];
      const std::uint64_t identity = identity_word(spec);
      const std::uint64_t hot[2] = {word_of(rows, source.rank, spec.hot, identity),
                                    spec.kind == AccumulatorKind::sum_squares_integer
                                        ? word_of(rows, source.rank, spec.hot + 1u, 0)
                                        : 0};
      const std::uint64_t cold = word_of(rows, source.rank, layout.hot_words + spec.cold, 0);
      visit(spec, hot, &cold);
    }
    return word_of(rows, source.rank, 0, 0);
  }

  __device__ std::uint64_t word_of(const SealedRows& rows, std::uint32_t rank, std::uint32_t wanted,
                                   std::uint64_t identity) const {
    std::uint64_t found = identity;
    rows.each_word([&](std::uint32_t word, std::uint32_t bytes, const std::uint64_t* values) {
      if (word != wanted || bytes == 0) return;
      found = static_cast<std::uint64_t>(SealedRows::value_at(values, bytes, rank));
    });
    return found;
  }

  const PaneTableRef& table_;
  ChunkEntry entry_ = absent_chunk;
  RowRef row_;
};

}  // namespace sluice::cuda
