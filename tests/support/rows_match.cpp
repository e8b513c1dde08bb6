#include "tests/support/rows_match.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <sstream>
#include <tuple>
#include <utility>

namespace sluice::oracle {
namespace {

constexpr std::size_t shown_differences = 8;

// One emission of one window; what has an order.
using Emission = std::tuple<std::string, std::int64_t, std::int64_t, std::uint64_t>;

template <typename AnyRow>
Emission emission_of(const AnyRow& row) {
  return {row.window, row.start, row.end, row.revision};
}

std::string text_of(const Emission& emission) {
  std::ostringstream text;
  text << "window " << std::get<0>(emission) << " [" << std::get<1>(emission) << ", "
       << std::get<2>(emission) << ") revision " << std::get<3>(emission);
  return text.str();
}

template <typename AnyRow>
std::string name_of(const AnyRow& row) {
  return text_of(emission_of(row)) + " key " + row.key;
}

std::string text_of(const Expected& expected) {
  std::ostringstream text;
  text.precision(21);
  if (!expected.value) {
    text << "null";
  } else {
    std::visit([&text](const auto& number) { text << number; }, *expected.value);
  }
  if (expected.tolerance > 0) {
    text << " +- " << expected.tolerance;
  }
  text << (expected.or_null ? " or null" : "") << (expected.overflow ? " (overflow)" : "");
  return text.str();
}

std::string text_of(const ActualRow::Value& actual, bool marked) {
  std::ostringstream text;
  text.precision(17);
  if (!actual) {
    text << "null";
  } else if (const auto* number = std::get_if<std::int64_t>(&*actual)) {
    text << *number;
  } else {
    text << std::get<double>(*actual) << " (double)";
  }
  text << (marked ? " (overflow)" : "");
  return text.str();
}

bool value_matches(const Expected& expected, const ActualRow::Value& actual) {
  if (!actual) {
    return !expected.value || expected.or_null;
  }
  if (!expected.value || expected.value->index() != actual->index()) {
    return false;
  }
  if (const auto* number = std::get_if<std::int64_t>(&*actual)) {
    return *number == std::get<std::int64_t>(*expected.value);
  }
  const long double distance = std::abs(static_cast<long double>(std::get<double>(*actual)) -
                                        std::get<long double>(*expected.value));
  return distance <= expected.tolerance;  // false for a NaN
}

class Report {
 public:
  void add(const std::string& line) {
    if (++count_ <= shown_differences) {
      text_ += line + '\n';
    }
  }
  std::string text() const {
    return count_ <= shown_differences
               ? text_
               : text_ + "and " + std::to_string(count_ - shown_differences) + " more\n";
  }

 private:
  std::size_t count_ = 0;
  std::string text_;
};

void compare_row(const Job& job, const Row& expected, const ActualRow& actual, Report& report) {
  if (actual.values.size() != expected.values.size()) {
    report.add(name_of(expected) + ": " + std::to_string(actual.values.size()) + " values for " +
               std::to_string(expected.values.size()) + " aggregates");
    return;
  }
  for (std::size_t i = 0; i < expected.values.size(); ++i) {
    const std::string& name = job.aggregates.at(i).as;
    const bool marked =
        std::find(actual.overflow.begin(), actual.overflow.end(), name) != actual.overflow.end();
    if (!value_matches(expected.values[i], actual.values[i]) ||
        marked != expected.values[i].overflow) {
      report.add(name_of(expected) + ": " + name + " is " + text_of(actual.values[i], marked) +
                 ", expected " + text_of(expected.values[i]));
    }
  }
}

template <typename AnyRow>
std::vector<Emission> emissions_of(const std::vector<AnyRow>& rows) {
  std::vector<Emission> emissions;
  for (const AnyRow& row : rows) {
    if (emissions.empty() || emissions.back() != emission_of(row)) {
      emissions.push_back(emission_of(row));
    }
  }
  return emissions;
}

void compare_order(const std::vector<Row>& expected, const std::vector<ActualRow>& actual,
                   Report& report) {
  const std::vector<Emission> wanted = emissions_of(expected);
  const std::vector<Emission> found = emissions_of(actual);
  const auto [want, have] = std::mismatch(wanted.begin(), wanted.end(), found.begin(), found.end());
  if (want != wanted.end() || have != found.end()) {
    report.add("order: emission " + std::to_string(want - wanted.begin()) + " is " +
               (have == found.end() ? "missing" : text_of(*have)) + ", expected " +
               (want == wanted.end() ? "none" : text_of(*want)));
  }
}

using RowKey = std::pair<Emission, std::string>;

}  // namespace

std::string differences(const Job& job, const std::vector<Row>& expected,
                        const std::vector<ActualRow>& actual, RowOrder order) {
  Report report;
  std::map<RowKey, const ActualRow*> found;
  for (const ActualRow& row : actual) {
    if (!found.emplace(RowKey{emission_of(row), row.key}, &row).second) {
      report.add(name_of(row) + ": emitted twice");
    }
  }
  for (const Row& row : expected) {
    const auto match = found.find({emission_of(row), row.key});
    if (match == found.end()) {
      report.add(name_of(row) + ": missing");
    } else {
      compare_row(job, row, *match->second, report);
      found.erase(match);
    }
  }
  for (const auto& [key, row] : found) {
    report.add(name_of(*row) + ": not expected");
  }
  if (order == RowOrder::by_closing) {
    compare_order(expected, actual, report);
  }
  return report.text();
}

ActualRow to_actual(const Job& job, const Row& row) {
  ActualRow actual{.window = row.window,
                   .start = row.start,
                   .end = row.end,
                   .key = row.key,
                   .values = {},
                   .revision = row.revision,
                   .overflow = {}};
  for (std::size_t i = 0; i < row.values.size(); ++i) {
    const Expected& expected = row.values[i];
    ActualRow::Value value;
    if (expected.value && std::holds_alternative<std::int64_t>(*expected.value)) {
      value = std::get<std::int64_t>(*expected.value);
    } else if (expected.value) {
      value = static_cast<double>(std::get<long double>(*expected.value));
    }
    actual.values.push_back(value);
    if (expected.overflow) {
      actual.overflow.push_back(job.aggregates.at(i).as);
    }
  }
  return actual;
}

}  // namespace sluice::oracle
