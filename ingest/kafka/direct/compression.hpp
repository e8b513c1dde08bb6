#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "ingest/kafka/direct/wire_batch.hpp"

namespace sluice {

/// Decompresses batches with the usual libraries; keeps their working memory. Single-threaded.
class Decompressor {
 public:
  Decompressor();
  ~Decompressor();
  Decompressor(const Decompressor&) = delete;
  Decompressor& operator=(const Decompressor&) = delete;

  enum class Result : std::uint8_t { done, no_room, corrupt };
  struct Outcome {
    Result result = Result::corrupt;
    std::size_t size = 0;  ///< written, when done
  };

  /// @param compression not none  @param into where the messages go; no_room: it is too small, and
  /// its content is undefined
  Outcome decompress(Compression compression, std::span<const std::byte> from,
                     std::span<std::byte> into);

 private:
  struct Contexts;
  std::unique_ptr<Contexts> contexts_;
};

}  // namespace sluice
