#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "host/config/job.hpp"
#include "kernels/backend.hpp"

namespace sluice {

/// The backend a job gets here: its own choice, or CUDA where it can be used.
BackendKind choose_backend(const Job& job);

/// What the job's backend is built for; without what it needs to decode.
BackendShape shape_of(const Job& job);

/// Whether a backend gets blocks as they were read.
struct Decoding {
  std::optional<RawShape> raw;  ///< for BackendShape::raw; nullopt: the host decodes
  std::string why;              ///< that is so
};

/// @param job with the names of its CSV columns known, where it uses any
Decoding decoding_of(const Job& job, BackendKind kind, std::size_t partitions);

}  // namespace sluice
