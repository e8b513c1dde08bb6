#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "host/config/job.hpp"

namespace sluice {

/// A wrong configuration. what() is "file:line: key: what is wrong; a suggestion", one line per
/// fault, all faults of the file at once.
class ConfigError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Reads and checks a whole job. Unknown keys, wrong units and impossible combinations fail; what
/// the contract names and is not built yet fails as "not supported yet".
/// @throws ConfigError
Job load_job(const std::string& path);
/// The same from text; `name` stands for the file in messages.
Job parse_job(std::string_view yaml, const std::string& name);

/// Every option with its default, as YAML with comments (`sluice config --defaults`).
std::string default_configuration();

}  // namespace sluice
