#pragma once

#include <cstddef>
#include <optional>

#include "host/pipeline/batch.hpp"
#include "ingest/decode/decoder.hpp"
#include "ingest/filter/event_filter.hpp"

namespace sluice {

/// The host's way from a batch's block to its columns: decodes, filters and narrows. One a thread.
class BlockDecoder {
 public:
  /// @param filter the job's; nullopt: every event passes
  /// @param narrow whether the backend wants narrow columns
  BlockDecoder(const Format& format, std::optional<EventFilter> filter, bool narrow)
      : decoder_(format), filter_(std::move(filter)), narrow_(narrow) {}

  /// Decodes the block's messages from `first_message` on into the batch's columns, which are
  /// clear, as far as they hold them, and says in the batch what that took and whether it is the
  /// last part. @returns the first message not decoded
  std::size_t decode(Batch& batch, std::size_t first_message);

 private:
  Decoder decoder_;
  std::optional<EventFilter> filter_;
  bool narrow_;
};

}  // namespace sluice
