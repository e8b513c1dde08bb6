#include "tests/support/job.hpp"

namespace sluice::oracle {
namespace {

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      result += '\\';
    }
    result += c;
  }
  return result + "\"";
}

std::string part_text(const KeyPart& part) {
  if (const auto* flag = std::get_if<bool>(&part)) {
    return *flag ? "true" : "false";
  }
  if (const auto* number = std::get_if<std::int64_t>(&part)) {
    return std::to_string(*number);
  }
  if (const auto* text = std::get_if<std::string>(&part)) {
    return quoted(*text);
  }
  return "null";
}

}  // namespace

std::string key_text(const Key& key) {
  std::string result;
  for (const KeyPart& part : key) {
    if (&part != &key.front()) {
      result += ',';
    }
    result += part_text(part);
  }
  return result;
}

}  // namespace sluice::oracle
