#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

/// What is wrong with the text of a filter, and where.
class FilterError : public std::runtime_error {
 public:
  FilterError(const std::string& what, std::size_t position)
      : std::runtime_error(what), position_(position) {}
  /// Byte in the text, from 0.
  std::size_t position() const noexcept { return position_; }

 private:
  std::size_t position_;
};

/// A filter's expression as it was written, before its columns are looked up.
struct FilterNode {
  enum class Kind : std::uint8_t {
    column,   ///< text: the path, in the spelling of the filter
    number,   ///< text: its digits
    string,   ///< text
    boolean,  ///< truth
    null,
    negate,  ///< -a
    add,
    subtract,
    multiply,
    divide,
    equal,
    not_equal,
    less,
    less_equal,
    greater,
    greater_equal,
    starts_with,  ///< a LIKE 'text%'
    is_null,
    is_true,
    is_false,
    conjunction,
    disjunction,
    negation,
  };
  Kind kind = Kind::null;
  bool truth = false;
  std::size_t position = 0;  ///< byte in the filter's text
  std::string text;
  std::vector<FilterNode> parts;

  bool is_comparison() const noexcept { return kind >= Kind::equal && kind <= Kind::greater_equal; }
  bool is_arithmetic() const noexcept { return kind >= Kind::negate && kind <= Kind::divide; }
};

/// Parses the condition of an SQL WHERE clause: comparisons, AND, OR, NOT, IN, BETWEEN, LIKE
/// 'prefix%', IS [NOT] NULL, TRUE, FALSE, + - * /, strings, numbers, columns (dotted paths; the
/// case is kept). IN and BETWEEN come out as the comparisons that they stand for. The grammar is
/// PostgreSQL's.
/// @throws FilterError also for whatever else SQL knows.
FilterNode parse_filter(std::string_view text);

}  // namespace sluice
