#pragma once

#include <cstddef>
#include <cstdint>

#include "host/command/workloads/workload.hpp"

namespace sluice {

/// A workload's rows in memory, to be replayed with times that move on. On huge pages where the
/// system has them. Move-only owner.
class RowMemory {
 public:
  /// Rows that fill about `bytes`, a multiple of `together`.
  /// @throws std::bad_alloc
  RowMemory(const Workload& workload, std::size_t bytes, std::size_t together, std::uint64_t seed);
  RowMemory(const RowMemory&) = delete;
  RowMemory& operator=(const RowMemory&) = delete;
  ~RowMemory();

  const std::byte* row(std::size_t number) const noexcept { return data_ + number * row_bytes_; }
  std::size_t rows() const noexcept { return rows_; }
  /// How much later every replay is, ms.
  Milliseconds span() const noexcept { return span_; }

 private:
  std::size_t row_bytes_;
  std::size_t rows_;
  std::byte* data_;
  Milliseconds span_;
};

}  // namespace sluice
