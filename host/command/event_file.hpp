#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "ingest/generate/generator_settings.hpp"

namespace sluice {

/// A temporary file of generated events, a JSON document a line; removed at the end.
class EventFile {
 public:
  /// @param settings `events` and `start` are set.
  /// @throws std::runtime_error when it cannot be written.
  explicit EventFile(const GeneratorSettings& settings);
  ~EventFile();
  EventFile(const EventFile&) = delete;
  EventFile& operator=(const EventFile&) = delete;

  std::string path() const { return path_.string(); }
  std::uint64_t bytes() const noexcept { return bytes_; }

 private:
  std::filesystem::path path_;
  std::uint64_t bytes_ = 0;
};

}  // namespace sluice
