#include "kernels/cuda/cuda_backend.hpp"
#include "tests/kernels/backend_contract.hpp"

// The contract of accumulate for every path, forced.
namespace sluice::contract {
namespace {

BackendFactory forced(const char* name, AccumulatePath path) {
  return {name, [path](BackendShape shape) {
            shape.path = path;
            return cuda::make_backend(shape);
          }};
}

}  // namespace

std::vector<BackendFactory> backend_factories() {
  return {forced("PrivateTables", AccumulatePath::private_tables),
          forced("SharedTable", AccumulatePath::shared_table),
          forced("Partitioned", AccumulatePath::partitioned)};
}

}  // namespace sluice::contract
