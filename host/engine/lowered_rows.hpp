#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "host/config/job.hpp"
#include "host/engine/lowering.hpp"
#include "host/engine/window_result.hpp"
#include "kernels/backend.hpp"
#include "kernels/window_rows.hpp"

namespace sluice {

/// The published values of everything that one closing program emitted, as columns over all of its
/// outputs. Kept between programs to use its memory again.
class LoweredRows {
 public:
  explicit LoweredRows(const Job& job);

  /// Lowers all rows, on the backend's threads where there are many.
  void lower(const EmittedRows& rows, Backend& backend);

  /// Points a result at the rows of one output. Valid until the next show() or lower().
  void show(std::size_t output, WindowResult& result);
  /// Sums of the output that left the int64 range.
  std::uint64_t overflows_of(std::size_t output) const;

 private:
  struct Column {
    std::unique_ptr<std::uint64_t[]> bits;
    std::unique_ptr<ResultMark[]> marks;
  };
  void reserve(std::size_t rows);
  void lower_output(const EmittedRows& rows, std::size_t output);

  Lowering lowering_;
  std::size_t capacity_ = 0;  ///< rows
  std::unique_ptr<KeySlot[]> slots_;
  std::vector<Column> columns_;       ///< [aggregates]
  std::vector<std::size_t> first_;    ///< [outputs + 1] where an output's rows begin
  std::vector<std::uint8_t> marked_;  ///< [outputs x aggregates]
  std::vector<std::size_t> parts_;    ///< ends of runs of outputs that are lowered together
  std::vector<ResultColumn> shown_;   ///< [aggregates]
};

}  // namespace sluice
