#include "kernels/cuda/block_scan.cuh"
#include "kernels/cuda/decode/decode_events.hpp"
#include "kernels/cuda/decode/text_words.hpp"
#include "kernels/cuda/launch.hpp"
#include "kernels/cuda/thread_range.cuh"

namespace sluice::cuda {

namespace {

/// Bytes that one thread looks at: two words, one bit a byte in the masks.
constexpr std::uint32_t piece_bytes = 16;
static_assert(line_tile_bytes == piece_bytes * block_size);

/// A piece of the block; bit i is its byte i.
struct Piece {
  const char* bytes;
  std::uint32_t at;
  std::uint32_t line_ends;
  std::uint32_t returns;
  std::uint32_t quotes;
  std::uint32_t after_line_end;  ///< 1: the byte before it is a line end
};

/// The part of a message in a piece.
struct MessagePart {
  std::uint32_t begin;  ///< of the message
  std::uint32_t end;
  std::uint32_t inside;  ///< bits of the piece that are in it
};

__device__ std::uint32_t bits_of(std::uint64_t low, std::uint64_t high, char character) {
  return bits_of_passed(bytes_of_value(low, character)) |
         bits_of_passed(bytes_of_value(high, character)) << 8;
}

__device__ Piece piece_at(const RawBatch& batch, std::uint32_t at) {
  const char* const bytes = batch.raw.bytes;
  const std::uint64_t low = load_aligned(bytes, at);
  const std::uint64_t high = load_aligned(bytes, at + 8);
  return {bytes,
          at,
          bits_of(low, high, '\n'),
          bits_of(low, high, '\r'),
          batch.plan.format == RawFormat::csv ? bits_of(low, high, batch.plan.quote) : 0,
          at > 0 && bytes[at - 1] == '\n' ? 1u : 0u};
}

/// The first message that ends behind `at`.
__device__ std::uint32_t message_behind(const RawMessages& messages, std::uint32_t at) {
  std::uint32_t low = 0;
  std::uint32_t high = messages.size;
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    if (messages.begin[middle] + messages.length[middle] > at) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

__device__ MessagePart part_of(const RawMessages& messages, std::uint32_t message,
                               const Piece& piece) {
  const std::uint32_t begin = messages.begin[message];
  const std::uint32_t end = begin + messages.length[message];
  const std::uint32_t first = begin > piece.at ? begin - piece.at : 0;
  const std::uint32_t last = end - piece.at < piece_bytes ? end - piece.at : piece_bytes;
  return {begin, end, (1u << last) - (1u << first)};
}

/// The bytes that begin lines which are not empty.
__device__ std::uint32_t line_begins(const Piece& piece, const MessagePart& part) {
  std::uint32_t begins = piece.line_ends << 1 | piece.after_line_end;
  if (part.begin >= piece.at) begins |= 1u << (part.begin - piece.at);
  begins &= part.inside & ~piece.line_ends;
  for (std::uint32_t rest = begins & piece.returns; rest != 0; rest &= rest - 1) {
    const auto bit = static_cast<std::uint32_t>(__ffs(static_cast<int>(rest)) - 1);
    const std::uint32_t behind = piece.at + bit + 1;
    if (behind == part.end || piece.bytes[behind] == '\n') begins &= ~(1u << bit);
  }
  return begins;
}

/// Calls visit(message, begins, part) for each message that has bytes in the piece.
template <class Visit>
__device__ void visit_messages(const RawBatch& batch, const Piece& piece, Visit visit) {
  const RawMessages& messages = batch.raw.messages;
  for (std::uint32_t m = message_behind(messages, piece.at); m < messages.size; ++m) {
    if (messages.begin[m] >= piece.at + piece_bytes) return;
    if (messages.length[m] == 0) continue;
    const MessagePart part = part_of(messages, m, piece);
    visit(m, line_begins(piece, part), part);
  }
}

__device__ std::uint32_t count_lines(const RawBatch& batch, const Piece& piece) {
  std::uint32_t lines = 0;
  visit_messages(batch, piece, [&](std::uint32_t, std::uint32_t begins, const MessagePart& part) {
    lines += static_cast<std::uint32_t>(__popc(begins));
    if ((piece.quotes & part.inside) != 0) atomic_store(&batch.front->counts.quotes, 1u);
  });
  return lines;
}

__global__ void __launch_bounds__(block_size)
    count_lines_kernel(const __grid_constant__ RawBatch batch) {
  __shared__ std::uint32_t counts[block_size];
  const std::uint32_t tiles = line_tiles(batch.raw.size);
  for (std::uint32_t tile = blockIdx.x; tile < tiles; tile += gridDim.x) {
    const std::uint32_t at = tile * line_tile_bytes + threadIdx.x * piece_bytes;
    counts[threadIdx.x] = at < batch.raw.size ? count_lines(batch, piece_at(batch, at)) : 0;
    __syncthreads();
    const std::uint32_t all = scan_block(counts, block_size);
    if (threadIdx.x == 0) batch.line_counts[tile] = all;
    __syncthreads();
  }
}

__global__ void __launch_bounds__(block_size)
    add_line_counts_kernel(const __grid_constant__ RawBatch batch) {
  const std::uint32_t all = scan_block(batch.line_counts, line_tiles(batch.raw.size));
  if (threadIdx.x == 0) batch.front->counts.events = all;
}

__device__ void write_lines(const RawBatch& batch, const Piece& piece, std::uint32_t place) {
  visit_messages(batch, piece, [&](std::uint32_t m, std::uint32_t begins, const MessagePart&) {
    for (; begins != 0 && place < batch.capacity; begins &= begins - 1, ++place) {
      batch.columns.begin[place] =
          piece.at + static_cast<std::uint32_t>(__ffs(static_cast<int>(begins)) - 1);
      batch.columns.message[place] = m;
    }
  });
}

__global__ void __launch_bounds__(block_size)
    write_lines_kernel(const __grid_constant__ RawBatch batch) {
  __shared__ std::uint32_t counts[block_size];
  const std::uint32_t tiles = line_tiles(batch.raw.size);
  for (std::uint32_t tile = blockIdx.x; tile < tiles; tile += gridDim.x) {
    const std::uint32_t at = tile * line_tile_bytes + threadIdx.x * piece_bytes;
    const bool inside = at < batch.raw.size;
    const Piece piece = inside ? piece_at(batch, at) : Piece{};
    counts[threadIdx.x] = inside ? count_lines(batch, piece) : 0;
    __syncthreads();
    scan_block(counts, block_size);
    if (inside) write_lines(batch, piece, batch.line_counts[tile] + counts[threadIdx.x]);
    __syncthreads();
  }
}

}  // namespace

void find_events(const RawBatch& batch, Stream& stream) {
  if (!batch.plan.lines || batch.raw.size == 0) return;
  const unsigned blocks = blocks_for(std::size_t{line_tiles(batch.raw.size)} * block_size);
  SLUICE_LAUNCH(count_lines_kernel, blocks, block_size, 0, stream, batch);
  SLUICE_LAUNCH(add_line_counts_kernel, 1u, block_size, 0, stream, batch);
  SLUICE_LAUNCH(write_lines_kernel, blocks, block_size, 0, stream, batch);
}

}  // namespace sluice::cuda
