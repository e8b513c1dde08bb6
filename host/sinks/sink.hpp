#pragma once

#include <cstdint>
#include <string_view>

#include "host/engine/window_result.hpp"

namespace sluice {

struct SinkStatistics {
  std::uint64_t rows = 0;
  std::uint64_t errors = 0;
};

/// Where results go. Called by the engine thread alone.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual std::string_view name() const noexcept = 0;
  /// Takes a window's rows; keeps no reference to them. @throws std::runtime_error when the
  /// destination is broken (stops the job).
  virtual void publish(const WindowResult& result) = 0;
  /// Everything published so far is visible when this returns. Called after each batch that closed
  /// windows, and at the end.
  virtual void flush() = 0;
  virtual SinkStatistics statistics() const noexcept = 0;
};

}  // namespace sluice
