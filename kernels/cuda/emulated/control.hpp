#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

/// What a test can see and set of the emulated device. There is one device in a process, as in
/// CUDA. Thread-safe. Where CUDA would stage a copy from pageable host memory before it returns,
/// the emulated device reads it as late as any other: code that is right for pinned memory is
/// right.
namespace sluice::cuda::emulated {

/// When work that was put on streams is done. Whatever the choice, work on one stream keeps its
/// order and waits for events are honoured: a program that is right gives the same results in all.
enum class Schedule : std::uint8_t {
  lazy,    ///< as late as possible: only when somebody synchronises, or one step for each query
  eager,   ///< at once
  random,  ///< a seeded choice of streams and times; blocks, warps and lanes in a seeded order
};

/// Since the last reset(). Synchronisations are counted where the host has to wait.
struct Counters {
  std::uint64_t allocations = 0;
  std::uint64_t frees = 0;
  std::uint64_t pinned_allocations = 0;
  std::uint64_t pinned_frees = 0;
  std::uint64_t streams_created = 0;
  std::uint64_t events_created = 0;
  std::uint64_t launches = 0;
  std::uint64_t copies = 0;
  std::uint64_t pageable_copies = 0;  ///< of `copies`, with host memory that is not pinned
  std::uint64_t fills = 0;
  std::uint64_t bytes_to_device = 0;
  std::uint64_t bytes_to_host = 0;
  std::uint64_t bytes_on_device = 0;
  std::uint64_t stream_synchronisations = 0;
  std::uint64_t event_synchronisations = 0;
  std::uint64_t device_synchronisations = 0;  ///< by allocations and frees, which wait for all
  std::uint64_t default_stream_uses = 0;      ///< a stream without a handle is CUDA's default one
};

[[nodiscard]] Counters counters();

/// The kernels that ran since the last reset(), in the order in which they did; also the one that a
/// planted fault stopped.
[[nodiscard]] std::vector<std::string> kernels_run();

/// Bytes of device memory in use now.
[[nodiscard]] std::size_t device_bytes_in_use();

/// Back to the beginning: counters 0, lazy, default limit, one device, no faults. Buffers, streams
/// and events live on; what is queued is done first.
void reset();

void set_schedule(Schedule schedule, std::uint64_t seed = 1);

inline constexpr std::size_t default_memory_bytes = std::size_t{1} << 30;
/// What the device's memory holds in all.
void set_memory_bytes(std::size_t bytes);

/// 0 or 1 devices.
void set_device_present(bool present);

enum class Call : std::uint8_t {
  allocate,         ///< device memory
  allocate_pinned,  ///< host memory
  copy,             ///< or fill
  launch,           ///< fails at once
  execute,          ///< a kernel or a copy fails while it runs; found by a later call
  synchronise,      ///< of a stream or an event
};

/// CUDA's numbers.
inline constexpr int error_invalid_value = 1;
inline constexpr int error_out_of_memory = 2;
inline constexpr int error_invalid_configuration = 9;
inline constexpr int error_no_device = 100;
inline constexpr int error_invalid_handle = 400;
inline constexpr int error_not_ready = 600;
inline constexpr int error_illegal_address = 700;
inline constexpr int error_launch_failure = 719;

/// Makes the call of this kind after the next `skip` ones fail, once. Errors from 700 on, and all
/// in `execute`, are sticky: every later call fails with them until reset().
void fail(Call call, int code, std::uint64_t skip = 0);

/// Makes the next run of the kernel of this name (as kernels_run() has it) fail while it runs.
void fail_kernel(const std::string& name, int code);

}  // namespace sluice::cuda::emulated
