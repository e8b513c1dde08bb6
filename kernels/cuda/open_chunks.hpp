#pragma once

#include "kernels/cuda/batch_view.hpp"
#include "kernels/cuda/key_dictionary_ref.hpp"
#include "kernels/cuda/pane_table_ref.hpp"
#include "kernels/cuda/runtime.hpp"

namespace sluice::cuda {

/// Turns the events' places into slots, and lists the absent chunks that the events need. What the
/// list does not hold stays absent: its events starve in this round.
void want_chunks(const BatchView& batch, const KeyDictionaryRef& keys, const PaneTableRef& table,
                 const BatchLists& lists, Stream& stream);

/// Directory indices whose chunks are to be opened.
struct WantedChunks {
  const std::uint64_t* indices = nullptr;
  const std::uint32_t* count = nullptr;  ///< on the device; may exceed the capacity
  std::uint32_t capacity = 0;
  std::uint32_t* popped = nullptr;  ///< counts the tries to take a chunk
};

/// Gives each of `wanted` a chunk of empty rows, as far as the pool has some; the others become
/// absent again.
void open_chunks(const PaneTableRef& table, const WantedChunks& wanted, Stream& stream);

/// Opens the first `chunks` chunks of columns that are absent, as far as the pool has some.
/// @param columns [count] device memory
void open_columns(const PaneTableRef& table, const ColumnIndex* columns, std::uint32_t count,
                  std::uint32_t chunks, std::uint32_t* popped, Stream& stream);

/// Copies a directory of `columns` x `chunks` entries into one with at least as many of both.
void move_directory(const ChunkEntry* from, std::uint32_t columns, std::uint32_t chunks,
                    ChunkEntry* to, std::uint32_t to_chunks, Stream& stream);

}  // namespace sluice::cuda
