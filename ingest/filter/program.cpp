#include "ingest/filter/program.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

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

  bool is_exact() const { return type == Type::int64 || type == Type::int128; }
  bool is_number() const { return is_exact() || type == Type::real; }
};

Wide power_of_ten(unsigned exponent) {
  Wide power = 1;
  for (unsigned i = 0; i < exponent; ++i) power *= 10;
  return power;
}

/// @param digits perhaps with a sign before them
Wide mantissa_of(std::string_view digits) {
  const bool negative = digits.starts_with('-');
  Wide mantissa = 0;
  for (const char digit : digits.substr(negative ? 1 : 0)) mantissa = mantissa * 10 + (digit - '0');
  return negative ? -mantissa : mantissa;
}

bool is_comparison(Node kind) { return kind >= Node::equal && kind <= Node::greater_equal; }
bool is_arithmetic(Node kind) { return kind >= Node::negate && kind <= Node::divide; }

const char* name_of(Type type) {
  return type == Type::truth ? "a boolean" : type == Type::string ? "a string" : "a number";
}

const char* name_of(FilterField::Type type) {
  switch (type) {
    case FilterField::Type::boolean:
      return "a boolean";
    case FilterField::Type::number:
      return "a number";
    case FilterField::Type::string:
      return "a string";
    case FilterField::Type::presence:
      break;
  }
  return "anything";
}

class Planner {
 public:
  explicit Planner(const Format& format) : format_(format) {}

  FilterProgram plan(const FilterNode& expression) {
    // Twice: what a column is may follow from a use further on.
    infer(expression, FilterField::Type::boolean);
    infer(expression, FilterField::Type::boolean);
    const Made verdict = make(expression);
    if (verdict.type != Type::truth) {
      throw FilterError("is no condition: it has to be true or false", expression.position);
    }
    return std::move(program_);
  }

 private:
  // What undeclared columns are follows from their use.

  const ValueField* value_named(const std::string& name) const {
    const auto found = std::find_if(format_.values.begin(), format_.values.end(),
                                    [&](const ValueField& value) { return value.name == name; });
    return found == format_.values.end() ? nullptr : &*found;
  }
  const KeyField* key_named(const std::string& name) const {
    const auto found = std::find_if(format_.keys.begin(), format_.keys.end(),
                                    [&](const KeyField& key) { return key.name == name; });
    return found == format_.keys.end() ? nullptr : &*found;
  }

  /// What `node` is by itself, or presence when its use decides.
  FilterField::Type own_type(const FilterNode& node) const {
    switch (node.kind) {
      case Node::column: {
        if (value_named(node.text) != nullptr) return FilterField::Type::number;
        const KeyField* const key = key_named(node.text);
        if (key == nullptr || key->type == KeyType::as_it_came) break;
        return key->type == KeyType::int64    ? FilterField::Type::number
               : key->type == KeyType::string ? FilterField::Type::string
                                              : FilterField::Type::boolean;
      }
      case Node::number:
        return FilterField::Type::number;
      case Node::string:
        return FilterField::Type::string;
      case Node::null:
        break;
      default:
        return is_arithmetic(node.kind) ? FilterField::Type::number : FilterField::Type::boolean;
    }
    const auto known = types_.find(node.text);
    return known == types_.end() ? FilterField::Type::presence : known->second;
  }

  void infer(const FilterNode& node, FilterField::Type expected) {
    if (node.kind == Node::column) return settle(node, expected);
    FilterField::Type operands = FilterField::Type::presence;
    if (is_arithmetic(node.kind)) {
      operands = FilterField::Type::number;
    } else if (node.kind == Node::starts_with) {
      operands = FilterField::Type::string;
    } else if (is_comparison(node.kind)) {
      operands = own_type(node.parts[0]);
      if (operands == FilterField::Type::presence) operands = own_type(node.parts[1]);
    } else if (node.kind != Node::is_null) {
      operands = FilterField::Type::boolean;
    }
    for (const FilterNode& part : node.parts) infer(part, operands);
  }

  void settle(const FilterNode& column, FilterField::Type expected) {
    if (value_named(column.text) != nullptr) return;
    const FilterField::Type own = own_type(column);
    FilterField::Type& type = types_[column.text];
    if (type == FilterField::Type::presence) type = own;
    if (expected == FilterField::Type::presence || expected == type) return;
    if (type != FilterField::Type::presence) {
      throw FilterError(column.text + " is used as " + name_of(expected) + ", but is " +
                            name_of(type) + " elsewhere",
                        column.position);
    }
    type = expected;
  }

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
        return is_comparison(node.kind) ? make_comparison(node) : make_arithmetic(node);
    }
  }

  Made make_column(const FilterNode& node) {
    if (const ValueField* const value = value_named(node.text)) {
      const auto index = static_cast<std::uint32_t>(value - format_.values.data());
      const Type type = value->type == ValueType::float64 ? Type::real : Type::int64;
      return {.step = push({.kind = Kind::value_column, .type = type, .index = index}),
              .type = type,
              .scale = value->type == ValueType::decimal ? value->scale : 0,
              .digits = int64_digits};
    }
    const FilterField::Type declared = types_.at(node.text);
    const Type type = declared == FilterField::Type::boolean  ? Type::truth
                      : declared == FilterField::Type::number ? Type::real
                      : declared == FilterField::Type::string ? Type::string
                                                              : Type::presence;
    return {push({.kind = Kind::field_column, .type = type, .index = field(node, declared)}), type};
  }

  std::uint32_t field(const FilterNode& node, FilterField::Type type) {
    const auto found = fields_.find(node.text);
    if (found != fields_.end()) return found->second;
    const auto index = static_cast<std::uint32_t>(program_.fields.size());
    const KeyField* const key = key_named(node.text);
    program_.fields.push_back({key != nullptr ? key->path : path_of(node.text), type});
    return fields_[node.text] = index;
  }

  static FieldPath path_of(const std::string& text) {
    FieldPath path{.text = text, .members = {}};
    for (std::size_t from = 0; from <= text.size();) {
      const std::size_t dot = std::min(text.find('.', from), text.size());
      path.members.push_back(text.substr(from, dot - from));
      from = dot + 1;
    }
    return path;
  }

  Made make_number(const FilterNode& node) {
    const std::string& text = node.text;
    const std::size_t point = text.find('.');
    const bool plain = text.find_first_of("eE") == std::string::npos;
    const std::size_t decimals = point == std::string::npos ? 0 : text.size() - point - 1;
    std::string digits = text;
    if (point != std::string::npos) digits.erase(point, 1);
    if (plain && decimals <= most_decimals && digits.size() <= most_digits) {
      const Wide mantissa = mantissa_of(digits);
      const bool fits = mantissa == static_cast<std::int64_t>(mantissa);
      const Type type = fits ? Type::int64 : Type::int128;
      return {.step = push({.kind = Kind::constant, .type = type, .exact = mantissa}),
              .type = type,
              .scale = static_cast<unsigned>(decimals),
              .digits = static_cast<unsigned>(digits.size())};
    }
    double real = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), real);
    if (result.ec != std::errc() || result.ptr != text.data() + text.size()) {
      throw FilterError(text + " is out of range", node.position);
    }
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

  const Format& format_;
  FilterProgram program_;
  std::map<std::string, FilterField::Type> types_;
  std::map<std::string, std::uint32_t> fields_;
};

}  // namespace

FilterProgram plan_filter(const FilterNode& expression, const Format& format) {
  return Planner(format).plan(expression);
}

}  // namespace sluice
