#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "tests/support/oracle.hpp"

namespace sluice::oracle {

/// A row of the engine, in the terms of the comparison: each test converts what it has.
struct ActualRow {
  using Value = std::optional<std::variant<std::int64_t, double>>;

  std::string window = {};
  std::int64_t start = 0;
  std::int64_t end = 0;
  std::string key = {};  ///< key_text
  /// int64 for counts and for results of integers and decimals (scaled), else double
  std::vector<Value> values = {};
  std::uint64_t revision = 0;
  std::vector<std::string> overflow = {};  ///< names of the marked aggregates, in any order
};

/// Whether windows must come in the order of closing. The order of the rows inside a window is
/// free in both.
enum class RowOrder { by_closing, any };

/// Compares the rows of any number of batches, integers exactly and doubles within the tolerance
/// that the oracle states.
/// @return what differs, a line for each of the first differences; empty when the rows match, so
/// that a test reads `EXPECT_EQ(differences(job, expected, actual), "")`.
std::string differences(const Job& job, const std::vector<Row>& expected,
                        const std::vector<ActualRow>& actual,
                        RowOrder order = RowOrder::by_closing);

/// The row that an engine would emit which rounds like the oracle (tests of the comparison; dumps).
ActualRow to_actual(const Job& job, const Row& row);

}  // namespace sluice::oracle
