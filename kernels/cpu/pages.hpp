#pragma once

#include <cstddef>
#include <memory>

namespace sluice::cpu {

/// Zero-filled memory straight from the operating system, in huge pages where it can: address space
/// is taken at once, memory only where it is touched. Move-only owner; aligned to a page.
class Pages {
 public:
  Pages() noexcept = default;
  /// @throws std::system_error when the address space cannot be had.
  explicit Pages(std::size_t bytes);

  std::byte* data() noexcept { return memory_.get(); }
  const std::byte* data() const noexcept { return memory_.get(); }
  std::size_t size() const noexcept { return memory_ ? memory_.get_deleter().bytes : 0; }

 private:
  struct Unmap {
    std::size_t bytes;
    void operator()(std::byte* memory) const noexcept;
  };
  std::unique_ptr<std::byte, Unmap> memory_;
};

}  // namespace sluice::cpu
