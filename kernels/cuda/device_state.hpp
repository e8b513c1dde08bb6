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

  /// Grows the pool so that `count` chunks are free, or as many as can be had.
  /// @returns whether any is.
  bool provide_chunks(std::size_t count);

  enum class KeyRoom : std::uint8_t { made, keys_full, out_of_memory };
  /// Makes room for new keys: first collects the slots of dead keys, then grows.
  KeyRoom make_key_room(const WaitingEvents& waiting);
  /// Grows to hold every slot below `bound`. @returns false when that is more than it may.
  bool cover_slots(std::size_t bound);

  /// Rows have gone or slots were given out in vain: collecting can find dead slots again.
  void slots_may_be_dead() noexcept { collectable_ = true; }

  void clear();

 private:
  bool grow_keys(std::size_t capacity);
  [[nodiscard]] std::size_t allocated() const noexcept;
  [[nodiscard]] std::size_t left() const noexcept;

  Stream& stream_;
  std::size_t max_bytes_;
  KeyDictionary keys_;
  PaneTable panes_;
  bool collectable_ = false;
};

}  // namespace sluice::cuda
