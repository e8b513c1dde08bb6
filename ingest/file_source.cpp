#include "ingest/file_source.hpp"

#include <algorithm>
#include <cstring>
#include <thread>

namespace sluice {
namespace {

constexpr std::size_t max_header_bytes = std::size_t{1} << 20;
constexpr std::size_t header_step_bytes = std::size_t{16} << 10;

std::string joined(const std::vector<std::string>& paths) {
  std::string all;
  for (const std::string& path : paths) {
    all += (all.empty() ? "" : ",") + path;
  }
  return all;
}

/// Bytes worth reading for a block of few events, so that little of it is carried to the next.
std::size_t first_read_bytes(std::size_t capacity, std::size_t max_events) {
  constexpr std::size_t least = std::size_t{64} << 10;
  constexpr std::size_t a_long_event = 1024;
  return max_events >= capacity / a_long_event
             ? capacity
             : std::min(capacity, least + max_events * a_long_event);
}

}  // namespace

FileSource::FileSource(const FileSettings& settings, const Format& format, unsigned lanes)
    : partitions_{{joined(settings.paths), 0}},
      lanes_(lanes != 0 ? lanes : std::max(1u, std::thread::hardware_concurrency())),
      files_(settings.paths),
      framing_(format) {
  framing_.begin_file(files_.current());
  if (format.type == FormatType::csv && format.csv.header) {
    read_header();
    columns_ = framing_.columns();
  }
}

void FileSource::read_header() {
  const std::string first = files_.current();
  while (framing_.columns().empty()) {
    if (all_read_ || carried_.size() > max_header_bytes) {
      throw SourceError(first + ": no CSV header line at its start");
    }
    const std::size_t before = carried_.size();
    carried_.resize(before + header_step_bytes);
    std::size_t got = 0;
    read(carried_.data() + before, header_step_bytes, std::chrono::milliseconds(100), got);
    carried_.resize(before + got);
    carried_.erase(0, framing_.pass_header(carried_));
  }
}

FillResult FileSource::fill(unsigned, SourceBlock& block, const BlockLimits& limits,
                            std::atomic<std::uint64_t>& sequence) {
  std::unique_lock lock(turn_);
  if (!resumed_.wait_for(lock, limits.linger, [this] { return !paused_; })) {
    return FillResult::idle;
  }
  if (finished_) {
    return FillResult::finished;
  }
  const std::size_t taken = std::min(carried_.size(), block.capacity());
  std::memcpy(block.memory.data(), carried_.data(), taken);
  block.used = taken;
  const std::size_t delivered = read_and_cut(block, limits);
  carried_.replace(0, taken, block.text() + delivered, block.used - delivered);
  block.used = delivered;

  if (all_read_ && carried_.empty()) {
    finished_ = true;
    block.finished.push_back(0);
  }
  if (block.messages.empty() && block.finished.empty()) {
    return FillResult::idle;
  }
  block.positions.push_back({0, framing_.offset()});
  block.sequence = sequence.fetch_add(1, std::memory_order_relaxed);
  return FillResult::filled;
}

/// Reads until a message is whole, or until nothing more comes in time. @returns the bytes cut.
std::size_t FileSource::read_and_cut(SourceBlock& block, const BlockLimits& limits) {
  const std::size_t capacity = block.capacity();
  std::size_t target = first_read_bytes(capacity, limits.max_events);
  Clock::time_point deadline = Clock::now() + limits.linger;
  while (true) {
    // What was carried and did not fit comes before anything new.
    if (carried_.size() <= capacity) {
      read_up_to(block, target, limits, deadline);
    }
    const std::size_t delivered = framing_.cut(block, limits.max_events);
    if (delivered != 0 || block.used < std::min(target, capacity)) {
      return delivered;
    }
    if (block.used == capacity) {
      framing_.give_up_event(block);
      return block.used;
    }
    target = std::min(capacity, target * 2);
  }
}

void FileSource::read_up_to(SourceBlock& block, std::size_t target, const BlockLimits& limits,
                            Clock::time_point& deadline) {
  while (block.used < target && !all_read_) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    char* const end = reinterpret_cast<char*>(block.memory.data()) + block.used;
    std::size_t got = 0;
    if (!read(end, target - block.used, left, got)) {
      return;
    }
    if (block.used == 0 && got != 0) {
      deadline = Clock::now() + limits.linger;
    }
    block.used += got;
  }
}

/// Reads some bytes, or notes the end of a file. @returns false when nothing came in time.
bool FileSource::read(char* into, std::size_t size, std::chrono::milliseconds timeout,
                      std::size_t& got) {
  const InputFiles::Outcome outcome = files_.read(into, size, timeout);
  got = outcome.bytes;
  read_bytes_ += static_cast<std::int64_t>(got);
  if (outcome.event == InputFiles::Event::end_of_file) {
    framing_.end_file(read_bytes_);
    all_read_ = files_.ended();
    if (!all_read_) {
      framing_.begin_file(files_.current());
    }
  }
  return outcome.event != InputFiles::Event::quiet;
}

void FileSource::pause(std::span<const PartitionIndex> partitions) {
  const std::lock_guard lock(turn_);
  paused_ = paused_ || !partitions.empty();
}

void FileSource::resume(std::span<const PartitionIndex> partitions) {
  const std::lock_guard lock(turn_);
  paused_ = paused_ && partitions.empty();
  resumed_.notify_all();
}

SourceStatistics FileSource::statistics() const { return {.partitions = {PartitionStatistics{}}}; }

std::unique_ptr<FileSource> make_file_source(const FileSettings& settings, const Format& format,
                                             unsigned lanes) {
  return std::make_unique<FileSource>(settings, format, lanes);
}

}  // namespace sluice
