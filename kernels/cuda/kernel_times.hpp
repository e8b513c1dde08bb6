#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/backend.hpp"
#include "kernels/cuda/runtime.hpp"

namespace sluice::cuda {

/// The stages of the backend; a stage is one kernel or a few that belong together. From find_events
/// on, those of decoding.
enum class Stage : std::uint8_t {
  judge,
  resolve_keys,
  open_chunks,
  accumulate,
  close,
  find_events,
  decode_events,
  patch_events,
  compact_events,
};
inline constexpr std::size_t stage_count = 9;
inline constexpr auto stages_without_decoding = static_cast<std::size_t>(Stage::find_events);

/// Counts the launches of each stage, and times every eighth with events: no launch waits for it.
class KernelTimes {
 public:
  /// @param decodes whether the stages of decoding are among the statistics
  explicit KernelTimes(bool decodes = false)
      : stages_(decodes ? stage_count : stages_without_decoding) {}

  /// Call around the launches of a stage, on the same stream.
  void start(Stage stage, Stream& stream);
  /// @param bytes what the stage must move, by its model.
  void stop(Stage stage, Stream& stream, std::uint64_t events, std::uint64_t bytes);

  /// Where only the device knows how many events there are: `count` tells it once it ran.
  /// @returns whether the launch is timed, and so waits for that.
  [[nodiscard]] bool stop_uncounted(Stage stage, Stream& stream);
  void count(Stage stage, std::uint64_t events, std::uint64_t bytes);

  /// Adds up what was timed and is done. Call when a stream has been synchronised.
  void settle();

  [[nodiscard]] std::vector<KernelStatistics> statistics() const;

 private:
  struct Clock {
    Event begin{Event::Kind::timed};
    Event end{Event::Kind::timed};
    bool running = false;
    bool stopped = false;
    bool uncounted = false;  ///< with `stopped`
    std::uint64_t events = 0;
    std::uint64_t bytes = 0;
    KernelStatistics total;
  };

  Clock& clock(Stage stage) { return clocks_[static_cast<std::size_t>(stage)]; }

  std::size_t stages_;
  std::array<Clock, stage_count> clocks_;
};

}  // namespace sluice::cuda
