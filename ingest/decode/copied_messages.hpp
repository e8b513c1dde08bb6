#pragma once

#include <span>
#include <vector>

#include "ingest/decode/event_extents.hpp"
#include "ingest/source_block.hpp"

namespace sluice {

/// Events, or whole messages, copied out of blocks one a message: for a decoder to read them apart
/// from the rest. Memory grows as needed; reused.
class CopiedMessages {
 public:
  CopiedMessages();

  void clear() noexcept;
  /// @param extent in `block`
  void add(const SourceBlock& block, const EventExtent& extent);

  /// The copies, in the order in which they were added; none is the first of its partition.
  const SourceBlock& block() const noexcept { return block_; }
  /// Where an event that lies in a copy came from.
  EventExtent original(const EventExtent& copied) const noexcept;

 private:
  SourceBlock block_;
  std::vector<EventExtent> originals_;  ///< [block_.messages]
};

}  // namespace sluice
