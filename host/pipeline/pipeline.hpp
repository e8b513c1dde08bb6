#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <vector>

#include "host/config/job.hpp"
#include "host/engine/engine.hpp"
#include "host/pipeline/batch.hpp"
#include "host/pipeline/clock.hpp"
#include "host/pipeline/raw_batches.hpp"
#include "host/sinks/sink.hpp"
#include "ingest/source.hpp"
#include "kernels/backend.hpp"

namespace sluice {

/// What one batch cost, by stage; seconds.
struct BatchFigures {
  std::size_t events = 0;  ///< decoded, filtered ones too
  std::size_t bytes = 0;
  SealedBy sealed_by = SealedBy::full;
  double fetch_seconds = 0;  ///< waiting for data included
  double decode_seconds = 0;
  double compute_seconds = 0;  ///< accumulate, close and publish
  StageCpu cpu{};
};

/// The pipeline between two batches. Borrowed for the call.
struct PipelineView {
  const Engine& engine;
  const Backend& backend;
  const Source& source;
  std::span<const std::unique_ptr<Sink>> sinks;
  std::span<const std::uint64_t> malformed;  ///< by Malformed
  std::size_t batches = 0;                   ///< in the pool
  std::size_t batches_free = 0;
  std::size_t partitions_paused = 0;
  std::optional<DeviceDecoding> device_decoding{};  ///< where the backend can decode
};

/// Called by the engine thread; quick.
struct PipelineObserver {
  std::function<void(const BatchFigures&)> batch_done;
  std::function<void(const PipelineView&)> state;  ///< at most every 200 ms, and at the end
  DecodingMoved decoding_moved{};
};

/// How a run ends for open windows.
enum class OpenWindows : std::uint8_t { keep, close };

/// Owns the threads: one a source lane, and the caller's, which runs the engine. Bounded: nothing
/// is read while every batch of the pool is on its way. A backend that was made to decode
/// (BackendShape::raw) gets blocks as they were read, while DecodeChoice says so.
class Pipeline {
 public:
  /// All references must outlive the pipeline.
  Pipeline(const Job& job, Source& source, Backend& backend,
           std::span<const std::unique_ptr<Sink>> sinks, const Clock& clock,
           PipelineObserver observer);
  ~Pipeline();

  /// Runs until the source ends or `stop` is requested; then finishes the batches already read,
  /// flushes the sinks and commits. `on_stop` says whether a stop closes the open windows; the end
  /// of a bounded source always does.
  /// @throws std::runtime_error when the environment breaks or the job must stop; what() says why.
  void run(std::stop_token stop, OpenWindows on_stop);

  const Books& books() const noexcept;

 private:
  struct Impl;
  struct Moment;
  struct Rest;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice
