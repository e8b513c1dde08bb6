// The text of a job file: it is a job, or is refused.

#include "host/config/load_job.hpp"
#include "tests/fuzz/fuzz_target.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  try {
    (void)sluice::parse_job(text, "job.yaml");
  } catch (const sluice::ConfigError& error) {
    sluice::fuzz::require(!std::string_view(error.what()).empty(), "a refusal that says nothing");
  }
  return 0;
}
