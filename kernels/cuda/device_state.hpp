#pragma once

#include <cstddef>

#include "kernels/backend.hpp"
#include "kernels/cuda/key_dictionary.hpp"
#include "kernels/cuda/pane_table.hpp"
#include "kernels/cuda/runtime.hpp"

namespace sluice::cuda {

/// The dictionary and the pane table under one bound, max_state_bytes. The directory always covers
/// every slot of the dictionary. What cannot be had, for the bound or for the device's memory, is
/// answered, not thrown.
class DeviceState {
 public:
  DeviceState(const BackendShape& shape, Stream& stream);

  [[nodiscard]] KeyDictionary& keys() noexcept { return keys_; }
  [[nodiscard]] const KeyDictionary& keys() const noexcept { return keys_; }
  [[nodiscard]] PaneTable& panes() noexcept { return panes_; }
  [[nodiscard]] const PaneTable& panes() const noexcept { return panes_; }

  /// Of max_state_bytes: dictionary, directory and the chunks that hold rows. Chunks of the pool
  /// that are free are not in it, but under the bound, too.
  [[nodiscard]] std::size_t bytes() const noexcept;
  [[nodiscard]] std::size_t max_bytes() const noexcept { return max_bytes_; }

  /// @returns whether the directory has this many columns now.
  bool cover_columns(std::size_t columns);

  /// Grows the pool so that a pass may take `count` chunks, or as many as can be had.
  /// @returns whether it may take any.
  bool provide_chunks(std::size_t count);

  /// Sees to it that closing windows finds memory for `columns` more columns of every slot in use
  /// and of `new_keys` more: until the next call nothing else gets the last of it.
  void reserve_for_closing(std::size_t columns, std::size_t new_keys);
  /// Between the two the reserve may be used.
  void release_reserve() noexcept;
  void restore_reserve() noexcept;

  enum class KeyRoom : std::uint8_t { made, keys_full, out_of_memory };
  /// Makes room for new keys: first collects the slots of dead keys, then grows.
  KeyRoom make_key_room(const WaitingEvents& waiting);
  /// A batch has single integer keys: small ones are entered by their value if there is memory.
  void expect_integer_keys();
  /// Grows to hold every slot below `bound`. @returns false when that is more than it may.
  bool cover_slots(std::size_t bound);

  /// Rows have gone or slots were given out in vain: collecting can find dead slots again.
  void slots_may_be_dead() noexcept { collectable_ = true; }

  void clear();

 private:
  bool grow_keys(std::size_t capacity);
  void grow_pool(std::size_t needed);
  [[nodiscard]] std::size_t allocated() const noexcept;
  /// What may still be allocated, without what is reserved.
  [[nodiscard]] std::size_t left() const noexcept;
  [[nodiscard]] std::size_t reserved_chunks(std::size_t key_capacity) const noexcept;
  void keep_reserve();

  Stream& stream_;
  std::size_t max_bytes_;
  std::size_t growth_bytes_;  ///< of the pool, at least
  KeyDictionary keys_;
  PaneTable panes_;
  bool collectable_ = false;
  std::size_t reserved_columns_ = 0;
  std::size_t reserved_slots_ = 0;  ///< of each of them
  bool reserve_released_ = false;
};

}  // namespace sluice::cuda
