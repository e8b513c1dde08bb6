#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/backend.hpp"

namespace sluice {

/// What a job holds at its fullest.
struct StateNeeds {
  std::size_t keys = 0;             ///< alive at once
  std::size_t panes = 0;            ///< that hold rows at once
  std::size_t working_columns = 0;  ///< columns of rows beside them
  bool integer_keys = false;        ///< one integer key column: may be found without hashing
};

/// Bytes of device memory that the CUDA backend takes, by part. Pure arithmetic: needs no device.
struct DevicePlan {
  // Under max_state_bytes:
  std::size_t dictionary = 0;
  std::size_t directory = 0;  ///< of chunks
  std::size_t panes = 0;      ///< rows, none of them sealed
  std::size_t working = 0;    ///< rows of the working columns
  // Beside it, allocated at start:
  std::size_t staging = 0;      ///< columns of the batches in flight
  std::size_t batch_lists = 0;  ///< what the passes over a batch note
  std::size_t results = 0;      ///< programs, and emitted rows on their way down

  /// About, where every key has a row in every pane, with sums of at most four bytes.
  std::size_t sealed_panes = 0;

  [[nodiscard]] std::size_t state() const noexcept {
    return dictionary + directory + panes + working;
  }
  [[nodiscard]] std::size_t beside() const noexcept { return staging + batch_lists + results; }
};

DevicePlan plan_device(const BackendShape& shape, const StateNeeds& needs);

}  // namespace sluice
