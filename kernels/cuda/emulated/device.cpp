#include "kernels/cuda/emulated/device.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "kernels/cuda/emulated/grid.hpp"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

namespace sluice::cuda::emulated {

namespace {

constexpr std::size_t device_alignment = 256;
constexpr std::size_t pinned_alignment = 4096;
constexpr std::size_t default_shared_bytes = std::size_t{48} << 10;
constexpr double fixed_milliseconds = 0.005;
constexpr double bytes_per_millisecond = 25e6;
constexpr int first_sticky_error = error_illegal_address;

/// A block of its own from the host's allocator, so that AddressSanitizer knows its bounds.
void* allocate_poisoned(std::size_t bytes, std::size_t alignment) {
  void* memory = nullptr;
  if (posix_memalign(&memory, alignment, bytes) != 0) return nullptr;
  std::memset(memory, poison, bytes);
  return memory;
}

double copy_time(std::size_t bytes) {
  return fixed_milliseconds + static_cast<double>(bytes) / bytes_per_millisecond;
}

std::uintptr_t address_of(const void* memory) { return reinterpret_cast<std::uintptr_t>(memory); }

}  // namespace

Device& Device::instance() {
  static Device device;
  return device;
}

int Device::enter(Call call) {
  if (state() != 0) return state();
  const auto fault = std::find_if(faults_.begin(), faults_.end(),
                                  [call](const Fault& planted) { return planted.call == call; });
  if (fault == faults_.end()) return 0;
  if (fault->skip > 0) {
    --fault->skip;
    return 0;
  }
  const int code = fault->code;
  faults_.erase(fault);
  if (code >= first_sticky_error || call == Call::execute) sticky_ = code;
  return code;
}

int Device::enter_kernel(const char* name) {
  if (state() != 0) return state();
  kernels_run.push_back(name);
  if (const auto failing = failing_kernels_.find(name); failing != failing_kernels_.end()) {
    sticky_ = failing->second;
    return sticky_;
  }
  return enter(Call::execute);
}

CUstream_st& Device::stream_of(CUstream_st* handle) {
  if (handle != nullptr) return *handle;
  ++counters.default_stream_uses;
  drain_all();
  return default_stream_;
}

int Device::create_stream(CUstream_st*& stream) {
  if (state() != 0) return state();
  ++counters.streams_created;
  stream = streams_.emplace_back(std::make_unique<CUstream_st>()).get();
  return 0;
}

// Work that is still queued is done, as on a device; here, now.
int Device::destroy_stream(CUstream_st* stream) {
  drain(*stream);
  std::erase_if(streams_, [stream](const auto& owned) { return owned.get() == stream; });
  return 0;
}

int Device::synchronize(CUstream_st& stream) {
  ++counters.stream_synchronisations;
  if (const int code = enter(Call::synchronise); code != 0) return code;
  drain(stream);
  return sticky_;
}

int Device::wait(CUstream_st& stream, const CUevent_st& event) {
  if (state() != 0) return state();
  if (event.mark != nullptr) enqueue(stream, {.awaited = event.mark});
  return 0;
}

int Device::record(CUevent_st& event, CUstream_st& stream) {
  if (state() != 0) return state();
  event.mark = std::make_shared<Mark>();
  event.mark->stream = &stream;
  enqueue(stream, {.work = [this, mark = event.mark] {
            mark->reached = true;
            mark->at = clock_;
          }});
  return 0;
}

// A query that finds the work undone moves the device on by one step, so that polling ends.
int Device::query(const CUevent_st& event) {
  if (state() != 0) return state();
  if (event.mark == nullptr || event.mark->reached) return 0;
  step(*event.mark->stream);
  return sticky_ != 0 ? sticky_ : error_not_ready;
}

int Device::synchronize(const CUevent_st& event) {
  ++counters.event_synchronisations;
  if (const int code = enter(Call::synchronise); code != 0) return code;
  if (event.mark != nullptr) drain_until(*event.mark);
  return sticky_;
}

int Device::elapsed(const CUevent_st& from, const CUevent_st& to, float& milliseconds) {
  if (state() != 0) return state();
  if (!from.timed || !to.timed || from.mark == nullptr || to.mark == nullptr) {
    return error_invalid_handle;
  }
  if (!from.mark->reached || !to.mark->reached) return error_not_ready;
  milliseconds = static_cast<float>(to.mark->at - from.mark->at);
  return 0;
}

int Device::allocate(std::size_t bytes, void*& memory) {
  ++counters.allocations;
  ++counters.device_synchronisations;
  if (const int code = enter(Call::allocate); code != 0) return code;
  if (bytes > memory_bytes - std::min(memory_bytes, bytes_in_use_)) return error_out_of_memory;
  memory = allocate_poisoned(bytes, device_alignment);
  if (memory == nullptr) return error_out_of_memory;
  device_memory_.emplace(address_of(memory), bytes);
  bytes_in_use_ += bytes;
  set_accessible(false);
  return 0;
}

int Device::free(void* memory) {
  const auto allocation = device_memory_.find(address_of(memory));
  if (allocation == device_memory_.end()) return error_invalid_value;
  ++counters.frees;
  ++counters.device_synchronisations;
  drain_all();
  set_accessible(true);
  bytes_in_use_ -= allocation->second;
  device_memory_.erase(allocation);
  std::free(memory);
  set_accessible(false);
  return sticky_;
}

int Device::allocate_pinned(std::size_t bytes, void*& memory) {
  ++counters.pinned_allocations;
  if (const int code = enter(Call::allocate_pinned); code != 0) return code;
  memory = allocate_poisoned(bytes, pinned_alignment);
  if (memory == nullptr) return error_out_of_memory;
  pinned_memory_.emplace(address_of(memory), bytes);
  return 0;
}

int Device::free_pinned(void* memory) {
  if (pinned_memory_.erase(address_of(memory)) == 0) return error_invalid_value;
  ++counters.pinned_frees;
  ++counters.device_synchronisations;
  drain_all();
  std::free(memory);
  return sticky_;
}

bool Device::holds(const std::map<std::uintptr_t, std::size_t>& allocations, const void* memory,
                   std::size_t bytes) const {
  auto next = allocations.upper_bound(address_of(memory));
  if (next == allocations.begin()) return false;
  const auto& [begin, size] = *--next;
  const std::size_t offset = address_of(memory) - begin;
  return offset <= size && bytes <= size - offset;
}

int Device::copy(void* to, const void* from, std::size_t bytes, Direction direction,
                 CUstream_st& stream) {
  if (const int code = enter(Call::copy); code != 0) return code;
  const bool up = direction == Direction::to_device;
  const bool down = direction == Direction::to_host;
  if (up == holds(device_memory_, from, bytes) || down == holds(device_memory_, to, bytes)) {
    return error_invalid_value;
  }
  ++counters.copies;
  (up     ? counters.bytes_to_device
   : down ? counters.bytes_to_host
          : counters.bytes_on_device) += bytes;
  const void* host = up ? from : to;
  if ((up || down) && !holds(pinned_memory_, host, bytes)) ++counters.pageable_copies;
  enqueue(stream, {.work =
                       [this, to, from, bytes] {
                         if (enter(Call::execute) == 0) std::memcpy(to, from, bytes);
                       },
                   .milliseconds = copy_time(bytes)});
  return 0;
}

int Device::fill(void* memory, std::uint8_t value, std::size_t bytes, CUstream_st& stream) {
  if (const int code = enter(Call::copy); code != 0) return code;
  if (!holds(device_memory_, memory, bytes)) return error_invalid_value;
  ++counters.fills;
  enqueue(stream, {.work =
                       [this, memory, value, bytes] {
                         if (enter(Call::execute) == 0) std::memset(memory, value, bytes);
                       },
                   .milliseconds = copy_time(bytes)});
  return 0;
}

int Device::launch(const char* name, std::function<void()> work, CUstream_st& stream) {
  if (const int code = enter(Call::launch); code != 0) return code;
  ++counters.launches;
  enqueue(stream, {.work =
                       [this, name, run = std::move(work)] {
                         if (enter_kernel(name) == 0) run();
                       },
                   .milliseconds = fixed_milliseconds});
  return 0;
}

std::size_t Device::allowed_shared(const void* function) const {
  const auto found = shared_.find(function);
  return found == shared_.end() ? default_shared_bytes : found->second;
}

void Device::reset() {
  faults_.clear();
  failing_kernels_.clear();
  drain_all();
  counters = {};
  kernels_run.clear();
  memory_bytes = default_memory_bytes;
  present = true;
  sticky_ = 0;
  schedule_ = Schedule::lazy;
}

void Device::set_schedule(Schedule schedule, std::uint64_t seed) {
  schedule_ = schedule;
  random_.seed(seed);
}

std::uint64_t Device::next_order() { return schedule_ == Schedule::random ? random_() : 0; }

void Device::enqueue(CUstream_st& stream, Operation operation) {
  stream.queue.push_back(std::move(operation));
  if (schedule_ == Schedule::eager) drain(stream);
  if (schedule_ == Schedule::random) run_some();
}

/// Does the stream's next operation, or a step of what it waits for.
void Device::step(CUstream_st& stream) {
  if (stream.queue.empty()) return;
  if (const auto awaited = stream.queue.front().awaited; awaited && !awaited->reached) {
    step(*awaited->stream);
    return;
  }
  const Operation operation = std::move(stream.queue.front());
  stream.queue.pop_front();
  clock_ += operation.milliseconds;
  if (!operation.work) return;
  set_accessible(true);
  operation.work();
  set_accessible(false);
}

void Device::drain(CUstream_st& stream) {
  while (!stream.queue.empty()) step(stream);
}

void Device::drain_until(const Mark& mark) {
  while (!mark.reached) step(*mark.stream);
}

void Device::drain_all() {
  drain(default_stream_);
  for (const auto& stream : streams_) drain(*stream);
}

void Device::run_some() {
  while (random_() % 2 == 0) step(*streams_[random_() % streams_.size()]);
}

/// Device memory is there for device work only; host code that follows a device pointer is
/// reported. Seen under AddressSanitizer.
void Device::set_accessible([[maybe_unused]] bool accessible) const {
#if defined(__SANITIZE_ADDRESS__)
  for (const auto& [begin, bytes] : device_memory_) {
    const auto* memory = reinterpret_cast<const void*>(begin);
    if (accessible) {
      ASAN_UNPOISON_MEMORY_REGION(memory, bytes);
    } else {
      ASAN_POISON_MEMORY_REGION(memory, bytes);
    }
  }
#endif
}

}  // namespace sluice::cuda::emulated
