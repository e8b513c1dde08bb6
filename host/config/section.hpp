#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <yaml-cpp/yaml.h>

#include "kernels/types.hpp"

namespace sluice {

/// What is wrong with a job file, in the order found.
class Faults {
 public:
  explicit Faults(std::string file) : file_(std::move(file)) {}

  /// @param line 0-based as yaml-cpp counts, or -1 when unknown.
  void add(int line, const std::string& key, const std::string& text);
  bool empty() const noexcept { return lines_.empty(); }
  std::string text() const;

 private:
  std::string file_;
  std::vector<std::string> lines_;
};

/// One mapping of a job file: reads typed options, notes every key that was asked for, and reports
/// the rest as unknown, with the nearest known name. Faults are collected, so that one check names
/// them all; after a fault the default stands in.
class Section {
 public:
  /// @param line where its faults are when `node` is no mapping; as in Faults::add.
  Section(const YAML::Node& node, std::string path, Faults& faults, int line = -1);

  bool has(const std::string& key);
  /// The raw node of an option.
  YAML::Node node(const std::string& key);
  Section section(const std::string& key);
  int line(const std::string& key) const;
  int line() const;
  const std::string& path() const noexcept { return path_; }
  void fault(const std::string& key, const std::string& text);
  Faults& faults() const noexcept { return faults_; }

  std::string text(const std::string& key, const std::string& standard);
  std::string required_text(const std::string& key);
  std::int64_t integer(const std::string& key, std::int64_t standard, std::int64_t least,
                       std::int64_t most);
  double number(const std::string& key, double standard, double least, double most);
  bool flag(const std::string& key, bool standard);
  Milliseconds duration(const std::string& key, Milliseconds standard, Milliseconds least);
  /// A duration, or `off`.
  std::optional<Milliseconds> duration_or_off(const std::string& key,
                                              std::optional<Milliseconds> standard);
  std::size_t bytes(const std::string& key, std::size_t standard, std::size_t least);
  /// A list of scalars; a single scalar counts as a list of one.
  std::vector<std::string> texts(const std::string& key);

  /// One of a few words.
  template <class Value>
  Value choice(const std::string& key, Value standard,
               std::initializer_list<std::pair<std::string_view, Value>> words) {
    const auto written = scalar(key);
    if (!written) return standard;
    std::vector<std::string_view> names;
    for (const auto& [name, value] : words) {
      if (*written == name) return value;
      names.push_back(name);
    }
    fault_choice(key, *written, names);
    return standard;
  }

  /// Options that the contract names and this build does not have yet.
  void not_supported_yet(std::initializer_list<std::string_view> keys);
  /// Reports every key that nobody asked for. Call last.
  void finish();

 private:
  std::optional<std::string> scalar(const std::string& key);
  /// The full name of an option, or of the section for "".
  std::string path_of(const std::string& key) const;
  void fault_choice(const std::string& key, const std::string& written,
                    const std::vector<std::string_view>& names);

  YAML::Node node_;
  std::string path_;
  Faults& faults_;
  int line_;
  std::set<std::string> known_;
};

/// The name nearest to `written`, if one is near enough to be meant.
std::optional<std::string> nearest(std::string_view written,
                                   const std::vector<std::string_view>& names);

}  // namespace sluice
