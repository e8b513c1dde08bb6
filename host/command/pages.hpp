#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "host/config/job.hpp"
#include "host/http/server.hpp"
#include "host/metrics/engine_metrics.hpp"
#include "host/pipeline/clock.hpp"
#include "host/sinks/prometheus_sink.hpp"

namespace sluice {

/// Whether the engine is alive, told by its reports. Thread-safe.
class Pulse {
 public:
  explicit Pulse(const Clock& clock) : clock_(clock) {}
  void beat() { last_.store(clock_.steady(), std::memory_order_relaxed); }
  bool started() const { return last_.load(std::memory_order_relaxed) != never; }
  /// Milliseconds since the last beat.
  Milliseconds age() const { return clock_.steady() - last_.load(std::memory_order_relaxed); }

 private:
  static constexpr Milliseconds never = -1;
  const Clock& clock_;
  std::atomic<Milliseconds> last_{never};
};

/// What the listener serves: / (landing page), /metrics, /-/healthy, /-/ready. `sink` may be null.
/// Everything referred to outlives the server.
Routes make_routes(const Job& job, const EngineMetrics& metrics, PrometheusSink* sink,
                   const Pulse& pulse);

}  // namespace sluice
