#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ingest/decode/format.hpp"
#include "ingest/filter/syntax.hpp"

namespace sluice {

/// Of an exact number.
__extension__ using Mantissa = __int128;

/// One column operation of a filter: makes a column out of those that earlier steps made.
struct FilterStep {
  enum class Kind : std::uint8_t {
    value_column,  ///< value `index` of the batch
    field_column,  ///< FilterProgram::fields[index]
    constant,
    widen,  ///< int64 or int128 times `factor`
    to_real,
    negate,
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
    starts_with,
    is_null,
    is_true,
    is_false,
    conjunction,  ///< of all `operands`, as disjunction
    disjunction,
    negation,
  };
  enum class Type : std::uint8_t { truth, int64, int128, real, string, presence };

  Kind kind = Kind::constant;
  Type type = Type::truth;
  std::uint32_t index = 0;
  std::vector<std::uint32_t> operands{};  ///< steps
  bool is_null = false;                   ///< constants: NULL
  Mantissa exact = 0;                     ///< constants; the factor of widen
  double real = 0;
  std::string text{};
};

/// A filter as steps, each after those that it needs; the last one is the verdict.
struct FilterProgram {
  std::vector<FilterStep> steps;
  std::vector<FilterField> fields;
};

/// Looks up the columns of an expression and settles what is compared with what.
///
/// A name is a declared value, or the name of a key column, or else a path in the event itself
/// (ColumnTypes says what it is taken for). Integers and decimals are compared and computed exactly
/// as long as 38 digits hold the result, else as doubles, as what is not declared; a division is
/// always one of doubles.
/// @throws FilterError
FilterProgram plan_filter(const FilterNode& expression, const Format& format);

}  // namespace sluice
