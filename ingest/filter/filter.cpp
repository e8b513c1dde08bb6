#include "ingest/filter/filter.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <type_traits>

#include "ingest/filter/same_bytes.hpp"

namespace sluice {
namespace {

using Kind = FilterStep::Kind;
using Type = FilterStep::Type;

/// Events that a step treats at a time: its columns stay in the cache.
constexpr std::size_t tile_events = 256;

// Truth in an order that makes AND the minimum, OR the maximum and NOT the difference from 2.
constexpr std::uint8_t is_false = 0;
constexpr std::uint8_t unknown = 1;
constexpr std::uint8_t is_true = 2;

std::uint8_t truth_of(bool value) { return value ? is_true : is_false; }

}  // namespace

/// What a step made of the events of a tile. Truth needs no `valid`: it knows unknown.
struct Filter::Tile {
  std::vector<std::uint8_t> valid;
  std::vector<std::uint8_t> truth;
  std::vector<std::int64_t> narrow;
  std::vector<Mantissa> wide;
  std::vector<double> real;
  std::vector<std::string_view> text;

  explicit Tile(const FilterStep& step) {
    switch (step.type) {
      case Type::truth:
        truth.resize(tile_events);
        return;
      case Type::int64:
        narrow.resize(tile_events);
        break;
      case Type::int128:
        wide.resize(tile_events);
        break;
      case Type::real:
        real.resize(tile_events);
        break;
      case Type::string:
        text.resize(tile_events);
        break;
      case Type::presence:
        break;
    }
    valid.resize(tile_events);
  }

  /// Constants are written once.
  void fill(const FilterStep& step) {
    std::fill(valid.begin(), valid.end(), step.is_null ? std::uint8_t{0} : std::uint8_t{1});
    std::fill(truth.begin(), truth.end(), step.is_null ? unknown : truth_of(step.exact != 0));
    std::fill(narrow.begin(), narrow.end(), static_cast<std::int64_t>(step.exact));
    std::fill(wide.begin(), wide.end(), step.exact);
    std::fill(real.begin(), real.end(), step.real);
    std::fill(text.begin(), text.end(), std::string_view(step.text));
  }

  /// The values, by their type.
  template <class T>
  const T* values() const {
    if constexpr (std::is_same_v<T, std::int64_t>) return narrow.data();
    if constexpr (std::is_same_v<T, Mantissa>) return wide.data();
    if constexpr (std::is_same_v<T, double>) return real.data();
    if constexpr (std::is_same_v<T, std::string_view>) return text.data();
    if constexpr (std::is_same_v<T, std::uint8_t>) return truth.data();
  }
};

/// Runs the steps over one tile of events.
class Filter::Evaluation {
 public:
  Evaluation(const FilterProgram& program, std::vector<Tile>& tiles, const EventColumns& events,
             std::span<const FilterColumn> fields)
      : program_(program), tiles_(tiles), events_(events), fields_(fields) {}

  void run(std::size_t first, std::size_t size) {
    first_ = first;
    size_ = size;
    for (std::size_t s = 0; s < program_.steps.size(); ++s) run_step(program_.steps[s], tiles_[s]);
  }

 private:
  const Tile& operand(const FilterStep& step, std::size_t number) const {
    return tiles_[step.operands[number]];
  }
  Type type_of(const FilterStep& step, std::size_t number) const {
    return program_.steps[step.operands[number]].type;
  }

  void run_step(const FilterStep& step, Tile& out) {
    switch (step.kind) {
      case Kind::value_column:
        return load_value(events_.values[step.index], step.type, out);
      case Kind::field_column:
        return load_field(fields_[step.index], step.type, out);
      case Kind::constant:
        return;
      case Kind::widen:
        return widen(step, out);
      case Kind::to_real:
        return convert(step, out);
      case Kind::negate:
      case Kind::add:
      case Kind::subtract:
      case Kind::multiply:
      case Kind::divide:
        return compute(step, out);
      case Kind::starts_with:
        return match_prefix(step, out);
      case Kind::is_null:
        return test_null(step, out);
      case Kind::is_true:
      case Kind::is_false:
      case Kind::negation:
        return change_truth(step, out);
      case Kind::conjunction:
      case Kind::disjunction:
        return connect(step, out);
      default:
        return compare(step, out);
    }
  }

  void load_value(const ValueColumn& column, Type type, Tile& out) const {
    if (column.valid == nullptr) {
      std::fill_n(out.valid.data(), size_, std::uint8_t{1});
    } else {
      std::copy_n(column.valid + first_, size_, out.valid.data());
    }
    if (type == Type::int64) {
      for (std::size_t i = 0; i < size_; ++i) out.narrow[i] = column[first_ + i];
    } else {
      for (std::size_t i = 0; i < size_; ++i) {
        out.real[i] = std::bit_cast<double>(column[first_ + i]);
      }
    }
  }

  void load_field(const FilterColumn& column, Type type, Tile& out) const {
    if (type == Type::truth) {
      for (std::size_t i = 0; i < size_; ++i) {
        out.truth[i] =
            column.valid[first_ + i] == 0 ? unknown : truth_of(column.booleans[first_ + i] != 0);
      }
      return;
    }
    std::copy_n(column.valid + first_, size_, out.valid.data());
    if (type == Type::int64) std::copy_n(column.integers + first_, size_, out.narrow.data());
    if (type == Type::real) std::copy_n(column.numbers + first_, size_, out.real.data());
    if (type == Type::string) std::copy_n(column.strings + first_, size_, out.text.data());
  }

  void widen(const FilterStep& step, Tile& out) const {
    const Tile& in = operand(step, 0);
    std::copy_n(in.valid.data(), size_, out.valid.data());
    if (type_of(step, 0) == Type::int64) {
      for (std::size_t i = 0; i < size_; ++i) out.wide[i] = in.narrow[i] * step.exact;
    } else {
      for (std::size_t i = 0; i < size_; ++i) out.wide[i] = in.wide[i] * step.exact;
    }
  }

  void convert(const FilterStep& step, Tile& out) const {
    const Tile& in = operand(step, 0);
    const auto divisor = static_cast<double>(step.exact);
    std::copy_n(in.valid.data(), size_, out.valid.data());
    if (type_of(step, 0) == Type::int64) {
      for (std::size_t i = 0; i < size_; ++i) {
        out.real[i] = static_cast<double>(in.narrow[i]) / divisor;
      }
    } else {
      for (std::size_t i = 0; i < size_; ++i) {
        out.real[i] = static_cast<double>(in.wide[i]) / divisor;
      }
    }
  }

  void compute(const FilterStep& step, Tile& out) const {
    const Tile& left = operand(step, 0);
    const Tile& right = operand(step, step.operands.size() - 1);
    for (std::size_t i = 0; i < size_; ++i) {
      out.valid[i] = static_cast<std::uint8_t>(left.valid[i] & right.valid[i]);
    }
    if (step.type == Type::int128) {
      combine(step.kind, left.wide.data(), right.wide.data(), out.wide.data());
      return;
    }
    combine(step.kind, left.real.data(), right.real.data(), out.real.data());
    for (std::size_t i = 0; i < size_; ++i) {
      out.valid[i] = static_cast<std::uint8_t>(out.valid[i] & (std::isfinite(out.real[i]) ? 1 : 0));
    }
  }

  template <class Number>
  void combine(Kind kind, const Number* left, const Number* right, Number* out) const {
    const auto each = [&](const auto& operation) {
      for (std::size_t i = 0; i < size_; ++i) out[i] = operation(left[i], right[i]);
    };
    if (kind == Kind::add) return each(std::plus<Number>());
    if (kind == Kind::subtract) return each(std::minus<Number>());
    if (kind == Kind::multiply) return each(std::multiplies<Number>());
    if (kind == Kind::negate) return each([](Number number, Number) { return -number; });
    if constexpr (std::is_same_v<Number, double>) each(std::divides<double>());
  }

  void compare(const FilterStep& step, Tile& out) const {
    switch (type_of(step, 0)) {
      case Type::truth:
        compare_as<std::uint8_t>(step, out);
        for (std::size_t i = 0; i < size_; ++i) {
          const bool known =
              operand(step, 0).truth[i] != unknown && operand(step, 1).truth[i] != unknown;
          if (!known) out.truth[i] = unknown;
        }
        return;
      case Type::int64:
        compare_as<std::int64_t>(step, out);
        break;
      case Type::int128:
        compare_as<Mantissa>(step, out);
        break;
      case Type::real:
        compare_as<double>(step, out);
        break;
      case Type::string:
        compare_strings(step, out);
        break;
      case Type::presence:
        return;
    }
    // Pointers of its own in every hot loop: what is stored as bytes might be anything.
    const std::uint8_t* const left = operand(step, 0).valid.data();
    const std::uint8_t* const right = operand(step, 1).valid.data();
    std::uint8_t* const truth = out.truth.data();
    for (std::size_t i = 0, size = size_; i < size; ++i) {
      truth[i] = (left[i] & right[i]) != 0 ? truth[i] : unknown;
    }
  }

  template <class T>
  void compare_as(const FilterStep& step, Tile& out) const {
    const T* const left = operand(step, 0).values<T>();
    const T* const right = operand(step, 1).values<T>();
    const auto each = [&](const auto& holds) {
      std::uint8_t* const truth = out.truth.data();
      for (std::size_t i = 0, size = size_; i < size; ++i) {
        truth[i] = truth_of(holds(left[i], right[i]));
      }
    };
    switch (step.kind) {
      case Kind::equal:
        return each(std::equal_to<T>());
      case Kind::not_equal:
        return each(std::not_equal_to<T>());
      case Kind::less:
        return each(std::less<T>());
      case Kind::less_equal:
        return each(std::less_equal<T>());
      case Kind::greater:
        return each(std::greater<T>());
      default:
        return each(std::greater_equal<T>());
    }
  }

  void compare_strings(const FilterStep& step, Tile& out) const {
    const FilterStep& right = program_.steps[step.operands[1]];
    const bool equality = step.kind == Kind::equal || step.kind == Kind::not_equal;
    if (!equality || right.kind != Kind::constant) return compare_as<std::string_view>(step, out);
    const std::size_t size = right.text.size();
    match_bytes(operand(step, 0), right.text, step.kind == Kind::equal, out,
                [size](std::string_view text) { return text.size() == size; });
  }

  void match_prefix(const FilterStep& step, Tile& out) const {
    if (type_of(step, 0) != Type::string) {
      std::fill_n(out.truth.data(), size_, unknown);
      return;
    }
    const Tile& in = operand(step, 0);
    match_bytes(in, step.text, true, out, [prefix = step.text.size()](std::string_view text) {
      return text.size() >= prefix;
    });
    for (std::size_t i = 0; i < size_; ++i) {
      out.truth[i] = in.valid[i] != 0 ? out.truth[i] : unknown;
    }
  }

  /// Which strings begin with `bytes`, of those that may. Every event reads as many bytes, the
  /// constant's own where it may not: no branch on lengths, which nobody can foretell.
  template <class May>
  void match_bytes(const Tile& in, std::string_view bytes, bool wanted, Tile& out, May may) const {
    const std::string_view* const texts = in.text.data();
    std::uint8_t* const truth = out.truth.data();
    for (std::size_t i = 0, size = size_; i < size; ++i) {
      const bool considered = may(texts[i]);
      const char* const begin = considered ? texts[i].data() : bytes.data();
      const bool found = same_bytes(begin, bytes.data(), bytes.size()) && considered;
      truth[i] = truth_of(found == wanted);
    }
  }

  void test_null(const FilterStep& step, Tile& out) const {
    const Tile& in = operand(step, 0);
    const bool truth = type_of(step, 0) == Type::truth;
    for (std::size_t i = 0; i < size_; ++i) {
      out.truth[i] = truth_of(truth ? in.truth[i] == unknown : in.valid[i] == 0);
    }
  }

  void change_truth(const FilterStep& step, Tile& out) const {
    const std::uint8_t* const in = operand(step, 0).truth.data();
    for (std::size_t i = 0; i < size_; ++i) {
      out.truth[i] = step.kind == Kind::negation  ? static_cast<std::uint8_t>(is_true - in[i])
                     : step.kind == Kind::is_true ? truth_of(in[i] == is_true)
                                                  : truth_of(in[i] == is_false);
    }
  }

  void connect(const FilterStep& step, Tile& out) const {
    std::copy_n(operand(step, 0).truth.data(), size_, out.truth.data());
    for (std::size_t number = 1; number < step.operands.size(); ++number) {
      const std::uint8_t* const in = operand(step, number).truth.data();
      std::uint8_t* const truth = out.truth.data();
      const std::size_t size = size_;
      if (step.kind == Kind::conjunction) {
        for (std::size_t i = 0; i < size; ++i) truth[i] = std::min(truth[i], in[i]);
      } else {
        for (std::size_t i = 0; i < size; ++i) truth[i] = std::max(truth[i], in[i]);
      }
    }
  }

  const FilterProgram& program_;
  std::vector<Tile>& tiles_;
  const EventColumns& events_;
  std::span<const FilterColumn> fields_;
  std::size_t first_ = 0;
  std::size_t size_ = 0;
};

Filter::Filter(FilterProgram program) : program_(std::move(program)) {
  tiles_.reserve(program_.steps.size());
  for (const FilterStep& step : program_.steps) {
    tiles_.emplace_back(step);
    if (step.kind == Kind::constant) tiles_.back().fill(step);
  }
}
Filter::Filter(Filter&&) noexcept = default;
Filter& Filter::operator=(Filter&&) noexcept = default;
Filter::~Filter() = default;

std::size_t Filter::judge(const EventColumns& events, std::span<const FilterColumn> fields,
                          std::uint8_t* passes) {
  Evaluation evaluation(program_, tiles_, events, fields);
  std::size_t passed = 0;
  for (std::size_t first = 0; first < events.size; first += tile_events) {
    const std::size_t size = std::min(tile_events, events.size - first);
    evaluation.run(first, size);
    const std::uint8_t* const verdict = tiles_.back().truth.data();
    for (std::size_t i = 0; i < size; ++i) {
      passes[first + i] = verdict[i] == is_true ? 1 : 0;
      passed += passes[first + i];
    }
  }
  return passed;
}

}  // namespace sluice
