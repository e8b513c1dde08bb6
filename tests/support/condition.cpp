#include "tests/support/condition.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "tests/support/random.hpp"

namespace sluice::oracle {
namespace {

__extension__ using Int128 = __int128;

Int128 ten_to(int exponent) { return exponent == 0 ? 1 : 10 * ten_to(exponent - 1); }

/// mantissa / 10^scale, or a double.
struct Number {
  Int128 mantissa = 0;
  int scale = 0;
  std::optional<double> real = {};

  double as_real() const {
    return real ? *real : static_cast<double>(mantissa) / static_cast<double>(ten_to(scale));
  }
};

int compare(const Number& a, const Number& b) {
  if (a.real || b.real) {
    return a.as_real() < b.as_real() ? -1 : a.as_real() > b.as_real() ? 1 : 0;
  }
  const int scale = std::max(a.scale, b.scale);
  const Int128 left = a.mantissa * ten_to(scale - a.scale);
  const Int128 right = b.mantissa * ten_to(scale - b.scale);
  return left < right ? -1 : left > right ? 1 : 0;
}

std::optional<Number> sum(const Number& a, const Number& b, int sign) {
  if (a.real || b.real) {
    const double result = a.as_real() + sign * b.as_real();
    if (!std::isfinite(result)) return std::nullopt;
    return Number{.real = result};
  }
  const int scale = std::max(a.scale, b.scale);
  return Number{.mantissa = a.mantissa * ten_to(scale - a.scale) +
                            sign * (b.mantissa * ten_to(scale - b.scale)),
                .scale = scale};
}

std::optional<Number> ratio(const Number& a, const Number& b) {
  const double result = a.as_real() / b.as_real();
  if (!std::isfinite(result)) return std::nullopt;
  return Number{.real = result};
}

std::string text_of(const Number& number) {
  if (number.real) {
    char digits[40];
    const auto end = std::to_chars(digits, digits + sizeof digits, *number.real).ptr;
    return {digits, end};
  }
  const bool negative = number.mantissa < 0;
  const Int128 magnitude = negative ? -number.mantissa : number.mantissa;
  std::string digits;
  for (Int128 rest = magnitude; rest > 0; rest /= 10) {
    digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(rest % 10)));
  }
  const auto places = static_cast<std::size_t>(number.scale);
  if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
  if (places > 0) digits.insert(digits.size() - places, ".");
  return (negative ? "-" : "") + digits;
}

std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string("''") : std::string(1, c);
  return result + "'";
}

using Truth = std::optional<bool>;

Truth negation(Truth a) { return a ? Truth(!*a) : a; }

Truth conjunction(Truth a, Truth b) {
  if ((a && !*a) || (b && !*b)) return false;
  return a && b ? Truth(true) : std::nullopt;
}

Truth disjunction(Truth a, Truth b) { return negation(conjunction(negation(a), negation(b))); }

/// How two things lie to each other: negative, 0, positive; none where one is null.
using Order = std::function<std::optional<int>(const Event&)>;

struct Comparison {
  const char* text;
  bool (*holds)(int);
};
constexpr Comparison comparisons[] = {
    {" = ", [](int order) { return order == 0; }}, {" <> ", [](int order) { return order != 0; }},
    {" < ", [](int order) { return order < 0; }},  {" <= ", [](int order) { return order <= 0; }},
    {" > ", [](int order) { return order > 0; }},  {" >= ", [](int order) { return order >= 0; }},
};

class Draw {
 public:
  Draw(const Job& job, const std::vector<Event>& sample, std::uint64_t seed)
      : job_(job), sample_(sample), random_(seed) {
    for (std::size_t key = 0; key < sample.front().key.size(); ++key) {
      uses_.push_back(use_of(key));
    }
  }

  Condition condition(int depth) {
    if (depth == 0 || random_.chance(20)) return simple();
    const Condition a = condition(depth - 1);
    switch (random_.below(4)) {
      case 0:
        return {"NOT (" + a.text + ")",
                [a](const Event& event) { return negation(a.holds(event)); }};
      case 1:
        return truth_test(a);
      default:
        break;
    }
    const Condition b = condition(depth - 1);
    if (random_.chance(50)) {
      return {"(" + a.text + ") AND (" + b.text + ")",
              [a, b](const Event& event) { return conjunction(a.holds(event), b.holds(event)); }};
    }
    return {"(" + a.text + ") OR (" + b.text + ")",
            [a, b](const Event& event) { return disjunction(a.holds(event), b.holds(event)); }};
  }

 private:
  /// What a key column is taken for, which is one thing in all of a condition.
  enum class Use { number, boolean, text, presence };

  struct Term {
    std::string text;
    std::function<std::optional<Number>(const Event&)> value;
  };

  const Event& any_event() { return sample_[random_.below(sample_.size())]; }

  Use use_of(std::size_t key) {
    const auto all = [&](auto fits) {
      return std::all_of(sample_.begin(), sample_.end(),
                         [&](const Event& event) { return fits(event.key[key]); });
    };
    if (all([](const KeyPart& part) { return std::holds_alternative<std::int64_t>(part); })) {
      return Use::number;
    }
    if (all([](const KeyPart& part) { return std::holds_alternative<bool>(part); })) {
      return Use::boolean;
    }
    return random_.chance(80) ? Use::text : Use::presence;
  }

  std::size_t any_column() { return random_.below(job_.columns.size()); }

  Term column(std::size_t index) const {
    const int scale =
        job_.columns[index].type == ValueType::decimal ? job_.columns[index].scale : 0;
    return {"v" + std::to_string(index), [index, scale](const Event& event) {
              const auto& value = event.values[index];
              if (!value) return std::optional<Number>();
              if (const auto* real = std::get_if<double>(&*value)) {
                return std::optional<Number>({.real = *real});
              }
              return std::optional<Number>(
                  {.mantissa = std::get<std::int64_t>(*value), .scale = scale});
            }};
  }

  static Term constant(const Number& number) {
    return {text_of(number), [number](const Event&) { return std::optional<Number>(number); }};
  }

  /// A number that the term has somewhere, or one beside it.
  Term constant_like(const Term& term) {
    Number number = term.value(any_event()).value_or(Number{.mantissa = random_.between(-5, 5)});
    if (!number.real && random_.chance(30)) number.mantissa += random_.between(-1, 1);
    if (random_.chance(5)) return {"NULL", [](const Event&) { return std::optional<Number>(); }};
    return constant(number);
  }

  Term term() {
    Term a = column(any_column());
    switch (random_.below(8)) {
      case 0: {
        const Term b = column(any_column());
        const int sign = random_.chance(50) ? 1 : -1;
        return {"(" + a.text + (sign > 0 ? " + " : " - ") + b.text + ")",
                [a, b, sign](const Event& event) {
                  const auto left = a.value(event);
                  const auto right = b.value(event);
                  return left && right ? sum(*left, *right, sign) : std::nullopt;
                }};
      }
      case 1: {
        const std::int64_t factor = random_.between(-99, 99);
        return {"(" + a.text + " * " + std::to_string(factor) + ")",
                [a, factor](const Event& event) {
                  auto value = a.value(event);
                  if (!value) return value;
                  value->mantissa *= factor;
                  if (value->real) *value->real *= static_cast<double>(factor);
                  return value;
                }};
      }
      case 2: {
        const Term b = column(any_column());
        return {"(" + a.text + " / " + b.text + ")", [a, b](const Event& event) {
                  const auto left = a.value(event);
                  const auto right = b.value(event);
                  return left && right ? ratio(*left, *right) : std::nullopt;
                }};
      }
      default:
        return a;
    }
  }

  static Order order_of(const Term& a, const Term& b) {
    return [a, b](const Event& event) -> std::optional<int> {
      const auto left = a.value(event);
      const auto right = b.value(event);
      if (!left || !right) return std::nullopt;
      return compare(*left, *right);
    };
  }

  static Condition compared(const Comparison& comparison, const std::string& left,
                            const std::string& right, const Order& order) {
    return {left + comparison.text + right, [order, comparison](const Event& event) -> Truth {
              const auto found = order(event);
              return found ? Truth(comparison.holds(*found)) : std::nullopt;
            }};
  }

  const Comparison& any_comparison() { return comparisons[random_.below(std::size(comparisons))]; }

  Condition simple() {
    const std::size_t keys = uses_.size();
    if (keys == 0 || random_.chance(60)) return about_values();
    return about_key(random_.below(keys));
  }

  Condition about_values() {
    const Term a = term();
    switch (random_.below(6)) {
      case 0: {
        const Term low = constant_like(a);
        const Term high = constant_like(a);
        const bool inverted = random_.chance(30);
        const Order above = order_of(a, low);
        const Order below = order_of(a, high);
        return {a.text + (inverted ? " NOT" : "") + " BETWEEN " + low.text + " AND " + high.text,
                [above, below, inverted](const Event& event) {
                  const auto from = above(event);
                  const auto to = below(event);
                  const Truth inside = conjunction(from ? Truth(*from >= 0) : std::nullopt,
                                                   to ? Truth(*to <= 0) : std::nullopt);
                  return inverted ? negation(inside) : inside;
                }};
      }
      case 1: {
        std::vector<Order> orders;
        std::string list;
        for (std::int64_t i = random_.between(1, 3); i > 0; --i) {
          const Term item = constant_like(a);
          list += (list.empty() ? "" : ", ") + item.text;
          orders.push_back(order_of(a, item));
        }
        return in_list(a.text, list, orders);
      }
      case 2: {
        const bool inverted = random_.chance(50);
        return {a.text + " IS " + (inverted ? "NOT " : "") + "NULL",
                [a, inverted](const Event& event) {
                  return Truth(a.value(event).has_value() == inverted);
                }};
      }
      case 3: {
        const Term b = term();
        return compared(any_comparison(), a.text, b.text, order_of(a, b));
      }
      default: {
        const Term b = constant_like(a);
        return compared(any_comparison(), a.text, b.text, order_of(a, b));
      }
    }
  }

  Condition in_list(const std::string& left, const std::string& list,
                    const std::vector<Order>& orders) {
    const bool inverted = random_.chance(30);
    return {left + (inverted ? " NOT" : "") + " IN (" + list + ")",
            [orders, inverted](const Event& event) {
              Truth any = false;
              for (const Order& order : orders) {
                const auto found = order(event);
                any = disjunction(any, found ? Truth(*found == 0) : std::nullopt);
              }
              return inverted ? negation(any) : any;
            }};
  }

  Condition about_key(std::size_t key) {
    const std::string name = "k" + std::to_string(key);
    switch (uses_[key]) {
      case Use::number: {
        const Term a{name, [key](const Event& event) {
                       const auto* number = std::get_if<std::int64_t>(&event.key[key]);
                       return number != nullptr ? std::optional<Number>({.mantissa = *number})
                                                : std::nullopt;
                     }};
        const Term b = constant_like(a);
        return compared(any_comparison(), a.text, b.text, order_of(a, b));
      }
      case Use::boolean:
        return {random_.chance(50) ? name : name + " = TRUE", [key](const Event& event) {
                  const auto* flag = std::get_if<bool>(&event.key[key]);
                  return flag != nullptr ? Truth(*flag) : std::nullopt;
                }};
      case Use::text:
        return about_text(key, name);
      case Use::presence:
        break;
    }
    return {name + " IS NULL", [key](const Event& event) {
              return Truth(std::holds_alternative<std::monostate>(event.key[key]));
            }};
  }

  Condition about_text(std::size_t key, const std::string& name) {
    const auto text_in = [key](const Event& event) {
      const auto* text = std::get_if<std::string>(&event.key[key]);
      return text != nullptr ? std::optional(*text) : std::nullopt;
    };
    const auto order_to = [text_in](const std::string& other) -> Order {
      return [text_in, other](const Event& event) -> std::optional<int> {
        const auto text = text_in(event);
        return text ? std::optional(text->compare(other)) : std::nullopt;
      };
    };
    const std::string other = text_in(any_event()).value_or("it's");
    switch (random_.below(4)) {
      case 0: {
        const std::string prefix = other.substr(0, std::min<std::size_t>(other.size(), 2));
        return {name + " LIKE " + quoted(prefix + "%"), [text_in, prefix](const Event& event) {
                  const auto text = text_in(event);
                  return text ? Truth(text->starts_with(prefix)) : std::nullopt;
                }};
      }
      case 1:  // the second half says that the column is taken for a text
        return {"(" + name + " IS NULL AND (" + name + " LIKE 'k%') IS NOT TRUE)",
                [text_in](const Event& event) { return Truth(!text_in(event).has_value()); }};
      case 2: {
        const std::string third = text_in(any_event()).value_or("");
        return in_list(name, quoted(other) + ", " + quoted(third),
                       {order_to(other), order_to(third)});
      }
      default:
        return compared(any_comparison(), name, quoted(other), order_to(other));
    }
  }

  Condition truth_test(const Condition& a) {
    const bool asked = random_.chance(50);
    const bool inverted = random_.chance(50);
    return {"(" + a.text + ") IS " + (inverted ? "NOT " : "") + (asked ? "TRUE" : "FALSE"),
            [a, asked, inverted](const Event& event) {
              const Truth truth = a.holds(event);
              return Truth((truth && *truth == asked) != inverted);
            }};
  }

  const Job& job_;
  const std::vector<Event>& sample_;
  Random random_;
  std::vector<Use> uses_;
};

}  // namespace

Condition random_condition(const Job& job, const std::vector<Event>& sample, std::uint64_t seed) {
  Draw draw(job, sample, seed);
  return draw.condition(3);
}

void filter(const Condition& condition, std::vector<Event>& events) {
  for (Event& event : events) {
    if (event.kind != EventKind::event) continue;
    if (!condition.holds(event).value_or(false)) event.kind = EventKind::filtered;
  }
}

}  // namespace sluice::oracle
