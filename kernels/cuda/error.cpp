#include "kernels/cuda/error.hpp"

#include <atomic>
#include <cstdio>

#include "kernels/cuda/error_text.hpp"

namespace sluice::cuda {

namespace {

constexpr int success = 0;
constexpr int out_of_memory = 2;      // cudaErrorMemoryAllocation
constexpr int runtime_unloading = 4;  // cudaErrorCudartUnloading

constexpr std::string_view trail_begin = "last kernels launched:";

std::string message(int code, std::string_view what, const LaunchTrail& trail,
                    const std::source_location& where) {
  std::string text(what);
  if (!text.empty()) text += ": ";
  text += error_text(code);
  const std::string kernels = trail.to_string();
  if (!kernels.empty()) text += ", " + kernels;
  text += " (" + std::string(where.file_name()) + ":" + std::to_string(where.line()) + ")";
  return text;
}

}  // namespace

void LaunchTrail::add(const char* kernel) noexcept {
  kernels_[next_] = kernel;
  next_ = (next_ + 1) % capacity;
}

std::string LaunchTrail::to_string() const {
  std::string text;
  for (std::size_t age = 1; age <= capacity; ++age) {
    const char* kernel = kernels_[(next_ + capacity - age) % capacity];
    if (kernel == nullptr) break;
    const bool named = text.find(std::string(" ") + kernel + ",") != std::string::npos;
    if (!named) text += std::string(" ") + kernel + ",";
  }
  if (text.empty()) return text;
  text.pop_back();
  return std::string(trail_begin) + text;
}

void check(int code, std::string_view what, const LaunchTrail& trail, std::source_location where) {
  if (code == success) return;
  clear_last_error();
  const std::string text = message(code, what, trail, where);
  if (code == out_of_memory) throw OutOfMemory(code, text);
  throw CudaError(code, text);
}

void check(int code, std::string_view what, std::source_location where) {
  if (code != success) check(code, what, LaunchTrail(), where);
}

void rethrow(const CudaError& error, const LaunchTrail& trail) {
  const std::string text = error.what();
  const std::string kernels = trail.to_string();
  if (error.code() == out_of_memory) throw OutOfMemory(error.code(), text);
  if (kernels.empty() || text.find(trail_begin) != std::string::npos) {
    throw CudaError(error.code(), text);
  }
  throw CudaError(error.code(), text + ", " + kernels);
}

void report(int code, const char* what) noexcept {
  static std::atomic<bool> reported = false;
  if (code == success || code == runtime_unloading || reported.exchange(true)) return;
  std::fprintf(stderr, "%s: CUDA error %d\n", what, code);
}

}  // namespace sluice::cuda
