#include "kernels/cpu/cpu_backend.hpp"
#include "tests/kernels/backend_contract.hpp"

namespace sluice::contract {

std::vector<BackendFactory> backend_factories() {
  std::vector<BackendFactory> factories;
  for (unsigned threads = 1; threads <= 4; ++threads) {
    factories.push_back({"CpuWith" + std::to_string(threads) + "Threads",
                         [threads](BackendShape shape) -> std::unique_ptr<Backend> {
                           shape.threads = threads;
                           return std::make_unique<cpu::CpuBackend>(shape);
                         }});
  }
  return factories;
}

}  // namespace sluice::contract
