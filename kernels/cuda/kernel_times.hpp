#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/backend.hpp"
#include "kernels/cuda/runtime.hpp"

namespace sluice::cuda {

/// The stages of the backend; a stage is one kernel or a few that belong together.
enum class Stage : std::uint8_t { judge, resolve_keys, open_chunks, accumulate, close };
inline constexpr std::size_t stage_count = 5;

/// Counts the launches of each stage, and times every eighth with events: no launch waits for it.
class KernelTimes {
 public:
  /// Call around the launches of a stage, on the same stream.
  void start(Stage stage, Stream& stream);
  /// @param bytes what the stage must move, by its model.
  void stop(Stage stage, Stream& stream, std::uint64_t events, std::uint64_t bytes);

  /// Adds up what was timed. Call when the stream has been synchronised.
  void settle();

  [[nodiscard]] std::vector<KernelStatistics> statistics() const;

 private:
  struct Clock {
    Event begin{Event::Kind::timed};
    Event end{Event::Kind::timed};
    bool running = false;
    bool stopped = false;
    std::uint64_t events = 0;
    std::uint64_t bytes = 0;
    KernelStatistics total;
  };

  Clock& clock(Stage stage) { return clocks_[static_cast<std::size_t>(stage)]; }

  std::array<Clock, stage_count> clocks_;
};

}  // namespace sluice::cuda
