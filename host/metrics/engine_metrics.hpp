#pragma once

#include <memory>
#include <string>

#include "host/config/job.hpp"
#include "host/http/server.hpp"
#include "host/pipeline/pipeline.hpp"

namespace sluice {

/// The engine's own metrics (docs/metrics.md lists them): a registry of series that are fixed at
/// start, updated per batch and per state report, never per event.
///
/// batch_done and state are called by the engine thread; `text` by the scrape thread.
class EngineMetrics {
 public:
  EngineMetrics(const Job& job, const Source& source, const Backend& backend, const Clock& clock);
  ~EngineMetrics();

  void batch_done(const BatchFigures& figures);
  void state(const PipelineView& view);

  /// Everything in the text exposition format. Thread-safe.
  std::string text() const;

  /// From then on the counters of the server that serves `text` are part of it.
  void watch(const HttpCounters& http);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice
