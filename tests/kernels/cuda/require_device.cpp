#include <cstdlib>
#include <string>

#include <gtest/gtest.h>

#include "kernels/cuda/cuda_backend.hpp"

// Linked into every program that needs a CUDA device: without one each of its tests is skipped, or
// fails where SLUICE_REQUIRE_CUDA=1 says that there has to be one.
namespace sluice::cuda {
namespace {

class RequireDevice : public testing::EmptyTestEventListener {
 public:
  void OnTestStart(const testing::TestInfo& /*test*/) override {
    if (reason_.empty()) return;
    const char* const required = std::getenv("SLUICE_REQUIRE_CUDA");
    if (required != nullptr && std::string(required) == "1") FAIL() << reason_;
    GTEST_SKIP() << reason_;
  }

 private:
  std::string reason_ = unavailable();
};

const bool appended = [] {
  testing::UnitTest::GetInstance()->listeners().Append(new RequireDevice);
  return true;
}();

}  // namespace
}  // namespace sluice::cuda
