#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "host/config/load_job.hpp"

namespace sluice {

// The parts of a small job that is right, one a line.
inline const std::string source =
    "source: {type: kafka, brokers: b, topics: [t], start: earliest}\n";
inline const std::string format =
    "format: {type: json, event_time: {field: t}, values: {amount: int64, ms: double}}\n";
inline const std::string windows = "windows: [{name: w, type: tumbling, size: 10s}]\n";
inline const std::string aggregates = "aggregates: [{as: n, fn: count}]\n";
inline const std::string job_file = source + format + windows + aggregates;

/// What is wrong with a job file; empty when it is right.
inline std::string faults_of(const std::string& yaml) {
  try {
    parse_job(yaml, "job.yaml");
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

struct Fault {
  std::string yaml;
  std::string message;
};

inline void expect_faults(const std::vector<Fault>& cases) {
  for (const Fault& fault : cases) EXPECT_EQ(faults_of(fault.yaml), fault.message) << fault.yaml;
}

}  // namespace sluice
