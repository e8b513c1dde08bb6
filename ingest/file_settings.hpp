#pragma once

#include <string>
#include <vector>

namespace sluice {

/// The `source` section of a job of type file.
struct FileSettings {
  std::vector<std::string> paths;  ///< files, folders (their files by name), or "-" alone
};

}  // namespace sluice
