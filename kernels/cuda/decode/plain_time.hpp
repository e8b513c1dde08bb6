#pragma once

#include <cstdint>

#include "kernels/cuda/decode/plain_number.hpp"
#include "kernels/cuda/decode/text_words.hpp"
#include "kernels/hd.hpp"
#include "kernels/types.hpp"

namespace sluice::cuda {

/// Days from 1970-01-01 to a date of the proleptic Gregorian calendar: years begin in March, so
/// that the leap day is a year's last; 400 years have 146,097 days.
SLUICE_HD constexpr std::int64_t days_since_epoch(std::int64_t year, std::int64_t month,
                                                  std::int64_t day) noexcept {
  const std::int64_t years = 400 + year - (month <= 2 ? 1 : 0);  // never negative
  const std::int64_t months = month <= 2 ? month + 9 : month - 3;
  const std::int64_t leap_days = years / 4 - years / 100 + years / 400;
  return years * 365 + leap_days + (months * 153 + 2) / 5 + day - 1 - 146'097 - 719'468;
}
static_assert(days_since_epoch(1970, 1, 1) == 0 && days_since_epoch(2000, 3, 1) == 11'017 &&
              days_since_epoch(1969, 12, 31) == -1);

SLUICE_HD constexpr std::int64_t days_in_month(std::int64_t year, std::int64_t month) noexcept {
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  if (month == 2) return leap ? 29 : 28;
  return 30 + ((month + month / 8) & 1);
}

/// The forms of ISO 8601 that programs write: `YYYY-MM-DDThh:mm:ss[.fraction][Z|+hh:mm]`, T or a
/// space, up to nine digits of a fraction. Says yes or no: what it refuses may still be a time.
class PlainIsoTime {
 public:
  SLUICE_HD PlainIsoTime(const char* bytes, std::uint32_t at, std::uint32_t length) noexcept
      : bytes_(bytes), at_(at), end_(at + length) {}

  SLUICE_HD bool read(EventTime& time) noexcept {
    if (end_ - at_ < 19 || end_ - at_ > 35) return false;
    const std::int64_t year = number(2) * 100 + number(2);
    expect('-');
    const std::int64_t month = number(2);
    expect('-');
    const std::int64_t day = number(2);
    right_ = right_ && (bytes_[at_] == 'T' || bytes_[at_] == ' ');
    ++at_;
    const std::int64_t hour = number(2);
    expect(':');
    const std::int64_t minute = number(2);
    expect(':');
    const std::int64_t second = number(2);
    if (!right_ || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) ||
        hour > 23 || minute > 59 || second > 59) {
      return false;
    }
    time = ((days_since_epoch(year, month, day) * 24 + hour) * 60 + minute) * 60'000 +
           second * 1'000 + thousandths() - offset();
    return right_ && at_ == end_;
  }

 private:
  SLUICE_HD std::int64_t number(std::uint32_t digits) noexcept {
    std::int64_t number = 0;
    for (std::uint32_t i = 0; i < digits; ++i, ++at_) {
      const auto digit = static_cast<unsigned>(bytes_[at_] - '0');
      right_ = right_ && digit <= 9;
      number = number * 10 + static_cast<std::int64_t>(digit);
    }
    return number;
  }
  SLUICE_HD void expect(char character) noexcept {
    right_ = right_ && bytes_[at_] == character;
    ++at_;
  }
  SLUICE_HD std::int64_t thousandths() noexcept {
    if (at_ == end_ || bytes_[at_] != '.') return 0;
    std::uint64_t digits = 0;
    const std::uint32_t count = append_digits(bytes_, at_ + 1, digits);
    at_ += 1 + count;
    right_ = right_ && count > 0 && count <= 9;
    if (!right_) return 0;
    return static_cast<std::int64_t>(count < 3 ? digits * ten_to(3 - count)
                                               : digits / ten_to(count - 3));
  }
  SLUICE_HD std::int64_t offset() noexcept {
    if (at_ == end_) return 0;
    const char sign = bytes_[at_++];
    if (sign == 'Z') return 0;
    right_ = right_ && (sign == '+' || sign == '-') && end_ - at_ == 5;
    if (!right_) return 0;
    const std::int64_t hours = number(2);
    expect(':');
    const std::int64_t minutes = number(2);
    right_ = right_ && hours < 24 && minutes < 60;
    const std::int64_t offset = (hours * 60 + minutes) * 60'000;
    return sign == '-' ? -offset : offset;
  }

  const char* bytes_;
  std::uint32_t at_;
  std::uint32_t end_;
  bool right_ = true;
};

}  // namespace sluice::cuda
