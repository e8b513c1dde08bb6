#include "kernels/cuda/cuda_backend.hpp"
#include "tests/kernels/backend_contract.hpp"

namespace sluice::contract {

std::vector<BackendFactory> backend_factories() { return {{"Cuda", cuda::make_backend}}; }

}  // namespace sluice::contract
