#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "kernels/cuda/emulated/control.hpp"
#include "kernels/cuda/runtime.hpp"

namespace sluice::cuda::emulated {

/// What one recording of an event stands for: a point in a stream.
struct Mark {
  CUstream_st* stream = nullptr;
  bool reached = false;
  double at = 0;  ///< device clock
};

/// One element of a stream: work that takes `milliseconds`, or a wait for a mark.
struct Operation {
  std::function<void()> work = {};
  double milliseconds = 0;
  std::shared_ptr<Mark> awaited = {};
};

}  // namespace sluice::cuda::emulated

/// The runtime's opaque handles.
struct CUstream_st {
  std::deque<sluice::cuda::emulated::Operation> queue;
};
struct CUevent_st {
  bool timed = false;
  std::shared_ptr<sluice::cuda::emulated::Mark> mark;  ///< of the last recording, if any
};

namespace sluice::cuda::emulated {

enum class Direction : std::uint8_t { to_device, to_host, on_device };

/// The emulated device and its driver: memory, streams and faults. Methods return CUDA's error
/// numbers, as the runtime does. The caller holds `mutex`. Its clock is moved by the work done, so
/// that times are the same in every run.
class Device {
 public:
  static Device& instance();

  std::mutex mutex;
  Counters counters;

  /// The stream of a handle: of nullptr the default stream, whose use is counted. Everything that
  /// was put on any stream before comes first there, as with CUDA's legacy default stream.
  CUstream_st& stream_of(CUstream_st* handle);

  int create_stream(CUstream_st*& stream);
  int destroy_stream(CUstream_st* stream);
  int synchronize(CUstream_st& stream);
  int wait(CUstream_st& stream, const CUevent_st& event);

  int record(CUevent_st& event, CUstream_st& stream);
  int query(const CUevent_st& event);
  int synchronize(const CUevent_st& event);
  int elapsed(const CUevent_st& from, const CUevent_st& to, float& milliseconds);

  int allocate(std::size_t bytes, void*& memory);
  int free(void* memory);
  int allocate_pinned(std::size_t bytes, void*& memory);
  int free_pinned(void* memory);

  int copy(void* to, const void* from, std::size_t bytes, Direction direction, CUstream_st& stream);
  int fill(void* memory, std::uint8_t value, std::size_t bytes, CUstream_st& stream);
  /// @param name static storage
  int launch(const char* name, std::function<void()> work, CUstream_st& stream);

  void allow_shared(const void* function, std::size_t bytes) { shared_[function] = bytes; }
  [[nodiscard]] std::size_t allowed_shared(const void* function) const;

  void reset();
  void set_schedule(Schedule schedule, std::uint64_t seed);
  /// A seed for the order of a grid's blocks and warps; 0 for the natural one.
  [[nodiscard]] std::uint64_t next_order();
  void fail(Call call, int code, std::uint64_t skip) { faults_.push_back({call, code, skip}); }

  void fail_kernel(const std::string& name, int code) { failing_kernels_[name] = code; }

  [[nodiscard]] std::size_t bytes_in_use() const { return bytes_in_use_; }
  std::size_t memory_bytes = default_memory_bytes;
  bool present = true;
  std::vector<const char*> kernels_run;

 private:
  struct Fault {
    Call call;
    int code;
    std::uint64_t skip;
  };

  /// 0, or the error that this call has to return: sticky or planted.
  int enter(Call call);
  int enter_kernel(const char* name);
  int state() const { return present ? sticky_ : error_no_device; }
  void enqueue(CUstream_st& stream, Operation operation);
  void step(CUstream_st& stream);
  void drain(CUstream_st& stream);
  void drain_until(const Mark& mark);
  void drain_all();
  void run_some();
  void set_accessible(bool accessible) const;
  [[nodiscard]] bool holds(const std::map<std::uintptr_t, std::size_t>& allocations,
                           const void* memory, std::size_t bytes) const;

  std::vector<std::unique_ptr<CUstream_st>> streams_;
  CUstream_st default_stream_;
  std::map<std::uintptr_t, std::size_t> device_memory_;  ///< begin -> bytes
  std::map<std::uintptr_t, std::size_t> pinned_memory_;
  std::map<const void*, std::size_t> shared_;
  std::size_t bytes_in_use_ = 0;
  std::vector<Fault> faults_;
  std::map<std::string, int> failing_kernels_;
  int sticky_ = 0;
  double clock_ = 0;
  Schedule schedule_ = Schedule::lazy;
  std::mt19937_64 random_;
};

}  // namespace sluice::cuda::emulated
