#include "ingest/kafka/direct/compression.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <new>

#include <isa-l/igzip_lib.h>
#include <lz4frame.h>
#include <snappy-c.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "ingest/kafka/direct/wire.hpp"

namespace sluice {
namespace {

using Outcome = Decompressor::Outcome;
using Result = Decompressor::Result;

struct FreeLz4 {
  void operator()(LZ4F_dctx* context) const noexcept { LZ4F_freeDecompressionContext(context); }
};
struct FreeZstd {
  void operator()(ZSTD_DCtx* context) const noexcept { ZSTD_freeDCtx(context); }
};

Outcome lz4(LZ4F_dctx* context, std::span<const std::byte> from, std::span<std::byte> into) {
  LZ4F_resetDecompressionContext(context);
  LZ4F_decompressOptions_t options{};
  options.stableDst = 1;  // what is written stays where it is: no copies of its own
  std::size_t written = 0;
  for (;;) {
    std::size_t out = into.size() - written;
    std::size_t in = from.size();
    const std::size_t hint =
        LZ4F_decompress(context, into.data() + written, &out, from.data(), &in, &options);
    if (LZ4F_isError(hint) != 0U) {
      return {};
    }
    written += out;
    from = from.subspan(in);
    if (hint == 0) {
      return {Result::done, written};
    }
    if (in == 0 && out == 0) {
      return {from.empty() ? Result::corrupt : Result::no_room, 0};
    }
  }
}

Outcome zstd(ZSTD_DCtx* context, std::span<const std::byte> from, std::span<std::byte> into) {
  const std::size_t size =
      ZSTD_decompressDCtx(context, into.data(), into.size(), from.data(), from.size());
  if (ZSTD_isError(size) == 0U) {
    return {Result::done, size};
  }
  return {
      ZSTD_getErrorCode(size) == ZSTD_error_dstSize_tooSmall ? Result::no_room : Result::corrupt,
      0};
}

Outcome gzip(inflate_state& state, std::span<const std::byte> from, std::span<std::byte> into) {
  isal_inflate_init(&state);
  state.crc_flag = ISAL_GZIP;
  // The library takes what it only reads as not const.
  state.next_in = reinterpret_cast<std::uint8_t*>(const_cast<std::byte*>(from.data()));
  state.avail_in = static_cast<std::uint32_t>(from.size());
  state.next_out = reinterpret_cast<std::uint8_t*>(into.data());
  state.avail_out = static_cast<std::uint32_t>(
      std::min<std::size_t>(into.size(), std::numeric_limits<std::uint32_t>::max()));
  const int error = isal_inflate_stateless(&state);
  if (error == ISAL_DECOMP_OK) {
    return {Result::done, state.total_out};
  }
  return {error == ISAL_OUT_OVERFLOW ? Result::no_room : Result::corrupt, 0};
}

Outcome snappy_block(std::span<const std::byte> from, std::span<std::byte> into) {
  const auto* const text = reinterpret_cast<const char*>(from.data());
  std::size_t size = 0;
  if (snappy_uncompressed_length(text, from.size(), &size) != SNAPPY_OK) {
    return {};
  }
  if (size > into.size()) {
    return {Result::no_room, 0};
  }
  const bool good = snappy_uncompress(text, from.size(), reinterpret_cast<char*>(into.data()),
                                      &size) == SNAPPY_OK;
  return good ? Outcome{Result::done, size} : Outcome{};
}

/// The Java client's framing: a mark of eight bytes, two versions, then blocks with their lengths.
constexpr std::array<unsigned char, 8> java_snappy = {0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0};
constexpr std::size_t java_snappy_header = 16;

Outcome snappy(std::span<const std::byte> from, std::span<std::byte> into) {
  if (from.size() < java_snappy_header ||
      std::memcmp(from.data(), java_snappy.data(), java_snappy.size()) != 0) {
    return snappy_block(from, into);
  }
  WireReader reader(from.subspan(java_snappy_header));
  std::size_t written = 0;
  while (reader.left() > 0) {
    const std::span<const std::byte> block = reader.bytes();
    const Outcome outcome = reader.good() ? snappy_block(block, into.subspan(written)) : Outcome{};
    if (outcome.result != Result::done) {
      return outcome;
    }
    written += outcome.size;
  }
  return {Result::done, written};
}

}  // namespace

struct Decompressor::Contexts {
  std::unique_ptr<LZ4F_dctx, FreeLz4> lz4;
  std::unique_ptr<ZSTD_DCtx, FreeZstd> zstd{ZSTD_createDCtx()};
  inflate_state gzip{};
};

Decompressor::Decompressor() : contexts_(std::make_unique<Contexts>()) {
  LZ4F_dctx* lz4 = nullptr;
  if (LZ4F_isError(LZ4F_createDecompressionContext(&lz4, LZ4F_VERSION)) != 0U || !contexts_->zstd) {
    throw std::bad_alloc();
  }
  contexts_->lz4.reset(lz4);
}

Decompressor::~Decompressor() = default;

Outcome Decompressor::decompress(Compression compression, std::span<const std::byte> from,
                                 std::span<std::byte> into) {
  switch (compression) {
    case Compression::gzip:
      return gzip(contexts_->gzip, from, into);
    case Compression::snappy:
      return snappy(from, into);
    case Compression::lz4:
      return lz4(contexts_->lz4.get(), from, into);
    case Compression::zstd:
      return zstd(contexts_->zstd.get(), from, into);
    case Compression::none:
      break;
  }
  return {};
}

}  // namespace sluice
