#include "ingest/input_files.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "ingest/source.hpp"

namespace sluice {
namespace {

namespace fs = std::filesystem;

constexpr const char* standard_input = "-";

[[noreturn]] void fail(const std::string& path, const std::error_code& reason) {
  throw SourceError(path + ": " + reason.message());
}

[[noreturn]] void fail_with_errno(const std::string& path) {
  fail(path, std::error_code(errno, std::generic_category()));
}

std::vector<std::string> files_of(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    const bool hidden = entry->path().filename().string().starts_with('.');
    if (!hidden && entry->is_regular_file(error)) {
      files.push_back(entry->path().string());
    }
  }
  if (error) {
    fail(folder, error);
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<std::string> expand(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code error;
    if (path == standard_input) {
      files.push_back(path);
    } else if (fs::is_directory(path, error)) {
      const std::vector<std::string> inside = files_of(path);
      files.insert(files.end(), inside.begin(), inside.end());
    } else if (fs::exists(path, error)) {
      files.push_back(path);
    } else {
      fail(path, error ? error : std::make_error_code(std::errc::no_such_file_or_directory));
    }
  }
  return files;
}

}  // namespace

InputFiles::InputFiles(const std::vector<std::string>& paths) : paths_(expand(paths)) {
  if (paths_.empty()) {
    throw SourceError((paths.empty() ? "source" : paths.front()) + ": no files in it");
  }
}

InputFiles::~InputFiles() { close_current(); }

InputFiles::Outcome InputFiles::read(char* into, std::size_t size,
                                     std::chrono::milliseconds timeout) {
  if (!open_) {
    open_current();
  }
  pollfd ready{.fd = descriptor_, .events = POLLIN, .revents = 0};
  const int polled =
      ::poll(&ready, 1, static_cast<int>(std::max<std::int64_t>(timeout.count(), 0)));
  if (polled == 0 || (polled < 0 && errno == EINTR)) {
    return {Event::quiet};
  }
  const ssize_t bytes = polled < 0 ? -1 : ::read(descriptor_, into, size);
  if (bytes < 0 && (errno == EINTR || errno == EAGAIN)) {
    return {Event::quiet};
  }
  if (bytes < 0) {
    fail_with_errno(current());
  }
  if (bytes > 0) {
    return {Event::bytes, static_cast<std::size_t>(bytes)};
  }
  close_current();
  ended_ = current_ + 1 == paths_.size();
  current_ += ended_ ? 0 : 1;
  return {Event::end_of_file};
}

void InputFiles::open_current() {
  const std::string& path = current();
  descriptor_ = path == standard_input ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor_ < 0) {
    fail_with_errno(path);
  }
  open_ = true;
  // Advice only: a pipe refuses it.
  (void)::posix_fadvise(descriptor_, 0, 0, POSIX_FADV_SEQUENTIAL);
}

void InputFiles::close_current() noexcept {
  if (open_ && descriptor_ != STDIN_FILENO) {
    ::close(descriptor_);
  }
  open_ = false;
}

}  // namespace sluice
