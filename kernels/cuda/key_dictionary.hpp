#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/backend.hpp"
#include "kernels/cuda/buffers.hpp"
#include "kernels/cuda/key_dictionary_ref.hpp"
#include "kernels/cuda/pane_table_ref.hpp"
#include "kernels/cuda/runtime.hpp"

namespace sluice::cuda {

/// Events that wait with a slot while room is made: device memory.
struct WaitingEvents {
  const std::uint32_t* events = nullptr;
  std::size_t count = 0;
  const std::uint32_t* slots = nullptr;  ///< [event]
};

/// Owner of the key dictionary in device memory; see KeyDictionaryRef. Passes take slots through a
/// view and the owner is told how many; growing and collecting happen between passes.
class KeyDictionary {
 public:
  KeyDictionary(std::size_t capacity, std::size_t max_keys, Stream& stream);

  [[nodiscard]] KeyDictionaryRef ref() noexcept;

  /// Slots in use.
  [[nodiscard]] std::size_t size() const noexcept { return first_fresh_ - free_count_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  [[nodiscard]] std::size_t max_keys() const noexcept { return max_keys_; }
  [[nodiscard]] std::size_t available() const noexcept { return capacity_ - size(); }
  /// Every slot in use is less than this.
  [[nodiscard]] std::size_t bound() const noexcept { return first_fresh_; }
  [[nodiscard]] std::uint64_t rehashes() const noexcept { return rehashes_; }

  /// @param with_direct small integer keys are entered by their value
  [[nodiscard]] static std::size_t bytes_for(std::size_t capacity, bool with_direct) noexcept;
  /// What it would take with another capacity.
  [[nodiscard]] std::size_t bytes_at(std::size_t capacity) const noexcept {
    return bytes_for(capacity, has_direct());
  }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_at(capacity_); }

  [[nodiscard]] bool has_direct() const noexcept { return !direct_.empty(); }
  /// From now on, integer keys below about twice the capacity are entered by their value, whatever
  /// the capacity becomes. @throws OutOfMemory, and nothing has changed.
  void add_direct(Stream& stream);

  /// A pass has given out `claimed` slots.
  void settled(std::size_t claimed) noexcept;

  /// Takes back the slots that no row of `table` and no waiting event holds. Blocking.
  void collect(const PaneTableRef& table, const WaitingEvents& waiting, Stream& stream);

  /// Enters all keys into a dictionary of `capacity` slots, at least as many as now.
  /// @throws OutOfMemory, and nothing has changed.
  void grow(std::size_t capacity, Stream& stream);

  void clear(Stream& stream);
  /// Enters keys into an empty dictionary whose capacity is above every slot. Blocking.
  void load(std::span<const StateImage::Key> keys, Stream& stream);
  /// Every key, by slot. Blocking.
  [[nodiscard]] std::vector<StateImage::Key> save(Stream& stream);

 private:
  void empty_entries(Stream& stream);
  void enter_all(Stream& stream);

  std::size_t capacity_;
  std::size_t max_keys_;
  std::size_t first_fresh_ = 0;
  std::size_t free_count_ = 0;
  std::uint64_t rehashes_ = 0;
  DeviceBuffer<DictionaryEntry> entries_;
  DeviceBuffer<KeySlot> direct_;
  DeviceBuffer<KeyIdentity> identities_;
  DeviceBuffer<std::uint8_t> used_;
  DeviceBuffer<std::uint8_t> live_;
  DeviceBuffer<KeySlot> free_slots_;
  MirroredBuffer<std::uint32_t> freed_{1};
};

}  // namespace sluice::cuda
