#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "host/config/job.hpp"
#include "host/engine/engine.hpp"
#include "kernels/backend.hpp"

namespace sluice::bench {

/// A job over one required int64 value, in order of time, without a source and without a sink.
Job column_job(WindowSpec window, std::vector<Aggregate> aggregates);

/// An engine that is fed columns out of memory, of one partition and one integer (or hashed) key.
class ColumnEngine {
 public:
  /// @param job borrowed; engine.batch_events, max_keys, max_state_bytes and threads count
  ColumnEngine(BackendKind kind, const Job& job, Publish publish);

  /// Takes in events whose times lie in [min_time, max_time].
  /// @throws std::runtime_error when the state cannot hold them
  void process(const EventColumns& columns, EventTime min_time, EventTime max_time);
  /// Closes every window. @throws std::runtime_error when an event was lost
  void finish();

  const Books& books() const noexcept { return engine_.books(); }
  const Backend& backend() const noexcept { return *backend_; }
  Backend& backend() noexcept { return *backend_; }

 private:
  std::unique_ptr<Backend> backend_;
  Engine engine_;
};

/// The integer that ColumnEngine made an encoded key of.
std::int64_t integer_of(std::string_view key);

}  // namespace sluice::bench
