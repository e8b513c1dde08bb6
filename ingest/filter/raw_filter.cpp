#include "ingest/filter/raw_filter.hpp"

#include <bit>
#include <cstring>
#include <string_view>

namespace sluice {
namespace {

using Kind = FilterStep::Kind;
using Type = FilterPlan::Type;
using Step = FilterPlan::Step;

static_assert(static_cast<unsigned>(FilterField::Type::presence) ==
                  static_cast<unsigned>(FilterPlan::Column::presence) &&
              static_cast<unsigned>(FilterField::Type::boolean) ==
                  static_cast<unsigned>(FilterPlan::Column::boolean) &&
              static_cast<unsigned>(FilterField::Type::integer) ==
                  static_cast<unsigned>(FilterPlan::Column::integer) &&
              static_cast<unsigned>(FilterField::Type::number) ==
                  static_cast<unsigned>(FilterPlan::Column::number) &&
              static_cast<unsigned>(FilterField::Type::string) ==
                  static_cast<unsigned>(FilterPlan::Column::string));

// The kinds of both are the same ones in the same order.
static_assert(static_cast<unsigned>(Kind::widen) == static_cast<unsigned>(Step::Kind::scale) &&
              static_cast<unsigned>(Kind::equal) == static_cast<unsigned>(Step::Kind::equal) &&
              static_cast<unsigned>(Kind::negation) == static_cast<unsigned>(Step::Kind::negation));

Type type_of(FilterStep::Type type) {
  switch (type) {
    case FilterStep::Type::truth:
      return Type::truth;
    case FilterStep::Type::int64:
    case FilterStep::Type::int128:
      return Type::exact;
    case FilterStep::Type::real:
      return Type::real;
    case FilterStep::Type::string:
      return Type::text;
    case FilterStep::Type::presence:
      break;
  }
  return Type::presence;
}

/// Writes each step behind its operands. What several steps share is a column, and read again.
class Builder {
 public:
  explicit Builder(const FilterProgram& program) : program_(program) {}

  std::optional<FilterPlan> build() {
    if (program_.fields.size() > FilterPlan::max_columns) return std::nullopt;
    for (const FilterField& field : program_.fields) {
      plan_.column[plan_.columns++] = static_cast<FilterPlan::Column>(field.type);
    }
    write(program_.steps.back());
    return fits_ ? std::optional(plan_) : std::nullopt;
  }

 private:
  const FilterStep& operand(const FilterStep& step, std::size_t number) const {
    return program_.steps[step.operands[number]];
  }

  void write(const FilterStep& step) {
    if (!fits_) return;
    switch (step.kind) {
      case Kind::value_column:
      case Kind::field_column:
        return push(step, step.index);
      case Kind::constant:
        return push(step, constant(step));
      case Kind::conjunction:
      case Kind::disjunction:
        return write_connective(step);
      case Kind::starts_with:
        return write_starts_with(step);
      default:
        return write_computed(step);
    }
  }

  /// Each operand is taken in as soon as it is known: the stack stays low.
  void write_connective(const FilterStep& step) {
    write(operand(step, 0));
    for (std::size_t number = 1; number < step.operands.size(); ++number) {
      write(operand(step, number));
      add(step.kind, Type::truth, 0);
      --depth_;
    }
  }

  void write_starts_with(const FilterStep& step) {
    if (operand(step, 0).type != FilterStep::Type::string) {
      return write({.kind = Kind::constant, .is_null = true});
    }
    write(operand(step, 0));
    add(step.kind, Type::text, text_constant(step.text));
  }

  void write_computed(const FilterStep& step) {
    for (std::size_t number = 0; number < step.operands.size(); ++number) {
      write(operand(step, number));
    }
    const Type type = type_of(operand(step, 0).type);
    if (step.kind == Kind::widen) {
      if (step.exact != 1) add(step.kind, type, number_constant(step.exact));
    } else if (step.kind == Kind::to_real) {
      add(step.kind, type, real_constant(static_cast<double>(step.exact)));
    } else {
      add(step.kind, type, 0);
    }
    depth_ -= static_cast<std::uint32_t>(step.operands.size()) - 1;
  }

  void push(const FilterStep& step, std::uint32_t index) {
    fits_ = fits_ && ++depth_ <= FilterPlan::max_depth;
    add(step.kind, type_of(step.type), index);
  }

  void add(Kind kind, Type type, std::uint32_t index) {
    fits_ = fits_ && plan_.steps < FilterPlan::max_steps;
    if (!fits_) return;
    plan_.step[plan_.steps++] = {static_cast<Step::Kind>(kind), type,
                                 static_cast<std::uint16_t>(index)};
  }

  std::uint32_t constant(const FilterStep& step) {
    switch (step.type) {
      case FilterStep::Type::string:
        return text_constant(step.text);
      case FilterStep::Type::real:
        return step.is_null ? add_constant({.is_null = true}) : real_constant(step.real);
      default:
        return step.is_null ? add_constant({.is_null = true}) : number_constant(step.exact);
    }
  }

  std::uint32_t number_constant(Mantissa number) {
    return add_constant({.low = static_cast<std::uint64_t>(number),
                         .high = static_cast<std::uint64_t>(number >> 64)});
  }

  std::uint32_t real_constant(double real) {
    return add_constant({.low = std::bit_cast<std::uint64_t>(real)});
  }

  std::uint32_t text_constant(std::string_view text) {
    fits_ = fits_ && text.size() <= FilterPlan::max_text - text_bytes_;
    if (!fits_) return 0;
    std::memcpy(plan_.text + text_bytes_, text.data(), text.size());
    const std::uint32_t index = add_constant({.low = text_bytes_, .high = text.size()});
    text_bytes_ += static_cast<std::uint32_t>(text.size());
    return index;
  }

  std::uint32_t add_constant(const FilterPlan::Constant& constant) {
    fits_ = fits_ && constants_ < FilterPlan::max_constants;
    if (!fits_) return 0;
    plan_.constant[constants_] = constant;
    return constants_++;
  }

  const FilterProgram& program_;
  FilterPlan plan_;
  std::uint32_t depth_ = 0;
  std::uint32_t constants_ = 0;
  std::uint32_t text_bytes_ = 0;
  bool fits_ = true;
};

}  // namespace

std::optional<FilterPlan> raw_filter(const FilterProgram& program) {
  return Builder(program).build();
}

}  // namespace sluice
