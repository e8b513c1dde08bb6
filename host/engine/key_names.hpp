#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kernels/types.hpp"

namespace sluice {

/// The encoded key of every slot in use. A slot given back keeps its old name until the backend
/// reports it as first seen again, by which time the rows that named it have been rendered.
class KeyNames {
 public:
  void set(KeySlot slot, std::string encoded) {
    if (slot >= names_.size()) names_.resize(slot + std::size_t{1});
    names_[slot] = std::move(encoded);
  }
  std::string_view operator[](KeySlot slot) const { return names_[slot]; }
  std::size_t size() const noexcept { return names_.size(); }

 private:
  std::vector<std::string> names_;
};

}  // namespace sluice
