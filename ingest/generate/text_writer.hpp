#pragma once

#include <charconv>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace sluice {

/// Writes text forward through memory that the caller made large enough.
class TextWriter {
 public:
  explicit TextWriter(char* at) : at_(at) {}

  TextWriter& operator<<(std::string_view text) {
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
    return *this;
  }
  TextWriter& operator<<(std::int64_t number) {
    at_ = std::to_chars(at_, at_ + 20, number).ptr;
    return *this;
  }
  TextWriter& operator<<(std::uint64_t number) {
    at_ = std::to_chars(at_, at_ + 20, number).ptr;
    return *this;
  }
  /// A number of hundredths as a decimal with two digits after the point.
  TextWriter& hundredths(std::uint64_t number) {
    *this << number / 100;
    at_[0] = '.';
    at_[1] = static_cast<char>('0' + number / 10 % 10);
    at_[2] = static_cast<char>('0' + number % 10);
    at_ += 3;
    return *this;
  }

  char* at() const noexcept { return at_; }

 private:
  char* at_;
};

}  // namespace sluice
