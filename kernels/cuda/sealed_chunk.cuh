#pragma once

#include "kernels/cuda/chunk_pool.cuh"
#include "kernels/cuda/thread_range.cuh"
#include "kernels/row_operations.hpp"
#include "kernels/sealed_rows.hpp"

/// Sealed chunks on the device. The rows are in the form of kernels/sealed_rows.hpp, after one word
/// with the chunk's place in its page and its size. A page is a chunk of the pool that holds sealed
/// chunks of one range of slots, of any sizes, one after the other in the order in which they were
/// sealed: panes are sealed and dropped in the order of time, so a page fills and empties as a
/// whole, and nothing is ever moved. It goes back to the pool with the last of them.
///
/// Every function that is not said to be one thread's is called by all threads of a block, thread t
/// for slot t of the chunk, and is followed and preceded by no barrier of its own unless it says
/// so.
namespace sluice::cuda {

inline constexpr std::uint32_t page_header_words = 4;
/// Sealed chunks begin at sectors of 32 bytes.
inline constexpr std::uint32_t sector_words = 4;
/// A chunk is sealed where that leaves at most 3/4 of its bytes.
inline constexpr std::uint32_t worthwhile_numerator = 3;
inline constexpr std::uint32_t worthwhile_denominator = 4;

inline constexpr std::uint32_t minus_one = 0xffff'ffffu;  ///< modulo 2^32

/// The start of a page.
struct PageHeader {
  std::uint32_t references;  ///< sealed chunks in it, and 1 while it is open
  std::uint32_t used;        ///< words; read and written by the block that has the page open
};

__device__ inline PageHeader* header_of(std::uint64_t* page) {
  static_assert(sizeof(PageHeader) <= page_header_words * sizeof(std::uint64_t));
  return reinterpret_cast<PageHeader*>(page);
}

/// One thread: takes a reference off a page, which goes back to the pool with the last one.
__device__ inline void release_page(const PaneTableRef& table, std::uint64_t* page) {
  if (atomic_add(&header_of(page)->references, minus_one) == 1) push_chunk(table, entry_at(page));
}

/// One thread: gives a sealed chunk back.
__device__ inline void release_sealed(const PaneTableRef& table, ChunkEntry entry) {
  std::uint64_t* const memory = memory_of(entry);
  const auto offset = static_cast<std::uint32_t>(*memory >> 32);
  const auto size = static_cast<std::uint32_t>(*memory);
  atomic_add(&table.totals->sealed_chunks, minus_one);
  atomic_add(&table.totals->sealed_words, ~std::uint64_t{size} + 1);
  release_page(table, memory - offset);
}

/// One thread: gives back the memory of a chunk, in whatever form.
__device__ inline void release_chunk(const PaneTableRef& table, ChunkEntry entry) {
  if (is_sealed(entry)) {
    release_sealed(table, entry);
  } else if (is_chunk(entry)) {
    push_chunk(table, entry);
  }
}

__device__ inline SealedRows sealed_rows(const PaneTableRef& table, ChunkEntry entry) {
  return SealedRows(memory_of(entry) + 1, table.layout.words());
}

/// Copies the rows of a sealed chunk to a dense one, and gives the sealed one back.
__device__ inline void unseal_rows(const PaneTableRef& table, ChunkEntry sealed, ChunkEntry dense) {
  const RowRef row = table.row(dense, threadIdx.x);
  reset_row(table.layout, row);
  const SealedRows rows = sealed_rows(table, sealed);
  if (rows.has_row(threadIdx.x)) {
    rows.read_row(rows.rank(threadIdx.x), table.layout.hot_words, row);
  }
  __syncthreads();
  if (threadIdx.x == 0) release_sealed(table, sealed);
}

/// One thread, in an accumulate pass: asks for the chunk to be dense. @returns whether the caller
/// is the first and has to list it for open_wanted_chunk.
__device__ inline bool want_dense(ChunkEntry* entry) {
  const ChunkEntry found = atomic_load(entry);
  if (is_chunk(found) || (found & wanted_mark) != 0) return false;
  return atomic_compare_exchange(entry, found, found | wanted_mark) == found;
}
/// One thread: takes the wish back.
__device__ inline void want_no_more(ChunkEntry* entry) {
  atomic_store(entry, atomic_load(entry) & ~wanted_mark);
}

/// Makes a chunk dense that want_dense marked: with its rows where it was sealed, with empty rows
/// where it was absent; or leaves it as it was when the pool has none. Ends with a barrier.
__device__ inline void open_wanted_chunk(const PaneTableRef& table, ChunkEntry* entry,
                                         std::uint32_t* popped) {
  __shared__ ChunkEntry before;
  __shared__ ChunkEntry opened;
  if (threadIdx.x == 0) {
    before = *entry & ~wanted_mark;
    opened = pop_chunk(table, popped);
    *entry = opened == absent_chunk ? before : opened;
  }
  __syncthreads();
  if (opened != absent_chunk) {
    if (is_sealed(before)) {
      unseal_rows(table, before, opened);
    } else {
      reset_row(table.layout, table.row(opened, threadIdx.x));
    }
  }
  __syncthreads();
}

/// The page that a block seals into. In shared memory; changed by thread 0.
struct OpenPage {
  std::uint64_t* page;
  std::uint32_t* popped;  ///< see pop_chunk
  std::uint32_t spared;   ///< chunks that sealing leaves in the pool
};

/// One thread: leaves the page for the next block that seals chunks of these slots. One that
/// another block left meanwhile is closed.
__device__ inline void leave_page(const PaneTableRef& table, std::uint32_t chunk, OpenPage& open) {
  if (open.page == nullptr) return;
  __threadfence();
  const ChunkEntry other = atomic_exchange(&table.open_pages[chunk], entry_at(open.page));
  if (other != absent_chunk) release_page(table, memory_of(other));
  open.page = nullptr;
}

/// One thread: room for a sealed chunk of `size` words. @returns nullptr when the pool has no page.
__device__ inline std::uint64_t* take_room(const PaneTableRef& table, std::uint32_t chunk,
                                           std::uint32_t size, OpenPage& open) {
  if (open.page == nullptr) {
    open.page = memory_of(atomic_exchange(&table.open_pages[chunk], absent_chunk));
    __threadfence();
  }
  if (open.page != nullptr &&
      atomic_load(&header_of(open.page)->used) + size > chunk_slots * table.layout.words()) {
    release_page(table, open.page);
    open.page = nullptr;
  }
  if (open.page == nullptr) {
    open.page = memory_of(pop_spare_chunk(table, open.popped, open.spared));
    if (open.page == nullptr) return nullptr;
    atomic_store(&header_of(open.page)->references, 1u);
    atomic_store(&header_of(open.page)->used, page_header_words);
  }
  PageHeader* const header = header_of(open.page);
  const std::uint32_t offset = atomic_load(&header->used);
  atomic_store(&header->used, offset + size);
  atomic_add(&header->references, 1u);
  atomic_add(&table.totals->sealed_chunks, 1u);
  atomic_add(&table.totals->sealed_words, std::uint64_t{size});
  open.page[offset] = std::uint64_t{offset} << 32 | size;
  return open.page + offset;
}

/// What a block finds out about the rows of a chunk that it seals. In shared memory.
struct RowSurvey {
  std::uint32_t rows[chunk_slots / 32];  ///< bitmap, by warp
  std::uint64_t identity[max_row_words];
  std::uint32_t seen[max_row_words];  ///< the widths of the values, or-ed, with not_identity
  std::uint8_t widths[max_row_words];
  std::uint64_t* room;
};
inline constexpr std::uint32_t not_identity = 16;

/// Ends with a barrier.
__device__ inline void survey_rows(const RowLayout& layout, RowRef row, RowSurvey& survey) {
  constexpr unsigned warp_size = 32;
  constexpr unsigned all_lanes = 0xffff'ffffu;
  static_assert(max_row_words <= block_size && max_accumulators <= block_size);
  const bool has_row = row.hot[0] != 0;
  const unsigned rows = __ballot_sync(all_lanes, has_row ? 1 : 0);
  if (threadIdx.x % warp_size == 0) survey.rows[threadIdx.x / warp_size] = rows;
  if (threadIdx.x < layout.words()) {
    survey.seen[threadIdx.x] = 0;
    survey.identity[threadIdx.x] = 0;
  }
  __syncthreads();
  if (threadIdx.x < layout.count) {
    const AccumulatorSpec& spec = layout.accumulators[threadIdx.x];
    if (identity_word(spec) != 0) survey.identity[spec.hot] = identity_word(spec);
  }
  __syncthreads();
  for (std::uint32_t w = 0; w < layout.words(); ++w) {
    std::uint32_t seen = 0;
    if (has_row) {
      const std::uint64_t word = w < layout.hot_words ? row.hot[w] : row.cold[w - layout.hot_words];
      const auto value = static_cast<std::int64_t>(word);
      seen = sealed_width(value, value, ~word);
      if (word != survey.identity[w]) seen |= not_identity;
    }
    seen = __reduce_or_sync(all_lanes, seen);
    if (threadIdx.x % warp_size == 0 && seen != 0) atomic_or(&survey.seen[w], seen);
  }
  __syncthreads();
}

enum class Sealing : std::uint8_t { done, not_worthwhile, no_room };

/// One thread: finds room for the surveyed rows and writes everything but the rows.
/// @param sealed becomes the entry; absent when there are no rows
__device__ inline Sealing start_sealing(const PaneTableRef& table, std::uint32_t chunk,
                                        RowSurvey& survey, OpenPage& open, ChunkEntry& sealed) {
  const std::uint32_t row_words = table.layout.words();
  std::uint64_t bitmap[sealed_bitmap_words];
  std::uint32_t rows = 0;
  for (std::uint32_t w = 0; w < sealed_bitmap_words; ++w) {
    bitmap[w] = survey.rows[2 * w] | std::uint64_t{survey.rows[2 * w + 1]} << 32;
    rows += count_bits(bitmap[w]);
  }
  sealed = absent_chunk;
  if (rows == 0) return Sealing::done;
  for (std::uint32_t w = 0; w < row_words; ++w) {
    const std::uint32_t seen = survey.seen[w];
    const std::uint32_t widest = (seen & 8) != 0   ? 8
                                 : (seen & 4) != 0 ? 4
                                 : (seen & 2) != 0 ? 2
                                                   : 1;
    survey.widths[w] = static_cast<std::uint8_t>((seen & not_identity) != 0 ? widest : 0);
  }
  const std::uint32_t size = (1 + sealed_size(survey.widths, row_words, rows) + sector_words - 1) /
                             sector_words * sector_words;
  const std::uint32_t chunk_words = chunk_slots * row_words;
  if ((size + page_header_words) * worthwhile_denominator > chunk_words * worthwhile_numerator) {
    return Sealing::not_worthwhile;
  }
  survey.room = take_room(table, chunk, size, open);
  if (survey.room == nullptr) return Sealing::no_room;
  write_sealed_header(survey.room + 1, bitmap, survey.widths, row_words);
  sealed = entry_at(survey.room) | sealed_mark;
  return Sealing::done;
}

/// Seals a dense chunk and gives its memory back. Ends with a barrier.
/// @param entry becomes the sealed chunk, or absent where no row was left
__device__ inline Sealing seal_chunk(const PaneTableRef& table, std::uint32_t chunk, OpenPage& open,
                                     ChunkEntry& entry) {
  __shared__ RowSurvey survey;
  __shared__ ChunkEntry sealed;
  __shared__ Sealing result;
  const RowRef row = table.row(entry, threadIdx.x);
  survey_rows(table.layout, row, survey);
  if (threadIdx.x == 0) result = start_sealing(table, chunk, survey, open, sealed);
  __syncthreads();
  const Sealing found = result;
  const ChunkEntry made = sealed;
  if (found == Sealing::done && made != absent_chunk && row.hot[0] != 0) {
    const SealedRows rows = sealed_rows(table, made);
    write_sealed_row(memory_of(made) + 1, table.layout.words(), rows.rank(threadIdx.x),
                     table.layout.hot_words, row);
  }
  __syncthreads();
  if (found != Sealing::done) return found;
  if (threadIdx.x == 0) push_chunk(table, entry);
  entry = made;
  return found;
}

}  // namespace sluice::cuda
