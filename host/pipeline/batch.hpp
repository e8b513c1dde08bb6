#pragma once

#include <cstddef>
#include <optional>

#include "ingest/decode/decoded_events.hpp"
#include "ingest/decode/raw_messages.hpp"
#include "ingest/filter/event_filter.hpp"
#include "ingest/source_block.hpp"
#include "kernels/backend.hpp"

namespace sluice {

/// What sealed a block.
enum class SealedBy : std::uint8_t { full, linger, heartbeat };

/// CPU seconds of the threads that something went through; what a client library does in threads of
/// its own, and a backend in its, is not in it.
struct StageCpu {
  double fetch = 0;  ///< without decompress
  double decompress = 0;
  double decode = 0;
  double compute = 0;  ///< of the engine thread

  StageCpu& operator+=(const StageCpu& more) noexcept {
    fetch += more.fetch;
    decompress += more.decompress;
    decode += more.decode;
    compute += more.compute;
    return *this;
  }
};

/// A block on its way: raw bytes and the events decoded from them. Lives in the BatchPool, is
/// filled and decoded by a lane, processed by the engine thread, and goes back. A block with more
/// events than a batch holds travels several times, one part after the other; one that the backend
/// decodes travels as it was read.
struct Batch {
  Batch(StagingBlock bytes, StagingBlock columns, std::size_t max_events, std::uint32_t values)
      : events(std::move(columns), max_events, values) {
    block.memory = std::move(bytes);
  }

  SourceBlock block;
  /// Where the backend decodes: the block's messages for it.
  std::optional<RawMessageTable> table;
  bool raw = false;  ///< for the backend to decode: `events` has no columns, only what it counts
  DecodedEvents events;
  FilteredEvents filtered;  ///< events of this part that are not in `events` any more
  unsigned lane = 0;
  std::size_t part = 0;  ///< of the block
  bool last_part = true;
  SealedBy sealed_by = SealedBy::full;
  double fetch_seconds = 0;
  double decode_seconds = 0;
  StageCpu cpu;
  std::optional<Ticket> ticket;  ///< while staged with the backend

  void clear() {
    block.clear();
    raw = false;
    events.clear();
    filtered.clear();
    part = 0;
    last_part = true;
    fetch_seconds = 0;
    decode_seconds = 0;
    cpu = {};
    ticket.reset();
  }

  /// Makes room for the next part of the block; the block stays.
  void next_part() {
    events.clear();
    ++part;
    fetch_seconds = 0;
    cpu = {};
  }
};

}  // namespace sluice
