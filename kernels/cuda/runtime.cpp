#include "kernels/cuda/runtime.hpp"

#include <string>

#include <cuda_runtime_api.h>

#include "kernels/cuda/error_text.hpp"

namespace sluice::cuda {

namespace {

void copy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind, const char* what,
          const Stream& stream, std::source_location where) {
  if (bytes == 0) return;
  check(cudaMemcpyAsync(to, from, bytes, kind, stream.handle()), what, stream.trail(), where);
}

std::string allocating(std::size_t bytes, const char* what) {
  return "allocating " + std::to_string(bytes) + " bytes of " + what;
}

}  // namespace

std::string error_text(int code) {
  const auto error = static_cast<cudaError_t>(code);
  return std::string(cudaGetErrorName(error)) + ": " + cudaGetErrorString(error);
}

void clear_last_error() noexcept { static_cast<void>(cudaGetLastError()); }

Stream::Stream() {
  CUstream_st* handle = nullptr;
  check(cudaStreamCreateWithFlags(&handle, cudaStreamNonBlocking), "creating a stream");
  handle_.reset(handle);
}

void Stream::Destroy::operator()(CUstream_st* handle) const noexcept {
  report(cudaStreamDestroy(handle), "destroying a stream");
}

void Stream::synchronize(std::source_location where) {
  check(cudaStreamSynchronize(handle()), "waiting for a stream", trail_, where);
}

void Stream::wait(const Event& event, std::source_location where) {
  check(cudaStreamWaitEvent(handle(), event.handle(), cudaEventWaitDefault),
        "making a stream wait for an event", trail_, where);
}

void Stream::launched(const char* kernel, std::source_location where) {
  if (const cudaError_t code = cudaGetLastError(); code != cudaSuccess) {
    check(code, std::string("launching ") + kernel, trail_, where);
  }
  trail_.add(kernel);
}

Event::Event(Kind kind) {
  const unsigned flags =
      kind == Kind::timed ? cudaEventDefault : cudaEventDisableTiming | cudaEventBlockingSync;
  CUevent_st* handle = nullptr;
  check(cudaEventCreateWithFlags(&handle, flags), "creating an event");
  handle_.reset(handle);
}

void Event::Destroy::operator()(CUevent_st* handle) const noexcept {
  report(cudaEventDestroy(handle), "destroying an event");
}

void Event::record(const Stream& stream, std::source_location where) {
  trail_ = stream.trail();
  check(cudaEventRecord(handle(), stream.handle()), "recording an event", trail_, where);
}

bool Event::ready(std::source_location where) const {
  const cudaError_t code = cudaEventQuery(handle());
  if (code == cudaErrorNotReady) return false;
  check(code, "asking for an event", trail_, where);
  return true;
}

void Event::synchronize(std::source_location where) const {
  check(cudaEventSynchronize(handle()), "waiting for an event", trail_, where);
}

std::chrono::duration<float, std::milli> Event::since(const Event& earlier,
                                                      std::source_location where) const {
  float milliseconds = 0;
  check(cudaEventElapsedTime(&milliseconds, earlier.handle(), handle()),
        "measuring between two events", trail_, where);
  return std::chrono::duration<float, std::milli>(milliseconds);
}

namespace detail {

void FreeDevice::operator()(void* memory) const noexcept {
  report(cudaFree(memory), "freeing device memory");
}

void FreePinned::operator()(void* memory) const noexcept {
  report(cudaFreeHost(memory), "freeing pinned memory");
}

DeviceMemory allocate_device(std::size_t bytes, std::source_location where) {
  void* memory = nullptr;
  if (bytes > 0) check(cudaMalloc(&memory, bytes), allocating(bytes, "device memory"), where);
  return DeviceMemory(memory);
}

PinnedMemory allocate_pinned(std::size_t bytes, std::source_location where) {
  void* memory = nullptr;
  if (bytes > 0) check(cudaMallocHost(&memory, bytes), allocating(bytes, "pinned memory"), where);
  return PinnedMemory(memory);
}

}  // namespace detail

void copy_bytes_to_device(void* device, const void* host, std::size_t bytes, Stream& stream,
                          std::source_location where) {
  copy(device, host, bytes, cudaMemcpyHostToDevice, "copying to the device", stream, where);
}

void copy_bytes_to_host(void* host, const void* device, std::size_t bytes, Stream& stream,
                        std::source_location where) {
  copy(host, device, bytes, cudaMemcpyDeviceToHost, "copying to the host", stream, where);
}

void copy_bytes_on_device(void* to, const void* from, std::size_t bytes, Stream& stream,
                          std::source_location where) {
  copy(to, from, bytes, cudaMemcpyDeviceToDevice, "copying on the device", stream, where);
}

void fill_bytes(void* device, std::uint8_t value, std::size_t bytes, Stream& stream,
                std::source_location where) {
  if (bytes == 0) return;
  check(cudaMemsetAsync(device, value, bytes, stream.handle()), "filling device memory",
        stream.trail(), where);
}

int device_count() noexcept {
  // Without a driver the count is left as it was; with one but no device the call fails as well.
  int count = 0;
  if (versions().driver == 0) return 0;
  if (cudaGetDeviceCount(&count) != cudaSuccess) {
    clear_last_error();
    return 0;
  }
  return count;
}

DeviceInfo device_info(int device) {
  cudaDeviceProp properties{};
  check(cudaGetDeviceProperties(&properties, device), "asking for a device's properties");
  return {.name = properties.name,
          .capability_major = properties.major,
          .capability_minor = properties.minor,
          .multiprocessors = properties.multiProcessorCount,
          .total_bytes = properties.totalGlobalMem,
          .l2_bytes = static_cast<std::size_t>(properties.l2CacheSize),
          .shared_bytes_per_block = properties.sharedMemPerBlockOptin};
}

MemoryInfo memory_info() {
  MemoryInfo info;
  check(cudaMemGetInfo(&info.free_bytes, &info.total_bytes), "asking for the device's memory");
  return info;
}

Versions versions() noexcept {
  Versions found;
  if (cudaDriverGetVersion(&found.driver) != cudaSuccess) found.driver = 0;
  if (cudaRuntimeGetVersion(&found.runtime) != cudaSuccess) found.runtime = 0;
  return found;
}

void use_device(int device) { check(cudaSetDevice(device), "choosing a device"); }

}  // namespace sluice::cuda
