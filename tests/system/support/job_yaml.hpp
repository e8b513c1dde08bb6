#pragma once

#include <string>

#include "tests/support/job.hpp"

namespace sluice::system_test {

/// The parts of a job file that the oracle's job does not say. Each is a whole section of YAML.
struct JobSections {
  std::string source;
  std::string format;
  std::string sinks = "sinks: [{type: stdout}]\n";
  std::string engine = {};
  std::string http = "http: {listen: off}\n";
  std::string where = {};
};

/// A `source` section. @param topics a name or a YAML list  @param more further options
std::string kafka_source(const std::string& brokers, const std::string& topics,
                         const std::string& more);
std::string file_source(const std::string& path);

/// A `where` section with any text in it.
std::string where(const std::string& condition);

/// A job file called `test`: the sections, and the oracle's windows, aggregates and watermark.
std::string job_yaml(const oracle::Job& job, const JobSections& sections);

}  // namespace sluice::system_test
