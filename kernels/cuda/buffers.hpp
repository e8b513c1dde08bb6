#pragma once

#include <algorithm>
#include <cstddef>

#include "kernels/cuda/runtime.hpp"

namespace sluice::cuda {

/// Device memory and its pinned counterpart, for what is built on one side and read on the other.
template <class T>
struct MirroredBuffer {
  DeviceBuffer<T> device;
  PinnedBuffer<T> host;

  MirroredBuffer() = default;
  explicit MirroredBuffer(std::size_t size) : device(size), host(size) {}

  [[nodiscard]] std::size_t size() const noexcept { return device.size(); }
  /// Makes room for at least `size` elements, whose content is lost if that takes an allocation.
  void reserve(std::size_t size) {
    if (size > device.size()) *this = MirroredBuffer(std::max(size, 2 * device.size()));
  }
  void upload(std::size_t count, Stream& stream) {
    copy_to_device(device.data(), host.data(), count, stream);
  }
  void download(std::size_t count, Stream& stream) {
    copy_to_host(host.data(), device.data(), count, stream);
  }
};

/// Moves the first `used` elements to a buffer of `size`. Nothing changes when there is no memory.
template <class T>
void resize(DeviceBuffer<T>& buffer, std::size_t size, std::size_t used, Stream& stream) {
  DeviceBuffer<T> larger(size);
  copy_on_device(larger.data(), buffer.data(), used, stream);
  buffer = std::move(larger);
}

}  // namespace sluice::cuda
