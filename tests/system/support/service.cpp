#include "tests/system/support/service.hpp"

#include <chrono>
#include <cstdlib>

#include <unistd.h>

#include "tests/system/support/process.hpp"
#include "tests/system/support/sluice_program.hpp"

namespace sluice::system_test {
namespace {

constexpr int exit_skipped = 77;
constexpr std::chrono::seconds download_patience{600};

std::string script_path(const std::string& name) {
  const char* const source = std::getenv("SLUICE_SOURCE_DIR");
  return std::string(source == nullptr ? "." : source) + "/tests/system/" + name;
}

}  // namespace

Service::Service(const std::string& script, const std::string& folder,
                 const std::vector<std::string>& arguments)
    : script_(script_path(script)), folder_(folder) {
  std::vector<std::string> command{script_, "start", folder_};
  command.insert(command.end(), arguments.begin(), arguments.end());
  command.push_back(std::to_string(::getpid()));
  Process start(command);
  const auto ending = start.wait(download_patience);
  const std::string output = start.output();
  if (ending && ending->code == 0) {
    state_ = State::running;
  } else if (ending && ending->code == exit_skipped) {
    state_ = State::skipped;
  }
  reason_ = output + start.errors();
  for (const std::string& line : lines_of(output)) {
    const std::size_t equals = line.find('=');
    if (equals != std::string::npos) values_[line.substr(0, equals)] = line.substr(equals + 1);
  }
}

Service::~Service() {
  if (running()) Process({script_, "stop", folder_}).wait();
}

std::string Service::value(const std::string& name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? "" : found->second;
}

}  // namespace sluice::system_test
