#include "host/config/names.hpp"

#include <algorithm>
#include <array>

namespace sluice {
namespace {

constexpr std::array<std::string_view, 6> reserved{"pipeline", "window", "job",
                                                   "instance", "le",     "quantile"};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

bool is_name(std::string_view text) {
  return !text.empty() && is_letter(text.front()) && !text.starts_with("__") &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_letter(c) || is_digit(c); });
}

bool is_reserved_name(std::string_view text) {
  return std::find(reserved.begin(), reserved.end(), text) != reserved.end();
}

std::string last_member(std::string_view path) {
  return std::string(path.substr(path.rfind('.') + 1));
}

}  // namespace sluice
