#include "ingest/filter/program.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <utility>

#include "ingest/filter/column_types.hpp"

namespace sluice {
namespace {

using Node = FilterNode::Kind;
using Kind = FilterStep::Kind;
using Type = FilterStep::Type;

constexpr unsigned most_digits = 38;
constexpr unsigned int64_digits = 19;
constexpr unsigned most_decimals = 18;

/// A step, and what is known of the numbers that it makes.
struct Made {
  std::uint32_t step = 0;
  Type type = Type::truth;
  unsigned scale = 0;   ///< exact numbers: decimals
  unsigned digits = 0;  ///< exact numbers: at most
  bool is_null = false;
  std::optional<double> nearest{};  ///< exact constants: the double

  bool is_exact() const { return type == Type::int64 || type == Type::int128; }
  bool is_number() const { return is_exact() || type == Type::real; }
};

Mantissa power_of_ten(unsigned exponent) {
  Mantissa power = 1;
  for (unsigned i = 0; i < exponent; ++i) power *= 10;
  return power;
}

/// @param digits perhaps with a sign before them
Mantissa mantissa_of(std::string_view digits) {
  const bool negative = digits.starts_with('-');
  Mantissa mantissa = 0;
  for (const char digit : digits.substr(negative ? 1 : 0)) mantissa = mantissa * 10 + (digit - '0');
  return negative ? -mantissa : mantissa;
}

Type type_of(FilterField::Type type) {
  switch (type) {
    case FilterField::Type::boolean:
      return Type::truth;
    case FilterField::Type::integer:
      return Type::int64;
    case FilterField::Type::number:
      return Type::real;
    case FilterField::Type::string:
      return Type::string;
    case FilterField::Type::presence:
      break;
  }
  return Type::presence;
}

const char* name_of(Type type) {
  return type == Type::truth ? "a boolean" : type == Type::string ? "a string" : "a number";
}

class Planner {
 public:
  Planner(const FilterNode& expression, const Format& format) : types_(expression, format) {}

  FilterProgram plan(const FilterNode& expression) {
    const Made verdict = make(expression);
    if (verdict.type != Type::truth) {
      throw FilterError("is no condition: it has to be true or false", expression.position);
    }
    return std::move(program_);
  }

 private:
  // Steps.

  std::uint32_t push(FilterStep step) {
    program_.steps.push_back(std::move(step));
    return static_cast<std::uint32_t>(program_.steps.size() - 1);
  }

  Made make(const FilterNode& node) {
    switch (node.kind) {
      case Node::column:
        return make_column(node);
      case Node::number:
        return make_number(node);
      case Node::string:
        return {push({.kind = Kind::constant, .type = Type::string, .text = node.text}),
                Type::string};
      case Node::boolean:
        return {push({.kind = Kind::constant, .type = Type::truth, .exact = node.truth ? 1 : 0}),
                Type::truth};
      case Node::null:
        return {.step = push({.kind = Kind::constant, .type = Type::truth, .is_null = true}),
                .type = Type::truth,
                .is_null = true};
      case Node::starts_with:
        return make_starts_with(node);
      case Node::is_null:
        return {push({.kind = Kind::is_null, .operands = {make(node.parts[0]).step}}), Type::truth};
      case Node::conjunction:
      case Node::disjunction:
      case Node::negation:
      case Node::is_true:
      case Node::is_false:
        return make_connective(node);
      default:
        return node.is_comparison() ? make_comparison(node) : make_arithmetic(node);
    }
  }

  Made make_column(const FilterNode& node) {
    const auto known = columns_.find(node.text);
    if (known != columns_.end()) return known->second;
    return columns_[node.text] = load(node);
  }

  Made load(const FilterNode& node) {
    if (const auto value = types_.value_named(node.text)) {
      const ValueField& field = types_.format().values[*value];
      const Type type = field.type == ValueType::float64 ? Type::real : Type::int64;
      return {.step = push({.kind = Kind::value_column, .type = type, .index = *value}),
              .type = type,
              .scale = field.type == ValueType::decimal ? field.scale : 0,
              .digits = int64_digits};
    }
    program_.fields.push_back(types_.field_of(node));
    const Type type = type_of(program_.fields.back().type);
    return {.step = push({.kind = Kind::field_column,
                          .type = type,
                          .index = static_cast<std::uint32_t>(program_.fields.size() - 1)}),
            .type = type,
            .digits = type == Type::int64 ? int64_digits : 0};
  }

  Made make_number(const FilterNode& node) {
    const std::string& text = node.text;
    double real = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), real);
    if (result.ec != std::errc() || result.ptr != text.data() + text.size()) {
      throw FilterError(text + " is out of range", node.position);
    }
    const std::size_t point = text.find('.');
    const std::size_t decimals = point == std::string::npos ? 0 : text.size() - point - 1;
    std::string digits = text;
    if (point != std::string::npos) digits.erase(point, 1);
    const bool plain =
        digits.find_first_not_of("0123456789", digits.starts_with('-')) == std::string::npos;
    if (!plain || decimals > most_decimals || digits.size() > most_digits) {
      return real_constant(real);
    }
    const Mantissa mantissa = mantissa_of(digits);
    const bool fits = mantissa == static_cast<std::int64_t>(mantissa);
    const Type type = fits ? Type::int64 : Type::int128;
    return {.step = push({.kind = Kind::constant, .type = type, .exact = mantissa}),
            .type = type,
            .scale = static_cast<unsigned>(decimals),
            .digits = static_cast<unsigned>(digits.size()),
            .nearest = real};
  }

  Made real_constant(double real) {
    return {push({.kind = Kind::constant, .type = Type::real, .real = real}), Type::real};
  }

  Made make_starts_with(const FilterNode& node) {
    const Made text = make(node.parts[0]);
    if (text.type != Type::string && !text.is_null) {
      throw FilterError("LIKE compares strings", node.position);
    }
    return {push({.kind = Kind::starts_with, .operands = {text.step}, .text = node.text}),
            Type::truth};
  }

  Made make_connective(const FilterNode& node) {
    FilterStep step{.kind = node.kind == Node::conjunction   ? Kind::conjunction
                            : node.kind == Node::disjunction ? Kind::disjunction
                            : node.kind == Node::negation    ? Kind::negation
                            : node.kind == Node::is_true     ? Kind::is_true
                                                             : Kind::is_false};
    for (const FilterNode& part : node.parts) {
      const Made made = make(part);
      if (made.type != Type::truth) {
        throw FilterError("is no condition: it has to be true or false", part.position);
      }
      step.operands.push_back(made.step);
    }
    return {push(std::move(step)), Type::truth};
  }

  // Numbers meet in one form.

  Made to_real(const Made& number) {
    if (number.type == Type::real) return number;
    if (number.nearest) return real_constant(*number.nearest);
    return {push({.kind = Kind::to_real,
                  .type = Type::real,
                  .operands = {number.step},
                  .exact = power_of_ten(number.scale)}),
            Type::real};
  }

  Made widened(const Made& number, unsigned scale) {
    const unsigned more = scale - number.scale;
    if (number.type == Type::int128 && more == 0) return number;
    return {.step = push({.kind = Kind::widen,
                          .type = Type::int128,
                          .operands = {number.step},
                          .exact = power_of_ten(more)}),
            .type = Type::int128,
            .scale = scale,
            .digits = number.digits + more};
  }

  /// Brings both to one type and scale.
  void align(Made& left, Made& right) {
    const unsigned scale = std::max(left.scale, right.scale);
    const bool exact = left.is_exact() && right.is_exact() &&
                       left.digits + scale - left.scale <= most_digits &&
                       right.digits + scale - right.scale <= most_digits;
    if (!exact) {
      left = to_real(left);
      right = to_real(right);
    } else if (left.type != Type::int64 || right.type != Type::int64 || left.scale != right.scale) {
      left = widened(left, scale);
      right = widened(right, scale);
    }
  }

  Made make_comparison(const FilterNode& node) {
    Made left = make(node.parts[0]);
    Made right = make(node.parts[1]);
    if (left.is_null || right.is_null) {
      return {push({.kind = Kind::constant, .type = Type::truth, .is_null = true}), Type::truth};
    }
    if (left.type == Type::presence || right.type == Type::presence) {
      throw FilterError("compares columns of which none is declared: declare one under values",
                        node.position);
    }
    if (left.is_number() && right.is_number()) {
      align(left, right);
    } else if (left.type != right.type) {
      throw FilterError(
          std::string("compares ") + name_of(left.type) + " with " + name_of(right.type),
          node.position);
    }
    const auto offset = static_cast<unsigned>(node.kind) - static_cast<unsigned>(Node::equal);
    const auto kind = static_cast<Kind>(static_cast<unsigned>(Kind::equal) + offset);
    return {push({.kind = kind, .operands = {left.step, right.step}}), Type::truth};
  }

  Made number(const FilterNode& node) {
    const Made made = make(node);
    if (made.is_number()) return made;
    if (made.is_null) {
      return {push({.kind = Kind::constant, .type = Type::real, .is_null = true}), Type::real};
    }
    throw FilterError("is no number", node.position);
  }

  Made make_arithmetic(const FilterNode& node) {
    Made left = number(node.parts[0]);
    if (node.kind == Node::negate) {
      if (left.is_exact()) left = widened(left, left.scale);
      if (left.nearest) left.nearest = -*left.nearest;
      left.step = push({.kind = Kind::negate, .type = left.type, .operands = {left.step}});
      return left;
    }
    Made right = number(node.parts[1]);
    Made result;
    Kind kind = Kind::divide;
    if (node.kind == Node::divide) {
      left = to_real(left);
      right = to_real(right);
    } else if (node.kind == Node::multiply) {
      kind = Kind::multiply;
      if (left.is_exact() && right.is_exact() && left.digits + right.digits <= most_digits) {
        left = widened(left, left.scale);
        right = widened(right, right.scale);
        result.scale = left.scale + right.scale;
        result.digits = left.digits + right.digits;
      } else {
        left = to_real(left);
        right = to_real(right);
      }
    } else {
      kind = node.kind == Node::add ? Kind::add : Kind::subtract;
      add_digit(left, right);
      result.scale = left.scale;
      result.digits = std::max(left.digits, right.digits) + 1;
    }
    result.type = left.type;
    result.step = push({.kind = kind, .type = left.type, .operands = {left.step, right.step}});
    return result;
  }

  /// Aligns, with room for the carry of a sum.
  void add_digit(Made& left, Made& right) {
    align(left, right);
    if (!left.is_exact()) return;
    if (std::max(left.digits, right.digits) < most_digits) {
      left = widened(left, left.scale);
      right = widened(right, right.scale);
    } else {
      left = to_real(left);
      right = to_real(right);
    }
  }

  ColumnTypes types_;
  FilterProgram program_;
  std::map<std::string, Made> columns_;  ///< by name
};

}  // namespace

FilterProgram plan_filter(const FilterNode& expression, const Format& format) {
  return Planner(expression, format).plan(expression);
}

}  // namespace sluice
