#include "kernels/backend.hpp"
#include "kernels/cpu/cpu_backend.hpp"

#if defined(SLUICE_HAVE_CUDA)
#include "kernels/cuda/cuda_backend.hpp"
#endif

namespace sluice {

std::string cuda_unavailable() {
#if defined(SLUICE_HAVE_CUDA)
  return cuda::unavailable();
#else
  return "this build has no CUDA backend (SLUICE_CUDA was off)";
#endif
}

std::unique_ptr<Backend> make_backend(BackendKind kind, const BackendShape& shape) {
  if (kind == BackendKind::cpu) return std::make_unique<cpu::CpuBackend>(shape);
  if (const std::string reason = cuda_unavailable(); !reason.empty()) {
    throw std::runtime_error("the CUDA backend cannot be used: " + reason);
  }
#if defined(SLUICE_HAVE_CUDA)
  return std::make_unique<cuda::CudaBackend>(shape);
#else
  return nullptr;
#endif
}

}  // namespace sluice
