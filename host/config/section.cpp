#include "host/config/section.hpp"

#include <algorithm>
#include <charconv>
#include <numeric>

#include "host/config/units.hpp"

namespace sluice {
namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, changed});
    }
  }
  return row[b.size()];
}

template <class Number>
std::optional<Number> parse_number(const std::string& text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string shortest(double number) {
  char digits[32];
  return {digits, std::to_chars(digits, digits + sizeof digits, number).ptr};
}

std::string joined(const std::vector<std::string_view>& names) {
  std::string text;
  for (const std::string_view name : names) {
    if (!text.empty()) text += ", ";
    text += name;
  }
  return text;
}

}  // namespace

void Faults::add(int line, const std::string& key, const std::string& text) {
  std::string where = file_;
  if (line >= 0) where += ":" + std::to_string(line + 1);
  lines_.push_back(where + ": " + key + ": " + text);
}

std::string Faults::text() const {
  std::string all;
  for (const std::string& line : lines_) {
    if (!all.empty()) all += '\n';
    all += line;
  }
  return all;
}

std::optional<std::string> nearest(std::string_view written,
                                   const std::vector<std::string_view>& names) {
  std::optional<std::string> best;
  std::size_t best_distance = std::max<std::size_t>(written.size() / 3, 1) + 1;
  for (const std::string_view name : names) {
    const std::size_t distance = edit_distance(written, name);
    if (distance < best_distance) {
      best_distance = distance;
      best = std::string(name);
    }
  }
  return best;
}

Section::Section(const YAML::Node& node, std::string path, Faults& faults, int line)
    : node_(node), path_(std::move(path)), faults_(faults), line_(line) {
  if (node_.IsDefined() && !node_.IsNull() && !node_.IsMap()) {
    faults_.add(node_.Mark().line, path_.empty() ? "job" : path_, "must be a mapping of options");
    node_ = YAML::Node();
  }
}

YAML::Node Section::node(const std::string& key) {
  known_.insert(key);
  if (node_.IsMap()) {
    // operator[] of a const node does not create the key, but gives an invalid node without one.
    const YAML::Node& constant = node_;
    if (const YAML::Node found = constant[key]; found.IsDefined()) return found;
  }
  return YAML::Node(YAML::NodeType::Undefined);
}

bool Section::has(const std::string& key) {
  const YAML::Node found = node(key);
  return found.IsDefined() && !found.IsNull();
}

Section Section::section(const std::string& key) {
  return Section(has(key) ? node(key) : YAML::Node(), path_of(key), faults_, line(key));
}

int Section::line(const std::string& key) const {
  const YAML::Node& constant = node_;
  if (node_.IsMap()) {
    if (const YAML::Node found = constant[key]; found.IsDefined()) return found.Mark().line;
  }
  return line();
}

int Section::line() const { return node_.IsMap() ? node_.Mark().line : line_; }

void Section::fault(const std::string& key, const std::string& text) {
  faults_.add(line(key), path_of(key), text);
}

std::string Section::path_of(const std::string& key) const {
  return path_.empty() ? key : key.empty() ? path_ : path_ + "." + key;
}

void Section::fault_choice(const std::string& key, const std::string& written,
                           const std::vector<std::string_view>& names) {
  const auto meant = nearest(written, names);
  fault(key, "\"" + written + "\" is none of " + joined(names) +
                 (meant ? "; did you mean " + *meant + "?" : ""));
}

std::optional<std::string> Section::scalar(const std::string& key) {
  if (!has(key)) return std::nullopt;
  const YAML::Node found = node(key);
  if (!found.IsScalar()) {
    fault(key, "must be a single value");
    return std::nullopt;
  }
  return found.Scalar();
}

std::string Section::text(const std::string& key, const std::string& standard) {
  return scalar(key).value_or(standard);
}

std::string Section::required_text(const std::string& key) {
  if (!has(key)) fault(key, "is required");
  return text(key, "");
}

std::int64_t Section::integer(const std::string& key, std::int64_t standard, std::int64_t least,
                              std::int64_t most) {
  const auto written = scalar(key);
  if (!written) return standard;
  const auto value = parse_number<std::int64_t>(*written);
  if (!value || *value < least || *value > most) {
    fault(key, "\"" + *written + "\" must be a whole number from " + std::to_string(least) +
                   " to " + std::to_string(most));
    return standard;
  }
  return *value;
}

double Section::number(const std::string& key, double standard, double least, double most) {
  const auto written = scalar(key);
  if (!written) return standard;
  const auto value = parse_number<double>(*written);
  if (!value || !(*value >= least && *value <= most)) {
    fault(key, "\"" + *written + "\" must be a number from " + shortest(least) + " to " +
                   shortest(most));
    return standard;
  }
  return *value;
}

bool Section::flag(const std::string& key, bool standard) {
  return choice<bool>(key, standard, {{"true", true}, {"false", false}});
}

Milliseconds Section::duration(const std::string& key, Milliseconds standard, Milliseconds least) {
  const auto written = scalar(key);
  if (!written) return standard;
  const auto value = parse_duration(*written);
  if (!value) {
    fault(key, "\"" + *written +
                   "\" is no duration; write it with a unit, as in 500ms, 10s, 5m, "
                   "1h or 1d");
    return standard;
  }
  if (*value < least) {
    fault(key, "\"" + *written + "\" must be at least " + std::to_string(least) + "ms");
    return standard;
  }
  return *value;
}

std::optional<Milliseconds> Section::duration_or_off(const std::string& key,
                                                     std::optional<Milliseconds> standard) {
  // yaml-cpp leaves `off` as the text it is.
  if (const auto written = scalar(key); written && *written == "off") return std::nullopt;
  return has(key) ? std::optional(duration(key, standard.value_or(0), 0)) : standard;
}

std::size_t Section::bytes(const std::string& key, std::size_t standard, std::size_t least) {
  const auto written = scalar(key);
  if (!written) return standard;
  const auto value = parse_bytes(*written);
  if (!value || *value < least) {
    fault(key, "\"" + *written + "\" must be a size of at least " + std::to_string(least) +
                   " bytes, as in 64KiB, 32MiB or 8GiB");
    return standard;
  }
  return *value;
}

std::vector<std::string> Section::texts(const std::string& key) {
  std::vector<std::string> values;
  if (!has(key)) return values;
  const YAML::Node found = node(key);
  if (found.IsScalar()) return {found.Scalar()};
  if (!found.IsSequence()) {
    fault(key, "must be a list");
    return values;
  }
  for (const YAML::Node& item : found) {
    if (item.IsScalar()) {
      values.push_back(item.Scalar());
    } else {
      fault(key, "must be a list of single values");
    }
  }
  return values;
}

void Section::not_supported_yet(std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) {
    if (has(std::string(key))) fault(std::string(key), "not supported yet");
  }
}

void Section::finish() {
  if (!node_.IsMap()) return;
  const std::vector<std::string_view> names(known_.begin(), known_.end());
  std::set<std::string> seen;
  for (const auto& entry : node_) {
    const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : "?";
    const std::string where = path_of(key);
    if (!seen.insert(key).second) faults_.add(entry.first.Mark().line, where, "is given twice");
    if (known_.contains(key)) continue;
    const auto meant = nearest(key, names);
    faults_.add(entry.first.Mark().line, where,
                meant ? "unknown option; did you mean " + *meant + "?" : "unknown option");
  }
}

}  // namespace sluice
