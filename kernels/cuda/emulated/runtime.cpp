#include "kernels/cuda/runtime.hpp"

#include <string>
#include <utility>

#include "kernels/cuda/emulated/device.hpp"
#include "kernels/cuda/emulated/launch.hpp"
#include "kernels/cuda/error_text.hpp"

namespace sluice::cuda {

namespace {

using emulated::Device;
using emulated::Direction;

constexpr int emulated_version = 13000;
constexpr int multiprocessors = 4;
constexpr std::size_t l2_bytes = std::size_t{4} << 20;
constexpr std::size_t shared_bytes_per_block = std::size_t{227} << 10;
constexpr unsigned max_block_threads = 1024;

/// Calls a method of the device under its lock.
template <class Method>
auto with_device(Method method) {
  Device& device = Device::instance();
  const std::lock_guard lock(device.mutex);
  return method(device);
}

void copy(void* to, const void* from, std::size_t bytes, Direction direction, const char* what,
          const Stream& stream, std::source_location where) {
  if (bytes == 0) return;
  const int code = with_device([&](Device& device) {
    return device.copy(to, from, bytes, direction, device.stream_of(stream.handle()));
  });
  check(code, what, stream.trail(), where);
}

bool possible(const emulated::Grid& grid) {
  const dim3& blocks = grid.grid_size;
  const dim3& threads = grid.block_size;
  const std::uint64_t count = std::uint64_t{threads.x} * threads.y * threads.z;
  return blocks.x >= 1 && blocks.x <= 0x7fffffffu && blocks.y >= 1 && blocks.y <= 0xffffu &&
         blocks.z >= 1 && blocks.z <= 0xffffu && count >= 1 && count <= max_block_threads &&
         threads.z <= 64;
}

std::string allocating(std::size_t bytes, const char* what) {
  return "allocating " + std::to_string(bytes) + " bytes of " + what;
}

}  // namespace

std::string error_text(int code) {
  switch (code) {
    case emulated::error_invalid_value:
      return "cudaErrorInvalidValue: invalid argument";
    case emulated::error_out_of_memory:
      return "cudaErrorMemoryAllocation: out of memory";
    case emulated::error_invalid_configuration:
      return "cudaErrorInvalidConfiguration: invalid configuration argument";
    case emulated::error_no_device:
      return "cudaErrorNoDevice: no CUDA-capable device is detected";
    case emulated::error_invalid_handle:
      return "cudaErrorInvalidResourceHandle: invalid resource handle";
    case emulated::error_not_ready:
      return "cudaErrorNotReady: device not ready";
    case emulated::error_illegal_address:
      return "cudaErrorIllegalAddress: an illegal memory access was encountered";
    case emulated::error_launch_failure:
      return "cudaErrorLaunchFailure: unspecified launch failure";
    default:
      return "CUDA error " + std::to_string(code);
  }
}

void clear_last_error() noexcept {}

Stream::Stream() {
  CUstream_st* handle = nullptr;
  check(with_device([&](Device& device) { return device.create_stream(handle); }),
        "creating a stream");
  handle_.reset(handle);
}

void Stream::Destroy::operator()(CUstream_st* handle) const noexcept {
  report(with_device([&](Device& device) { return device.destroy_stream(handle); }),
         "destroying a stream");
}

void Stream::synchronize(std::source_location where) {
  check(with_device([&](Device& device) { return device.synchronize(device.stream_of(handle())); }),
        "waiting for a stream", trail_, where);
}

void Stream::wait(const Event& event, std::source_location where) {
  check(with_device([&](Device& device) {
          return device.wait(device.stream_of(handle()), *event.handle());
        }),
        "making a stream wait for an event", trail_, where);
}

void Stream::launched(const char* kernel, std::source_location) { trail_.add(kernel); }

Event::Event(Kind kind) {
  with_device([](Device& device) { ++device.counters.events_created; });
  auto* handle = new CUevent_st;
  handle->timed = kind == Kind::timed;
  handle_.reset(handle);
}

void Event::Destroy::operator()(CUevent_st* handle) const noexcept { delete handle; }

void Event::record(const Stream& stream, std::source_location where) {
  trail_ = stream.trail();
  check(with_device([&](Device& device) {
          return device.record(*handle(), device.stream_of(stream.handle()));
        }),
        "recording an event", trail_, where);
}

bool Event::ready(std::source_location where) const {
  const int code = with_device([&](Device& device) { return device.query(*handle()); });
  if (code == emulated::error_not_ready) return false;
  check(code, "asking for an event", trail_, where);
  return true;
}

void Event::synchronize(std::source_location where) const {
  check(with_device([&](Device& device) { return device.synchronize(*handle()); }),
        "waiting for an event", trail_, where);
}

std::chrono::duration<float, std::milli> Event::since(const Event& earlier,
                                                      std::source_location where) const {
  float milliseconds = 0;
  check(with_device([&](Device& device) {
          return device.elapsed(*earlier.handle(), *handle(), milliseconds);
        }),
        "measuring between two events", trail_, where);
  return std::chrono::duration<float, std::milli>(milliseconds);
}

namespace detail {

void FreeDevice::operator()(void* memory) const noexcept {
  report(with_device([&](Device& device) { return device.free(memory); }), "freeing device memory");
}

void FreePinned::operator()(void* memory) const noexcept {
  report(with_device([&](Device& device) { return device.free_pinned(memory); }),
         "freeing pinned memory");
}

DeviceMemory allocate_device(std::size_t bytes, std::source_location where) {
  void* memory = nullptr;
  if (bytes == 0) return nullptr;
  check(with_device([&](Device& device) { return device.allocate(bytes, memory); }),
        allocating(bytes, "device memory"), where);
  return DeviceMemory(memory);
}

PinnedMemory allocate_pinned(std::size_t bytes, std::source_location where) {
  void* memory = nullptr;
  if (bytes == 0) return nullptr;
  check(with_device([&](Device& device) { return device.allocate_pinned(bytes, memory); }),
        allocating(bytes, "pinned memory"), where);
  return PinnedMemory(memory);
}

}  // namespace detail

void copy_bytes_to_device(void* device, const void* host, std::size_t bytes, Stream& stream,
                          std::source_location where) {
  copy(device, host, bytes, Direction::to_device, "copying to the device", stream, where);
}

void copy_bytes_to_host(void* host, const void* device, std::size_t bytes, Stream& stream,
                        std::source_location where) {
  copy(host, device, bytes, Direction::to_host, "copying to the host", stream, where);
}

void copy_bytes_on_device(void* to, const void* from, std::size_t bytes, Stream& stream,
                          std::source_location where) {
  copy(to, from, bytes, Direction::on_device, "copying on the device", stream, where);
}

void fill_bytes(void* memory, std::uint8_t value, std::size_t bytes, Stream& stream,
                std::source_location where) {
  if (bytes == 0) return;
  const int code = with_device([&](Device& device) {
    return device.fill(memory, value, bytes, device.stream_of(stream.handle()));
  });
  check(code, "filling device memory", stream.trail(), where);
}

int device_count() noexcept {
  return with_device([](Device& device) { return device.present ? 1 : 0; });
}

DeviceInfo device_info(int device) {
  check(device >= 0 && device < device_count() ? 0 : emulated::error_no_device,
        "asking for a device's properties");
  return {.name = "emulated",
          .capability_major = 9,
          .capability_minor = 0,
          .multiprocessors = multiprocessors,
          .total_bytes = memory_info().total_bytes,
          .l2_bytes = l2_bytes,
          .shared_bytes_per_block = shared_bytes_per_block};
}

MemoryInfo memory_info() {
  return with_device([](Device& device) {
    const std::size_t total = device.memory_bytes;
    const std::size_t used = device.bytes_in_use();
    return MemoryInfo{.free_bytes = used < total ? total - used : 0, .total_bytes = total};
  });
}

Versions versions() noexcept {
  return {.driver = device_count() == 0 ? 0 : emulated_version, .runtime = emulated_version};
}

void use_device(int device) {
  check(device >= 0 && device < device_count() ? 0 : emulated::error_no_device,
        "choosing a device");
}

namespace emulated {

void enqueue(Stream& stream, const char* name, std::function<void()> work,
             std::source_location where) {
  const int code = with_device([&](Device& device) {
    return device.launch(name, std::move(work), device.stream_of(stream.handle()));
  });
  if (code != 0) check(code, std::string("launching ") + name, stream.trail(), where);
  stream.launched(name, where);
}

void enqueue_grid(Stream& stream, Grid grid, const void* function, std::source_location where) {
  const int code = with_device([&](Device& device) {
    if (!possible(grid)) return error_invalid_configuration;
    if (grid.shared_bytes > device.allowed_shared(function)) return error_invalid_value;
    grid.order = device.next_order();
    return device.launch(
        grid.kernel, [grid] { run_grid(grid); }, device.stream_of(stream.handle()));
  });
  if (code != 0) check(code, std::string("launching ") + grid.kernel, stream.trail(), where);
  stream.launched(grid.kernel, where);
}

void allow_shared(const void* function, std::size_t bytes) {
  check(bytes <= shared_bytes_per_block ? 0 : error_invalid_value,
        "allowing dynamic shared memory");
  with_device([&](Device& device) { device.allow_shared(function, bytes); });
}

Counters counters() {
  return with_device([](Device& device) { return device.counters; });
}

std::vector<std::string> kernels_run() {
  return with_device([](Device& device) {
    return std::vector<std::string>(device.kernels_run.begin(), device.kernels_run.end());
  });
}

std::size_t device_bytes_in_use() {
  return with_device([](Device& device) { return device.bytes_in_use(); });
}

void reset() {
  with_device([](Device& device) { device.reset(); });
}

void set_schedule(Schedule schedule, std::uint64_t seed) {
  with_device([&](Device& device) { device.set_schedule(schedule, seed); });
}

void set_memory_bytes(std::size_t bytes) {
  with_device([&](Device& device) { device.memory_bytes = bytes; });
}

void set_device_present(bool present) {
  with_device([&](Device& device) { device.present = present; });
}

void fail(Call call, int code, std::uint64_t skip) {
  with_device([&](Device& device) { device.fail(call, code, skip); });
}

void fail_kernel(const std::string& name, int code) {
  with_device([&](Device& device) { device.fail_kernel(name, code); });
}

}  // namespace emulated
}  // namespace sluice::cuda
