#pragma once

#include "kernels/cuda/key_dictionary_ref.hpp"
#include "kernels/cuda/pane_table_ref.hpp"
#include "kernels/cuda/runtime.hpp"

namespace sluice::cuda {

/// Sets live[slot] for every slot that some column holds a row for.
void mark_rows(const PaneTableRef& table, std::uint8_t* live, Stream& stream);

/// Sets live[slot] for the slots that events still wait with. @param slots [event]
void mark_waiting(const std::uint32_t* events, std::size_t count, const std::uint32_t* slots,
                  std::uint8_t* live, Stream& stream);

/// Takes back every used slot that is not live: pushes it on `free_slots`, above the
/// keys.free_count that are there, and counts it in `freed`.
void free_dead_slots(const KeyDictionaryRef& keys, const std::uint8_t* live, KeySlot* free_slots,
                     std::uint32_t* freed, Stream& stream);

/// Enters every used slot into the dictionary, whose places are all empty.
void enter_keys(const KeyDictionaryRef& keys, Stream& stream);

}  // namespace sluice::cuda
