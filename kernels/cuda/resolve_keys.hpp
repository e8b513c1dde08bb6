#pragma once

#include "kernels/cuda/batch_view.hpp"
#include "kernels/cuda/key_dictionary_ref.hpp"
#include "kernels/cuda/runtime.hpp"

namespace sluice::cuda {

/// Looks up the keys of the events that are left with no_key_yet, and claims places for new ones as
/// long as there are slots; events whose key finds none are listed as unplaced and stay as they
/// were. Leaves a slot, or a place of the dictionary where the key is new in this pass.
void resolve_keys(const BatchView& batch, const KeyDictionaryRef& keys, const BatchLists& lists,
                  Stream& stream);

/// Gives each claim a slot and lists it as first seen: freed slots first, then fresh ones.
/// @param most an upper bound of the number of claims.
void settle_keys(const EventColumns& events, const KeyDictionaryRef& keys, const BatchLists& lists,
                 std::size_t most, Stream& stream);

}  // namespace sluice::cuda
