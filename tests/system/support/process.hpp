#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <sys/types.h>

namespace sluice::system_test {

/// Longer than anything takes on a busy machine: what hits it hangs.
inline constexpr std::chrono::seconds patience{60};

/// How a process ended.
struct Ending {
  int code = -1;                  ///< exit code; -1 when a signal ended it
  int signal = 0;                 ///< the signal that ended it, or 0
  std::int64_t peak_rss_kib = 0;  ///< largest resident memory
};

struct ProcessOptions {
  std::string input = "/dev/null";            ///< file that is standard input
  bool feed = false;                          ///< standard input is a pipe, fed by write()
  int output = -1;                            ///< takes standard output, which is then not captured
  std::string folder = ".";                   ///< working folder
  std::vector<std::string> environment = {};  ///< NAME=value, added to ours
};

/// A running program whose standard output and error are collected. Ended with SIGKILL when this
/// goes out of scope. Thread-safe but for write() and end_input().
class Process {
 public:
  using Condition = std::function<bool(std::string_view)>;

  /// @param command program (searched in PATH) and arguments
  /// @throws std::system_error when it cannot be started
  explicit Process(const std::vector<std::string>& command, const ProcessOptions& options = {});
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  /// Writes to its standard input, waiting while the pipe is full.
  /// @return false when nobody reads it any more
  bool write(std::string_view text);
  void end_input();

  /// Sends a signal, unless it has ended.
  void send(int signal);

  /// Waits until it has ended and everything it wrote is here. nullopt: not in time.
  std::optional<Ending> wait(std::chrono::seconds limit = patience);

  std::string output() const;
  std::string errors() const;
  /// Waits until the text so far fulfils a condition; false when it never does, be it that the
  /// program ends or that the time is up.
  bool wait_for_output(const Condition& condition, std::chrono::seconds limit = patience);
  bool wait_for_errors(const Condition& condition, std::chrono::seconds limit = patience);

  pid_t id() const noexcept { return id_; }

 private:
  void read_all(int descriptor, std::string Process::*text);
  void reap();
  bool wait_for(std::string Process::*text, const Condition& condition, std::chrono::seconds limit);

  pid_t id_ = -1;
  int input_ = -1;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string output_;
  std::string errors_;
  int open_streams_ = 0;
  bool reaped_ = false;
  Ending ending_;
  std::vector<std::jthread> threads_;
};

}  // namespace sluice::system_test
