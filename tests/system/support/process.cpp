#include "tests/system/support/process.hpp"

#include <cerrno>
#include <csignal>
#include <system_error>

#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sluice::system_test {
namespace {

struct Pipe {
  int read = -1;
  int write = -1;
};

Pipe make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    throw std::system_error(errno, std::generic_category(), "pipe2");
  }
  return {ends[0], ends[1]};
}

void close_if_open(int& descriptor) {
  if (descriptor >= 0) ::close(descriptor);
  descriptor = -1;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> environment_with(const std::vector<std::string>& added) {
  std::vector<std::string> all = added;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    const std::string_view name = text.substr(0, text.find('=') + 1);
    bool replaced = false;
    for (const std::string& other : added) replaced = replaced || other.starts_with(name);
    if (!replaced) all.emplace_back(text);
  }
  return all;
}

/// Default signals, nothing blocked, and the three standard streams.
class SpawnSettings {
 public:
  SpawnSettings() {
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawnattr_init(&attributes);
    sigset_t signals;
    sigemptyset(&signals);
    ::posix_spawnattr_setsigmask(&attributes, &signals);
    sigaddset(&signals, SIGPIPE);
    ::posix_spawnattr_setsigdefault(&attributes, &signals);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnSettings() {
    ::posix_spawn_file_actions_destroy(&files);
    ::posix_spawnattr_destroy(&attributes);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
};

}  // namespace

Process::Process(const std::vector<std::string>& command, const ProcessOptions& options) {
  Pipe input;
  Pipe output;
  if (options.feed) input = make_pipe();
  if (options.output < 0) output = make_pipe();
  Pipe errors = make_pipe();
  SpawnSettings settings;
  ::posix_spawn_file_actions_addchdir_np(&settings.files, options.folder.c_str());
  if (options.feed) {
    ::posix_spawn_file_actions_adddup2(&settings.files, input.read, STDIN_FILENO);
  } else {
    ::posix_spawn_file_actions_addopen(&settings.files, STDIN_FILENO, options.input.c_str(),
                                       O_RDONLY, 0);
  }
  ::posix_spawn_file_actions_adddup2(
      &settings.files, options.output < 0 ? output.write : options.output, STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&settings.files, errors.write, STDERR_FILENO);

  std::vector<std::string> arguments = command;
  std::vector<std::string> environment = environment_with(options.environment);
  const int error =
      ::posix_spawnp(&id_, arguments.front().data(), &settings.files, &settings.attributes,
                     pointers_to(arguments).data(), pointers_to(environment).data());
  close_if_open(input.read);
  close_if_open(output.write);
  close_if_open(errors.write);
  if (error != 0) {
    close_if_open(input.write);
    close_if_open(output.read);
    close_if_open(errors.read);
    throw std::system_error(error, std::generic_category(), command.front());
  }
  input_ = input.write;
  open_streams_ = output.read < 0 ? 1 : 2;
  if (output.read >= 0) {
    threads_.emplace_back([this, output] { read_all(output.read, &Process::output_); });
  }
  threads_.emplace_back([this, errors] { read_all(errors.read, &Process::errors_); });
  threads_.emplace_back([this] { reap(); });
}

Process::~Process() {
  end_input();
  send(SIGKILL);
}

void Process::read_all(int descriptor, std::string Process::*text) {
  char buffer[65'536];
  for (;;) {
    const ssize_t count = ::read(descriptor, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    const std::lock_guard lock(mutex_);
    if (count > 0) (this->*text).append(buffer, static_cast<std::size_t>(count));
    if (count <= 0) --open_streams_;
    changed_.notify_all();
    if (count <= 0) break;
  }
  ::close(descriptor);
}

void Process::reap() {
  siginfo_t information{};
  while (::waitid(P_PID, static_cast<id_t>(id_), &information, WEXITED | WNOWAIT) != 0) {
  }
  // Its number is given to nobody else before this, so that send() never meets a stranger.
  const std::lock_guard lock(mutex_);
  int status = 0;
  rusage usage{};
  ::wait4(id_, &status, 0, &usage);
  ending_.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  ending_.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  ending_.peak_rss_kib = usage.ru_maxrss;
  reaped_ = true;
  changed_.notify_all();
}

bool Process::write(std::string_view text) {
  // A program that ends early must not end the test with it.
  ::signal(SIGPIPE, SIG_IGN);
  while (!text.empty()) {
    const ssize_t count = ::write(input_, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

void Process::end_input() { close_if_open(input_); }

void Process::send(int signal) {
  const std::lock_guard lock(mutex_);
  if (!reaped_) ::kill(id_, signal);
}

std::optional<Ending> Process::wait(std::chrono::seconds limit) {
  std::unique_lock lock(mutex_);
  const bool ended =
      changed_.wait_for(lock, limit, [this] { return reaped_ && open_streams_ == 0; });
  return ended ? std::optional(ending_) : std::nullopt;
}

std::string Process::output() const {
  const std::lock_guard lock(mutex_);
  return output_;
}

std::string Process::errors() const {
  const std::lock_guard lock(mutex_);
  return errors_;
}

bool Process::wait_for(std::string Process::*text, const Condition& condition,
                       std::chrono::seconds limit) {
  std::unique_lock lock(mutex_);
  bool fulfilled = false;
  changed_.wait_for(lock, limit, [&] {
    fulfilled = condition(this->*text);
    return fulfilled || (reaped_ && open_streams_ == 0);
  });
  return fulfilled;
}

bool Process::wait_for_output(const Condition& condition, std::chrono::seconds limit) {
  return wait_for(&Process::output_, condition, limit);
}

bool Process::wait_for_errors(const Condition& condition, std::chrono::seconds limit) {
  return wait_for(&Process::errors_, condition, limit);
}

}  // namespace sluice::system_test
