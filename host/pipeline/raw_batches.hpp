#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "host/config/job.hpp"
#include "host/pipeline/batch.hpp"
#include "host/pipeline/decode_choice.hpp"
#include "ingest/decode/document_shapes.hpp"
#include "ingest/decode/listed_events.hpp"
#include "ingest/decode/raw_plan.hpp"
#include "kernels/backend.hpp"

namespace sluice {

/// What became of the events of blocks that went to the backend undecoded; cumulative.
struct DeviceDecoding {
  std::uint64_t decoded = 0;  ///< by the device
  std::uint64_t listed = 0;   ///< left to the host one by one
  std::uint64_t refused = 0;  ///< in batches that the host had to decode as a whole
  std::uint64_t moves = 0;    ///< between device and host
  double listed_ratio = 0;    ///< moving average
  bool on_device = false;     ///< where the next blocks are decoded
};

/// Called when the decoding moves. @param why for the log
using DecodingMoved = std::function<void(bool to_device, const std::string& why)>;

/// What the host does for a backend that decodes: says which blocks go to it undecoded, decodes
/// what it lists, teaches it documents' shapes, and reads events of its batches again where
/// somebody asks for them. Used by the engine thread, but for take().
class RawBatches {
 public:
  /// @param plan the job's; the backend's shape has it, too
  RawBatches(const Job& job, const DecodePlan& plan, Backend& backend, DecodingMoved moved);

  /// Called by lanes: makes a filled block a raw batch, if the backend is to decode it.
  bool take(Batch& batch) const;

  /// Starts the decoding of a raw batch.
  Ticket stage(const Batch& batch);

  /// Waits for a staged raw batch, and enters into its `events` and `filtered` what they count: all
  /// but the columns and extents. @returns false: its ticket is released, the host has to decode it
  bool settle(Batch& batch);

  /// The host decoded a batch, which is not narrow: may be learned from.
  void learn(const Batch& batch);

  /// Where events of a settled batch are, in their order.
  std::vector<EventExtent> extents(const Batch& batch, std::span<const std::uint32_t> events);

  /// The columns of events of a settled batch, decoded again. @param extents of extents()
  DecodedEvents columns(const Batch& batch, std::span<const EventExtent> extents);

  DeviceDecoding figures() const noexcept;

 private:
  std::optional<EventFilter> filter() const;
  void enter(Batch& batch, const RawOutcome& outcome);
  void learn_listed(const Batch& batch, std::span<const ListedEvent> listed);
  void follow_choice(const std::string& why);

  const Job& job_;
  DecodePlan plan_;
  Backend& backend_;
  RawStaging& raw_;
  DecodingMoved moved_;
  ListedEvents listed_;
  DocumentShapes shapes_;
  DecodeChoice choice_;
  DeviceDecoding figures_;
  std::atomic<bool> on_device_{false};  ///< what the choice says, for the lanes
};

}  // namespace sluice
