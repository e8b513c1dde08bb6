#pragma once

#include <cstddef>
#include <cstdint>

namespace sluice {

/// Chooses where the next blocks are decoded. Begins with the host, goes to the device once that
/// can decode, and leaves it while that lists too many events for the host; the stays with the host
/// grow longer as long as the device does not prove itself. Single-threaded.
class DecodeChoice {
 public:
  /// Of a device's events, more than this listed make a move to the host (moving average).
  static constexpr double most_listed = 1.0 / 32;
  /// Batches of the first stay with the host after a move, and of the longest.
  static constexpr std::uint64_t first_stay = 16;
  static constexpr std::uint64_t longest_stay = 4'096;
  /// So many good batches in a row make the next stay a first one again.
  static constexpr std::uint64_t proof = 1'024;

  /// @param insists never stays with the host longer than a batch (engine.decode: device)
  explicit DecodeChoice(bool insists) : insists_(insists) {}

  bool on_device() const noexcept { return on_device_; }
  /// Whether the device is tried as soon as it can decode.
  bool is_due() const noexcept { return !on_device_ && stay_ == 0; }

  /// The host decoded a batch. @param ready whether the device could decode the next one
  void host_batch(bool ready) noexcept;
  /// The device decoded a batch. @param listed of its events; all of them when it refused
  void device_batch(std::size_t events, std::size_t listed) noexcept;

  /// The moving average over the device's batches.
  double listed_ratio() const noexcept { return ratio_; }
  std::uint64_t moves() const noexcept { return moves_; }

 private:
  void leave() noexcept;

  bool insists_;
  bool on_device_ = false;
  double ratio_ = 0;
  std::uint64_t stay_ = 0;  ///< batches that the host still decodes
  std::uint64_t next_stay_ = first_stay;
  std::uint64_t good_ = 0;  ///< batches in a row
  std::uint64_t moves_ = 0;
};

}  // namespace sluice
