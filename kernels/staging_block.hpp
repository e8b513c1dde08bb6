#pragma once

#include <cstddef>
#include <memory>

namespace sluice {

/// Host memory that raw bytes and columns are staged in: pinned when a GPU reads it, plain
/// otherwise. Move-only owner; aligned to 64 bytes. Whoever made it knows how to free it.
class StagingBlock {
 public:
  using Deleter = void (*)(std::byte*) noexcept;

  StagingBlock() : memory_(nullptr, [](std::byte*) noexcept {}) {}
  StagingBlock(std::byte* memory, std::size_t size, Deleter deleter)
      : memory_(memory, deleter), size_(size) {}

  std::byte* data() noexcept { return memory_.get(); }
  const std::byte* data() const noexcept { return memory_.get(); }
  std::size_t size() const noexcept { return size_; }

 private:
  std::unique_ptr<std::byte, Deleter> memory_;
  std::size_t size_ = 0;
};

}  // namespace sluice
