#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/rows_match.hpp"
#include "tests/system/support/process.hpp"

namespace sluice::system_test {

/// The program under test ($SLUICE_PROGRAM) with these arguments, as a command for Process.
std::vector<std::string> sluice(const std::vector<std::string>& arguments);

/// A run from start to end.
struct RunResult {
  int code = -1;  ///< -1: it did not end in time, or a signal ended it
  std::string output;
  std::string errors;
  std::int64_t peak_rss_kib = 0;
};
RunResult run_sluice(const std::vector<std::string>& arguments, const ProcessOptions& options = {});

/// The counters that --stats wrote; fails the test when the file is not one.
using Stats = std::map<std::string, std::uint64_t>;
Stats stats_in(const std::string& path);

/// read = accepted + late + malformed + future + keys_full + state_full + filtered + tombstones +
/// in_no_window + parked.
bool balances(const Stats& stats);

/// Fails the test where a counter is not what the oracle's books say.
void expect_books(const oracle::Books& expected, const Stats& stats);

/// Result rows that the program wrote, one JSON object a line; fails the test when a line is none.
std::vector<oracle::ActualRow> rows_in(const oracle::Job& job, std::string_view lines);

/// The fields of a logfmt line; empty when it is none.
std::map<std::string, std::string> logfmt_fields(std::string_view line);

std::vector<std::string> lines_of(std::string_view text);

/// Waits for the program to log where it listens. @return http://127.0.0.1:PORT, or empty
std::string address_of(Process& program);

}  // namespace sluice::system_test
