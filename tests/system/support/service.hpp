#pragma once

#include <map>
#include <string>
#include <vector>

namespace sluice::system_test {

/// A real server for a test, run by one of the scripts beside this folder (kafka_broker.sh,
/// prometheus.sh); it ends with this object, and with this process at the latest.
class Service {
 public:
  /// Starts it; says afterwards whether it runs, is missing here (`skipped`) or failed.
  /// @param script name of the script  @param folder the server's own
  /// @param arguments between the folder and our process id
  Service(const std::string& script, const std::string& folder,
          const std::vector<std::string>& arguments = {});
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  bool running() const noexcept { return state_ == State::running; }
  bool skipped() const noexcept { return state_ == State::skipped; }
  /// Why it does not run.
  const std::string& reason() const noexcept { return reason_; }
  /// A line "name=value" of what the script printed; empty when there is none.
  std::string value(const std::string& name) const;

 private:
  enum class State { running, skipped, failed };

  std::string script_;
  std::string folder_;
  State state_ = State::failed;
  std::string reason_;
  std::map<std::string, std::string> values_;
};

}  // namespace sluice::system_test
