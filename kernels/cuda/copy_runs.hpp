#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace sluice::cuda {

/// Host memory that one copy takes up, and where it goes in the device memory of a batch.
struct CopyRun {
  const std::byte* host;
  std::size_t bytes;
  std::size_t offset;
};

/// Turns the columns of a batch into few copies: columns that lie side by side in one block of
/// memory travel together, with the bytes between them. Keeps its memory from batch to batch.
class CopyRuns {
 public:
  /// Device memory is aligned to this at the start of every run.
  static constexpr std::size_t alignment = 256;
  /// Kernels read columns in pieces of 16 bytes: a column that lies otherwise in its block has a
  /// run of its own.
  static constexpr std::size_t column_alignment = 16;
  /// Bytes that are copied for nothing rather than by another copy: a call costs the host and the
  /// copy engine about a microsecond, in which a fast link moves 55 kB.
  static constexpr std::size_t largest_gap = std::size_t{32} << 10;

  void clear() noexcept { runs_.clear(); }
  /// A column; nothing for nullptr.
  void add(const void* host, std::size_t bytes);
  /// Merges and places the runs. @param one_block the bytes between columns may be read
  /// @returns the device memory they take
  std::size_t settle(bool one_block);

  [[nodiscard]] std::span<const CopyRun> runs() const noexcept { return runs_; }
  /// Where a column begins in the device memory.
  [[nodiscard]] std::size_t offset_of(const void* host) const noexcept;

  /// The most that settle() returns for `columns` columns of `bytes` in all.
  [[nodiscard]] static constexpr std::size_t most_bytes(std::size_t columns,
                                                        std::size_t bytes) noexcept {
    return bytes + columns * (largest_gap + alignment);
  }

 private:
  std::vector<CopyRun> runs_;
};

}  // namespace sluice::cuda
