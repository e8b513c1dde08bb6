#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>

#include "ingest/kafka/direct/message_walk.hpp"

namespace sluice {

/// Where a broker's answer is received: memory of its own that grows to the largest answer and is
/// then reused; or memory lent for one answer, where that suffices. Bytes may be read
/// `walk_padding` past the end.
class AnswerBuffer {
 public:
  /// @returns room for an answer of `size` bytes; what the buffer held is gone
  std::span<std::byte> prepare(std::size_t size) {
    lent_ = size + walk_padding <= offered_.size();
    if (lent_) {
      bytes_ = offered_.first(size);
      offered_ = {};
      taken_ = size;
    } else {
      bytes_ = own(size);
    }
    return bytes_;
  }

  std::span<std::byte> bytes() noexcept { return bytes_; }
  std::span<const std::byte> bytes() const noexcept { return bytes_; }

  /// Memory for the next answer that is prepared before `withdraw_offer`.
  void offer(std::span<std::byte> memory) noexcept {
    offered_ = memory;
    taken_ = 0;
  }
  /// @returns how much of the memory an answer took
  std::size_t withdraw_offer() noexcept {
    offered_ = {};
    return taken_;
  }
  /// Whether the answer lies in memory that was offered.
  bool lent() const noexcept { return lent_; }
  /// Moves an answer out of the memory that was lent.
  void move_home() {
    const std::span<const std::byte> from = bytes_;
    bytes_ = own(from.size());
    std::memcpy(bytes_.data(), from.data(), from.size());
    lent_ = false;
  }

 private:
  std::span<std::byte> own(std::size_t size) {
    if (size + walk_padding > capacity_) {
      capacity_ = std::max(size + walk_padding, 2 * capacity_);
      owned_ = std::make_unique_for_overwrite<std::byte[]>(capacity_);
    }
    return {owned_.get(), size};
  }

  std::unique_ptr<std::byte[]> owned_;
  std::size_t capacity_ = 0;
  std::span<std::byte> offered_;
  std::size_t taken_ = 0;  ///< of what was offered last
  std::span<std::byte> bytes_;
  bool lent_ = false;
};

}  // namespace sluice
