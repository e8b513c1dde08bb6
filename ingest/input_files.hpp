#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace sluice {

/// Several files (or standard input) read one after the other. Single-threaded.
class InputFiles {
 public:
  enum class Event : std::uint8_t {
    bytes,        ///< some bytes were read
    end_of_file,  ///< the current file is read to its end; the next read opens the next one
    quiet,        ///< nothing came within the timeout (pipes)
  };
  struct Outcome {
    Event event = Event::quiet;
    std::size_t bytes = 0;
  };

  /// @param paths files, folders (their files by name, hidden ones and sub-folders left out), or
  /// "-"
  /// @throws SourceError when one does not exist or cannot be listed
  explicit InputFiles(const std::vector<std::string>& paths);
  ~InputFiles();
  InputFiles(const InputFiles&) = delete;
  InputFiles& operator=(const InputFiles&) = delete;

  /// Reads up to `size` > 0 bytes of the current file. Not to be called once ended().
  /// @throws SourceError naming the path and the system's reason
  Outcome read(char* into, std::size_t size, std::chrono::milliseconds timeout);

  /// The file that the next read reads.
  const std::string& current() const noexcept { return paths_[current_]; }
  /// Whether every file was read to its end.
  bool ended() const noexcept { return ended_; }

 private:
  void open_current();
  void close_current() noexcept;

  std::vector<std::string> paths_;
  std::size_t current_ = 0;
  bool open_ = false;
  bool ended_ = false;
  int descriptor_ = -1;
};

}  // namespace sluice
