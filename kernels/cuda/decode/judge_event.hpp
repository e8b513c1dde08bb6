#pragma once

#include <cstdint>
#include <cstring>

#include "kernels/cuda/decode/filter_inputs.hpp"
#include "kernels/cuda/decode/filter_number.hpp"
#include "kernels/cuda/decode/text_words.hpp"
#include "kernels/filter_plan.hpp"
#include "kernels/hd.hpp"

namespace sluice::cuda {

/// Runs a filter's steps over one event: three-valued, as ingest's Filter does over columns.
class EventJudge {
 public:
  /// @param nulls bit v: value v is null. @param bytes that the texts are in
  SLUICE_HD EventJudge(const FilterPlan& plan, const FilterInputs& inputs, std::uint32_t nulls,
                       const char* bytes) noexcept
      : plan_(plan), inputs_(inputs), nulls_(nulls), bytes_(bytes) {}

  SLUICE_HD bool passes() noexcept {
    for (std::uint32_t step = 0; step < plan_.steps; ++step) run(plan_.step[step]);
    return stack_[0].low == is_true;
  }

 private:
  using Kind = FilterPlan::Step::Kind;
  using Type = FilterPlan::Type;

  /// What a step made. A truth is one of three in `low`; a text is where it begins in `low`, its
  /// length in `high`, and which of the two texts it is in.
  struct Operand {
    std::uint64_t low;
    std::uint64_t high;
    bool known;
    bool of_plan;
  };

  // Truth in an order that makes AND the minimum, OR the maximum and NOT the difference from 2.
  static constexpr std::uint64_t is_false = 0;
  static constexpr std::uint64_t unknown = 1;
  static constexpr std::uint64_t is_true = 2;

  SLUICE_HD void run(const FilterPlan::Step& step) noexcept {
    switch (step.kind) {
      case Kind::value:
        return push_value(step);
      case Kind::column:
        return push_column(step);
      case Kind::constant:
        return push_constant(step);
      case Kind::scale:
        return set(top(), exact_of(top()) * exact_of(plan_.constant[step.index]));
      case Kind::to_real:
        return set(top(),
                   nearest_double(exact_of(top())) / real_of(plan_.constant[step.index].low));
      case Kind::negate:
        return negate(step.type);
      case Kind::starts_with:
        return test_prefix(plan_.constant[step.index]);
      case Kind::is_null:
        return set_truth(top(), top().known ? is_false : is_true);
      case Kind::is_true:
        return set_truth(top(), top().low == is_true ? is_true : is_false);
      case Kind::is_false:
        return set_truth(top(), top().low == is_false ? is_true : is_false);
      case Kind::negation:
        return set_truth(top(), is_true - top().low);
      default:
        return run_on_two(step);
    }
  }

  SLUICE_HD void run_on_two(const FilterPlan::Step& step) noexcept {
    const Operand right = stack_[--size_];
    Operand& left = top();
    switch (step.kind) {
      case Kind::conjunction:
        return set_truth(left, left.low < right.low ? left.low : right.low);
      case Kind::disjunction:
        return set_truth(left, left.low < right.low ? right.low : left.low);
      case Kind::add:
      case Kind::subtract:
      case Kind::multiply:
      case Kind::divide:
        left.known = left.known && right.known;
        return step.type == Type::exact ? compute_exact(step.kind, left, right)
                                        : compute_real(step.kind, left, right);
      default:
        if (!left.known || !right.known) return set_truth(left, unknown);
        return set_truth(left,
                         holds(step.kind, order(step.type, left, right)) ? is_true : is_false);
    }
  }

  // Operands.

  SLUICE_HD Operand& top() noexcept { return stack_[size_ - 1]; }

  SLUICE_HD void push_bits(Type type, std::uint64_t bits, bool known) noexcept {
    const std::uint64_t high = bits >> 63 != 0 ? ~std::uint64_t{0} : 0;
    if (type == Type::truth) bits = known ? 2 * bits : unknown;
    stack_[size_++] = {bits, high, known, false};
  }
  SLUICE_HD void push_value(const FilterPlan::Step& step) noexcept {
    push_bits(step.type, static_cast<std::uint64_t>(inputs_.value_inputs[step.index]),
              (nulls_ >> step.index & 1u) == 0);
  }
  SLUICE_HD void push_column(const FilterPlan::Step& step) noexcept {
    const std::uint64_t bits = inputs_.column_inputs[step.index];
    push_bits(step.type, bits, (inputs_.known_columns >> step.index & 1u) != 0);
    if (step.type != Type::text) return;
    top().low = static_cast<std::uint32_t>(bits);
    top().high = bits >> 32;
  }
  SLUICE_HD void push_constant(const FilterPlan::Step& step) noexcept {
    const FilterPlan::Constant& constant = plan_.constant[step.index];
    push_bits(step.type, constant.low, !constant.is_null);
    top().high = constant.high;
    top().of_plan = true;
  }

  template <class Words>
  SLUICE_HD static FilterNumber exact_of(const Words& words) noexcept {
    __extension__ using Bits = unsigned __int128;
    return static_cast<FilterNumber>(static_cast<Bits>(words.high) << 64 | words.low);
  }
  SLUICE_HD static double real_of(std::uint64_t bits) noexcept {
    double real;
    std::memcpy(&real, &bits, sizeof real);
    return real;
  }

  SLUICE_HD static void set(Operand& operand, FilterNumber number) noexcept {
    operand.low = static_cast<std::uint64_t>(number);
    operand.high = static_cast<std::uint64_t>(number >> 64);
  }
  SLUICE_HD static void set(Operand& operand, double real) noexcept {
    operand.low = static_cast<std::uint64_t>(bits_of(real));
  }
  SLUICE_HD static void set_truth(Operand& operand, std::uint64_t truth) noexcept {
    operand.low = truth;
    operand.known = truth != unknown;
  }

  // Numbers. One that is null is 0 here, so that nothing computed with it leaves its type either.

  SLUICE_HD void negate(Type type) noexcept {
    type == Type::exact ? set(top(), -exact_of(top())) : set(top(), -real_of(top().low));
  }

  SLUICE_HD static void compute_exact(Kind kind, Operand& left, const Operand& right) noexcept {
    const FilterNumber a = exact_of(left);
    const FilterNumber b = exact_of(right);
    set(left, kind == Kind::add ? a + b : kind == Kind::subtract ? a - b : a * b);
  }

  /// What is not finite is null.
  SLUICE_HD static void compute_real(Kind kind, Operand& left, const Operand& right) noexcept {
    const double a = real_of(left.low);
    const double b = real_of(right.low);
    const double result = kind == Kind::add        ? a + b
                          : kind == Kind::subtract ? a - b
                          : kind == Kind::multiply ? a * b
                                                   : a / b;
    left.known = left.known && result - result == 0;
    set(left, result);
  }

  // Comparisons.

  SLUICE_HD static bool holds(Kind kind, int order) noexcept {
    switch (kind) {
      case Kind::equal:
        return order == 0;
      case Kind::not_equal:
        return order != 0;
      case Kind::less:
        return order < 0;
      case Kind::less_equal:
        return order <= 0;
      case Kind::greater:
        return order > 0;
      default:
        return order >= 0;
    }
  }

  template <class T>
  SLUICE_HD static int order_of(const T& left, const T& right) noexcept {
    return left < right ? -1 : left > right ? 1 : 0;
  }

  SLUICE_HD int order(Type type, const Operand& left, const Operand& right) const noexcept {
    switch (type) {
      case Type::exact:
        return order_of(exact_of(left), exact_of(right));
      case Type::real:
        return order_of(real_of(left.low), real_of(right.low));
      case Type::text: {
        const std::uint64_t shorter = left.high < right.high ? left.high : right.high;
        const int begins = order_of_bytes(left, right, static_cast<std::uint32_t>(shorter));
        return begins != 0 ? begins : order_of(left.high, right.high);
      }
      default:
        return order_of(left.low, right.low);
    }
  }

  SLUICE_HD int order_of_bytes(const Operand& left, const Operand& right,
                               std::uint32_t length) const noexcept {
    for (std::uint32_t i = 0; i < length; i += 8) {
      const std::uint32_t count = length - i < 8 ? length - i : 8;
      const std::uint64_t a = first_bytes(word_of(left, i), count);
      const std::uint64_t b = first_bytes(word_of(right, i), count);
      if (a != b) return order_of(swapped(a), swapped(b));
    }
    return 0;
  }
  SLUICE_HD std::uint64_t word_of(const Operand& text, std::uint32_t at) const noexcept {
    return load_word(text.of_plan ? plan_.text : bytes_, static_cast<std::uint32_t>(text.low) + at);
  }

  SLUICE_HD void test_prefix(const FilterPlan::Constant& prefix) noexcept {
    if (!top().known) return set_truth(top(), unknown);
    const Operand wanted{prefix.low, prefix.high, true, true};
    const bool begins = top().high >= wanted.high &&
                        order_of_bytes(top(), wanted, static_cast<std::uint32_t>(wanted.high)) == 0;
    set_truth(top(), begins ? is_true : is_false);
  }

  const FilterPlan& plan_;
  const FilterInputs& inputs_;
  std::uint32_t nulls_;
  const char* bytes_;
  std::uint32_t size_ = 0;
  Operand stack_[FilterPlan::max_depth];
};

}  // namespace sluice::cuda
