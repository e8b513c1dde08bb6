#pragma once

#include <array>
#include <cstddef>
#include <source_location>
#include <stdexcept>
#include <string>
#include <string_view>

namespace sluice::cuda {

/// A CUDA call failed. Fatal for the backend that made the call, since most CUDA errors stay with
/// the process: let it rise to main. The message carries the code's name and text, the call site
/// and, where kernels may be to blame, their names.
class CudaError : public std::runtime_error {
 public:
  CudaError(int code, const std::string& message) : std::runtime_error(message), code_(code) {}

  /// The value of cudaError_t.
  [[nodiscard]] int code() const noexcept { return code_; }

 private:
  int code_;
};

/// An allocation did not fit; nothing changed, and the device is still usable.
class OutOfMemory : public CudaError {
 public:
  using CudaError::CudaError;
};

/// The kernels that were launched last on a stream: those that an error found later may come from.
/// Holds pointers to names with static storage, never copies.
class LaunchTrail {
 public:
  void add(const char* kernel) noexcept;

  /// "last kernels launched: b_kernel, a_kernel", newest first, each name once; empty if there were
  /// none.
  [[nodiscard]] std::string to_string() const;

 private:
  /// More than a batch and the closing after it launch between two waits of the host.
  static constexpr std::size_t capacity = 32;
  std::array<const char*, capacity> kernels_{};
  std::size_t next_ = 0;
};

/// Throws CudaError (OutOfMemory for cudaErrorMemoryAllocation) unless `code` is cudaSuccess, and
/// clears the runtime's last error. `code` is a cudaError_t: CUB's launchers return one too.
/// @param what what was being done, or a kernel's name; part of the message.
void check(int code, std::string_view what = {},
           std::source_location where = std::source_location::current());

/// As check(), naming the kernels that were in flight.
void check(int code, std::string_view what, const LaunchTrail& trail, std::source_location where);

/// Throws `error` again, with the kernels of `trail` where it names none: an allocation finds what
/// kernels did, too, and knows no stream.
[[noreturn]] void rethrow(const CudaError& error, const LaunchTrail& trail);

/// For destructors: writes the first failure of the process to standard error and never throws.
/// Says nothing when the runtime is already being unloaded.
void report(int code, const char* what) noexcept;

}  // namespace sluice::cuda
