#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace sluice::system_test {

/// A new, empty folder that goes with this object.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  /// Path of a file or folder in it; makes nothing.
  std::string path(std::string_view name) const { return (folder_ / name).string(); }
  /// Writes a file, and the folders that it lies in. @return its path
  std::string file(std::string_view name, std::string_view content) const;

 private:
  std::filesystem::path folder_;
};

/// A whole file; empty when there is none.
std::string content_of(const std::string& path);

}  // namespace sluice::system_test
