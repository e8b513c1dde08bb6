#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "ingest/decode/decoded_events.hpp"
#include "ingest/decode/filter_columns.hpp"
#include "ingest/decode/format.hpp"
#include "ingest/source_block.hpp"

namespace sluice {

/// Turns a block's bytes into columns. One per thread (parsers keep scratch memory); formats are a
/// closed variant, dispatched once a block.
class Decoder {
 public:
  explicit Decoder(const Format& format);
  Decoder(Decoder&&) noexcept;
  ~Decoder();

  /// Appends the events of block.messages[first_message...] to `events`, whole messages only, until
  /// the block or the capacity ends. Every event of a message is either in the columns, a tombstone
  /// or in `malformed`. @returns the first message not decoded (== messages.size() when done).
  /// A message that alone exceeds the capacity, or was truncated, is malformed once (too_large).
  std::size_t decode(const SourceBlock& block, std::size_t first_message, DecodedEvents& events);

  /// The columns of Format::filter for the events that `decode` wrote last, [events.size] each,
  /// until it is called again; their strings view the block too.
  std::span<const FilterColumn> filter_columns() const noexcept;

  /// The encoded key (ingest/key.hpp) of an event that `decode` accepted, read again from its
  /// bytes.
  std::string key_of(const SourceBlock& block, const EventExtent& event);

 private:
  struct Formats;
  std::unique_ptr<Formats> formats_;
};

}  // namespace sluice
