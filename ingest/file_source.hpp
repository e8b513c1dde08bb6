#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "ingest/decode/format.hpp"
#include "ingest/file_framing.hpp"
#include "ingest/file_settings.hpp"
#include "ingest/input_files.hpp"
#include "ingest/source.hpp"

namespace sluice {

/// Files, folders or standard input as one bounded partition, in the order of the paths. Lanes take
/// turns reading; a block is cut where events end, into messages of about 256 KiB (with JSON in
/// `message` framing: one line a message). An event longer than a block comes truncated.
class FileSource final : public Source {
 public:
  /// Opens the first file; of CSV with a header, reads it.
  /// @param lanes 0: one a core
  /// @throws SourceError naming the path and the reason
  FileSource(const FileSettings& settings, const Format& format, unsigned lanes);

  /// CSV with a header: the names in it, for Format::csv.columns; otherwise empty.
  const std::vector<std::string>& columns() const noexcept { return columns_; }

  const std::vector<PartitionName>& partitions() const noexcept override { return partitions_; }
  unsigned lanes() const noexcept override { return lanes_; }
  std::optional<unsigned> lane_of(PartitionIndex) const noexcept override { return std::nullopt; }
  FillResult fill(unsigned lane, SourceBlock& block, const BlockLimits& limits,
                  std::atomic<std::uint64_t>& sequence) override;
  void pause(std::span<const PartitionIndex> partitions) override;
  void resume(std::span<const PartitionIndex> partitions) override;
  void commit(std::span<const PartitionOffset>) override {}
  SourceStatistics statistics() const override;

 private:
  using Clock = std::chrono::steady_clock;

  void read_header();
  bool read(char* into, std::size_t size, std::chrono::milliseconds timeout, std::size_t& got);
  void read_up_to(SourceBlock& block, std::size_t target, const BlockLimits& limits,
                  Clock::time_point& deadline);
  std::size_t read_and_cut(SourceBlock& block, const BlockLimits& limits);

  const std::vector<PartitionName> partitions_;
  const unsigned lanes_;
  std::vector<std::string> columns_;

  std::mutex turn_;  ///< guards everything below
  std::condition_variable resumed_;
  bool paused_ = false;
  InputFiles files_;
  FileFraming framing_;
  std::string carried_;          ///< read, not delivered yet; starts at framing_.offset()
  std::int64_t read_bytes_ = 0;  ///< over all files
  bool all_read_ = false;
  bool finished_ = false;
};

/// @see FileSource
std::unique_ptr<FileSource> make_file_source(const FileSettings& settings, const Format& format,
                                             unsigned lanes = 0);

}  // namespace sluice
