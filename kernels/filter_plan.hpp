#pragma once

#include <cstdint>

#include "kernels/types.hpp"

namespace sluice {

/// A job's filter as a backend judges events by it: plain data, for a stack of operands. A step
/// takes its operands from the top of the stack and leaves what it makes there; the last one leaves
/// the verdict. Conditions are three-valued, and only what is true goes on.
struct FilterPlan {
  static constexpr std::uint32_t max_columns = 16;
  static constexpr std::uint32_t max_steps = 512;
  static constexpr std::uint32_t max_constants = 256;
  static constexpr std::uint32_t max_depth = 16;  ///< operands on the stack at once
  static constexpr std::uint32_t max_text = 2'048;
  static constexpr std::uint32_t text_padding = 16;

  /// What a column that only the filter reads is taken for; of any other kind it is null.
  enum class Column : std::uint8_t { presence, boolean, integer, number, string };

  enum class Type : std::uint8_t {
    truth,
    exact,  ///< an integer of 128 bits
    real,
    text,
    presence,  ///< nothing but whether it is null
  };

  struct Step {
    enum class Kind : std::uint8_t {
      value,     ///< value column `index` of the batch
      column,    ///< column[index]
      constant,  ///< constant[index]
      scale,     ///< an exact number times constant[index]
      to_real,   ///< an exact number as a double, divided by constant[index]
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
      starts_with,  ///< with the text constant[index]
      is_null,
      is_true,
      is_false,
      conjunction,
      disjunction,
      negation,
    };
    Kind kind = Kind::constant;
    Type type = Type::truth;  ///< of its operands; of what it makes where it takes none
    std::uint16_t index = 0;
  };

  struct Constant {
    bool is_null = false;
    /// An exact number, the bits of a double, 1 for true, or where in `text` a text begins and how
    /// long it is.
    std::uint64_t low = 0;
    std::uint64_t high = 0;
  };

  std::uint32_t columns = 0;
  std::uint32_t steps = 0;
  Column column[max_columns] = {};
  Step step[max_steps];
  Constant constant[max_constants];
  alignas(8) char text[max_text + text_padding] = {};
};

}  // namespace sluice
