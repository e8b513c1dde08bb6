#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>

#include "kernels/cuda/error.hpp"

struct CUstream_st;
struct CUevent_st;

/// The only door to the CUDA runtime. Two libraries implement this header: runtime.cpp over the
/// real runtime, emulated/runtime.cpp over host memory; a program links exactly one of them. No
/// CUDA header is needed to read it.
///
/// Everything on a stream is asynchronous: pointers handed to a copy, a fill or a kernel are
/// borrowed until the stream has passed that point (Stream::synchronize, Event::ready, a wait).
/// Every function throws CudaError as check() does. Objects may be moved between threads, but one
/// object is used by one thread at a time; the current device is a property of the thread.
namespace sluice::cuda {

class Event;

/// An ordered queue of device work. Never the default stream, and does not wait for it.
class Stream {
 public:
  Stream();

  /// Blocks until all work enqueued so far is done.
  void synchronize(std::source_location where = std::source_location::current());

  /// Later work on this stream starts after what `event` stood for when this was called; an event
  /// that was never recorded holds nothing back.
  void wait(const Event& event, std::source_location where = std::source_location::current());

  [[nodiscard]] CUstream_st* handle() const noexcept { return handle_.get(); }
  [[nodiscard]] const LaunchTrail& trail() const noexcept { return trail_; }

  /// Called by SLUICE_LAUNCH after a launch: remembers the name and throws if the launch failed.
  /// @param kernel a name with static storage.
  void launched(const char* kernel, std::source_location where = std::source_location::current());

 private:
  struct Destroy {
    void operator()(CUstream_st* handle) const noexcept;
  };
  std::unique_ptr<CUstream_st, Destroy> handle_;
  LaunchTrail trail_;
};

/// A point in a stream. Order-only events are cheaper and let a waiting thread sleep; timed ones
/// can tell how much device time lies between two of them.
class Event {
 public:
  enum class Kind : std::uint8_t { order, timed };

  explicit Event(Kind kind = Kind::order);

  /// Stands from now on for all work enqueued on `stream` so far.
  void record(const Stream& stream, std::source_location where = std::source_location::current());

  /// True when that work is done (also when nothing was ever recorded). Never blocks.
  [[nodiscard]] bool ready(std::source_location where = std::source_location::current()) const;

  /// Blocks until ready.
  void synchronize(std::source_location where = std::source_location::current()) const;

  /// Device time from `earlier` to this event; both are timed and ready.
  [[nodiscard]] std::chrono::duration<float, std::milli> since(
      const Event& earlier, std::source_location where = std::source_location::current()) const;

  [[nodiscard]] CUevent_st* handle() const noexcept { return handle_.get(); }

 private:
  struct Destroy {
    void operator()(CUevent_st* handle) const noexcept;
  };
  std::unique_ptr<CUevent_st, Destroy> handle_;
  LaunchTrail trail_;
};

namespace detail {

struct FreeDevice {
  void operator()(void* memory) const noexcept;
};
struct FreePinned {
  void operator()(void* memory) const noexcept;
};
using DeviceMemory = std::unique_ptr<void, FreeDevice>;
using PinnedMemory = std::unique_ptr<void, FreePinned>;

[[nodiscard]] DeviceMemory allocate_device(std::size_t bytes, std::source_location where);
[[nodiscard]] PinnedMemory allocate_pinned(std::size_t bytes, std::source_location where);

/// An owning array of `T` over memory that `Memory` gives back.
template <class T, class Memory>
class Buffer {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  Buffer() noexcept = default;
  Buffer(Buffer&& other) noexcept
      : memory_(std::move(other.memory_)), size_(std::exchange(other.size_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    memory_ = std::move(other.memory_);
    size_ = std::exchange(other.size_, 0);
    return *this;
  }

  [[nodiscard]] T* data() noexcept { return static_cast<T*>(memory_.get()); }
  [[nodiscard]] const T* data() const noexcept { return static_cast<const T*>(memory_.get()); }
  /// In elements.
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return size_ * sizeof(T); }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

 protected:
  Buffer(Memory memory, std::size_t size) noexcept : memory_(std::move(memory)), size_(size) {}

  /// In bytes; saturates, so that an absurd size fails as an allocation does.
  [[nodiscard]] static constexpr std::size_t bytes_of(std::size_t size) noexcept {
    return size > SIZE_MAX / sizeof(T) ? SIZE_MAX : size * sizeof(T);
  }

 private:
  Memory memory_;
  std::size_t size_ = 0;
};

}  // namespace detail

/// Uninitialised device memory, aligned to 256 bytes; data() is a device pointer. Allocating and
/// giving back wait for the whole device: at start or when a table grows, never per batch.
/// @throws OutOfMemory naming the bytes.
template <class T>
class DeviceBuffer : public detail::Buffer<T, detail::DeviceMemory> {
  using Base = detail::Buffer<T, detail::DeviceMemory>;

 public:
  DeviceBuffer() noexcept = default;
  explicit DeviceBuffer(std::size_t size,
                        std::source_location where = std::source_location::current())
      : Base(detail::allocate_device(Base::bytes_of(size), where), size) {}
};

/// Uninitialised page-locked host memory, page-aligned: what asynchronous copies need on the host
/// side to be asynchronous. As slow to allocate as device memory.
template <class T>
class PinnedBuffer : public detail::Buffer<T, detail::PinnedMemory> {
  using Base = detail::Buffer<T, detail::PinnedMemory>;

 public:
  PinnedBuffer() noexcept = default;
  explicit PinnedBuffer(std::size_t size,
                        std::source_location where = std::source_location::current())
      : Base(detail::allocate_pinned(Base::bytes_of(size), where), size) {}

  [[nodiscard]] T* begin() noexcept { return this->data(); }
  [[nodiscard]] T* end() noexcept { return this->data() + this->size(); }
  [[nodiscard]] const T* begin() const noexcept { return this->data(); }
  [[nodiscard]] const T* end() const noexcept { return this->data() + this->size(); }
  [[nodiscard]] T& operator[](std::size_t i) noexcept { return this->data()[i]; }
  [[nodiscard]] const T& operator[](std::size_t i) const noexcept { return this->data()[i]; }
};

/// Asynchronous copies of `bytes` bytes; nothing happens for 0. Host memory should be pinned.
void copy_bytes_to_device(void* device, const void* host, std::size_t bytes, Stream& stream,
                          std::source_location where = std::source_location::current());
void copy_bytes_to_host(void* host, const void* device, std::size_t bytes, Stream& stream,
                        std::source_location where = std::source_location::current());
void copy_bytes_on_device(void* to, const void* from, std::size_t bytes, Stream& stream,
                          std::source_location where = std::source_location::current());

/// Asynchronously sets `bytes` bytes of device memory to `value`.
void fill_bytes(void* device, std::uint8_t value, std::size_t bytes, Stream& stream,
                std::source_location where = std::source_location::current());

/// The same copies counted in elements of `T`.
template <class T>
void copy_to_device(T* device, const std::type_identity_t<T>* host, std::size_t count,
                    Stream& stream, std::source_location where = std::source_location::current()) {
  static_assert(std::is_trivially_copyable_v<T>);
  copy_bytes_to_device(device, host, count * sizeof(T), stream, where);
}
template <class T>
void copy_to_host(T* host, const std::type_identity_t<T>* device, std::size_t count, Stream& stream,
                  std::source_location where = std::source_location::current()) {
  static_assert(std::is_trivially_copyable_v<T>);
  copy_bytes_to_host(host, device, count * sizeof(T), stream, where);
}
template <class T>
void copy_on_device(T* to, const std::type_identity_t<T>* from, std::size_t count, Stream& stream,
                    std::source_location where = std::source_location::current()) {
  static_assert(std::is_trivially_copyable_v<T>);
  copy_bytes_on_device(to, from, count * sizeof(T), stream, where);
}

/// Compute capability, sizes in bytes; what a launcher needs to choose a grid.
struct DeviceInfo {
  std::string name;
  int capability_major = 0;
  int capability_minor = 0;
  int multiprocessors = 0;
  std::size_t total_bytes = 0;
  std::size_t l2_bytes = 0;
  std::size_t shared_bytes_per_block = 0;  ///< the most that a kernel can be allowed to use
};

struct MemoryInfo {
  std::size_t free_bytes = 0;
  std::size_t total_bytes = 0;
};

/// As CUDA writes them: 13000 is 13.0. A driver of 0 means that none is installed.
struct Versions {
  int driver = 0;
  int runtime = 0;
};

/// 0 when there is no driver or no device: not an error.
[[nodiscard]] int device_count() noexcept;
[[nodiscard]] DeviceInfo device_info(int device);
/// Of the current device.
[[nodiscard]] MemoryInfo memory_info();
[[nodiscard]] Versions versions() noexcept;
/// Makes `device` current for the calling thread; every thread that uses a device calls it first.
void use_device(int device);

}  // namespace sluice::cuda
