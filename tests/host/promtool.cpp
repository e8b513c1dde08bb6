#include "tests/host/promtool.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include <gtest/gtest.h>

namespace sluice {

bool promtool_is_installed() { return std::system("command -v promtool >/dev/null") == 0; }

std::string promtool_complaints(const std::string& page) {
  const std::string path = testing::TempDir() + "promtool_" +
                           testing::UnitTest::GetInstance()->current_test_info()->name();
  std::ofstream(path) << page;
  const std::string command = "promtool check metrics <" + path + " 2>&1";
  std::FILE* const output = ::popen(command.c_str(), "r");
  std::string complaints;
  std::array<char, 256> part{};
  while (std::fgets(part.data(), part.size(), output) != nullptr) complaints += part.data();
  if (::pclose(output) != 0 && complaints.empty()) complaints = "promtool failed";
  std::remove(path.c_str());
  return complaints;
}

}  // namespace sluice
