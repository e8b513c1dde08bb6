#pragma once

#include "kernels/cuda/decode/decode_events.hpp"
#include "kernels/cuda/decode/read_csv_line.hpp"
#include "kernels/cuda/decode/read_document.hpp"
#include "kernels/cuda/decode/read_row.hpp"
#include "kernels/cuda/launch.hpp"

namespace sluice::cuda {

// The formats: read(batch, place, draft) reads one event into a draft and writes where its bytes
// are; false: it is for the host.

/// The message that a row is in: the last one with no more rows before it.
__device__ inline std::uint32_t message_of_row(const RawMessages& messages, std::uint32_t row) {
  if (messages.first_event == nullptr) return row;
  std::uint32_t low = 0;
  std::uint32_t high = messages.size;
  while (high - low > 1) {
    const std::uint32_t middle = low + (high - low) / 2;
    if (messages.first_event[middle] <= row) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return low;
}

struct Rows {
  template <class Draft>
  __device__ static bool read(const RawBatch& batch, std::uint32_t place, Draft& draft) {
    const RawMessages& messages = batch.raw.messages;
    const std::uint32_t message = message_of_row(messages, place);
    const std::uint32_t row =
        messages.first_event == nullptr ? 0 : place - messages.first_event[message];
    const std::uint32_t begin = messages.begin[message] + row * batch.plan.row_bytes;
    batch.columns.begin[place] = begin;
    batch.columns.length[place] = batch.plan.row_bytes;
    batch.columns.message[place] = message;
    return read_row(batch.plan, batch.raw.bytes, begin, draft);
  }
};

__device__ inline RawText text_of(const RawBatch& batch, std::uint32_t place) {
  const RawMessages& messages = batch.raw.messages;
  const DecodedColumns& columns = batch.columns;
  if (!batch.plan.lines) {
    columns.message[place] = place;
    columns.begin[place] = messages.begin[place];
  }
  const std::uint32_t message = columns.message[place];
  return {batch.raw.bytes, columns.begin[place], messages.begin[message] + messages.length[message],
          batch.plan.lines};
}

struct Documents {
  template <class Draft>
  __device__ static bool read(const RawBatch& batch, std::uint32_t place, Draft& draft) {
    const RawText text = text_of(batch, place);
    for (std::uint32_t shape = 0; shape < batch.shape_count; ++shape) {
      draft.restart();
      DocumentReader<Draft> reader(batch.plan, batch.shapes[shape], text, draft);
      if (!reader.read()) continue;
      batch.columns.length[place] = reader.length();
      return true;
    }
    return false;
  }
};

struct CsvLines {
  template <class Draft>
  __device__ static bool read(const RawBatch& batch, std::uint32_t place, Draft& draft) {
    const RawText text = text_of(batch, place);
    CsvLineReader<Draft> reader(batch.plan, text, draft);
    if (!reader.read()) return false;
    batch.columns.length[place] = reader.length();
    return true;
  }
};

}  // namespace sluice::cuda
