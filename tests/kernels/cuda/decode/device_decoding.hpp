#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ingest/decode/decoder.hpp"
#include "ingest/decode/document_shapes.hpp"
#include "ingest/decode/listed_events.hpp"
#include "ingest/decode/raw_messages.hpp"
#include "ingest/decode/raw_plan.hpp"
#include "ingest/filter/event_filter.hpp"
#include "ingest/source_block.hpp"
#include "kernels/chosen_shifts.hpp"
#include "kernels/cuda/decode/raw_ring.hpp"
#include "kernels/cuda/kernel_times.hpp"

namespace sluice::testing {

/// An event, or a malformed one, of a decoded block; comparable whoever decoded it.
struct PlainEvent {
  std::uint32_t begin = 0;
  std::uint32_t length = 0;
  std::uint32_t message = 0;
  std::string fault = {};  ///< reason and field of a malformed event
  EventTime time = 0;
  std::uint64_t key_low = 0;
  std::uint64_t key_high = 0;
  PartitionIndex partition = 0;
  std::vector<std::optional<std::int64_t>> values = {};
  friend bool operator==(const PlainEvent&, const PlainEvent&) = default;
};
std::ostream& operator<<(std::ostream& out, const PlainEvent& event);

/// All events of a block in the order of their bytes, but for those that a filter took out.
struct PlainBatch {
  std::vector<PlainEvent> events;
  EventTime min_time = 0;
  EventTime max_time = 0;
  std::uint64_t filtered = 0;
  std::map<PartitionIndex, EventTime> filtered_maxima;
};

/// A job's condition. Empty: none.
struct Where {
  std::string text = {};
  std::optional<Milliseconds> max_future = {};
};

/// A format with the fields that a condition reads. @throws FilterError
struct FilteredFormat {
  FilteredFormat(Format format, Where where);

  std::optional<EventFilter> filter() const;
  RawPlan plan() const;

  Format format;
  Where where;
  std::optional<FilterProgram> program;
};

/// What the host makes of a block.
PlainBatch decode_on_host(const FilteredFormat& format, const SourceBlock& block);

/// Decodes blocks as a pipeline with a GPU does: on the device, what is listed on the host, and
/// learns shapes from that.
class DeviceDecoding {
 public:
  /// Fails the test when the format has no plan.
  explicit DeviceDecoding(const Format& format, std::size_t capacity = 4096,
                          std::size_t bytes = std::size_t{1} << 20)
      : DeviceDecoding(FilteredFormat(format, {}), capacity, bytes) {}
  explicit DeviceDecoding(FilteredFormat format, std::size_t capacity = 4096,
                          std::size_t bytes = std::size_t{1} << 20);

  /// nullopt: the whole batch was refused.
  std::optional<PlainBatch> decode(const SourceBlock& block);

  /// Of all batches so far.
  std::size_t decoded() const noexcept { return decoded_; }
  std::size_t listed() const noexcept { return listed_; }
  cuda::RawRing& ring() noexcept { return *ring_; }
  cuda::KernelTimes& times() noexcept { return times_; }
  const FilteredFormat& format() const noexcept { return format_; }

 private:
  void read_down(Ticket ticket, std::size_t size, PlainBatch& batch);
  void learn(const SourceBlock& block, const RawOutcome& outcome);

  void take_filtered(const RawOutcome& outcome, PlainBatch& batch) const;

  FilteredFormat format_;
  DecodePlan plan_;
  RowLayout layout_;
  ChosenShifts shifts_;
  cuda::KernelTimes times_{true};
  std::unique_ptr<cuda::RawRing> ring_;
  RawMessageTable table_;
  ListedEvents listed_events_;
  DocumentShapes shapes_;
  std::size_t decoded_ = 0;
  std::size_t listed_ = 0;
};

/// Decodes on both sides and compares. @returns whether the device took the batch
bool expect_same(DeviceDecoding& device, const SourceBlock& block);
inline bool expect_same(DeviceDecoding& device, const Format&, const SourceBlock& block) {
  return expect_same(device, block);
}

}  // namespace sluice::testing
