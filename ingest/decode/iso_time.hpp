#pragma once

#include <chrono>
#include <cstdint>

#include "ingest/decode/eight_bytes.hpp"
#include "ingest/decode/quick_number.hpp"
#include "kernels/types.hpp"

namespace sluice {

/// Reads the forms of ISO 8601 that programs write, `YYYY-MM-DDThh:mm:ss[.fraction][Z|+hh:mm]` with
/// up to nine digits of a fraction, in a few words at a time. It only says yes or no: what it
/// refuses is for parse_iso8601 to judge. Remembers the last date. Reads up to 64 bytes behind the
/// text.
class QuickIsoTime {
 public:
  bool read(const char* text, std::uint32_t length, EventTime& time) noexcept {
    if (length == 24 && read_usual(text, time)) return true;
    if (length < 19 || (text[10] != 'T' && text[10] != ' ')) return false;
    constexpr std::uint64_t zeros = every_byte * '0';
    const std::uint64_t date = load_eight(text) ^ separators('-', 4, 7);
    const std::uint64_t day_to_minute =
        load_eight(text + 8) ^ separators(':', 5, 5) ^ byte_at(text[10] ^ '0', 2);
    const std::uint64_t seconds = (load_eight(text + 16) ^ separators(':', 0, 0)) & 0xFFFFFF;
    if (!all_digits(date) || !all_digits(day_to_minute) || !all_digits(seconds) ||
        ((date >> 32 & 0xFF) | (date >> 56) | (day_to_minute >> 16 & 0xFF) |
         (day_to_minute >> 40 & 0xFF) | (seconds & 0xFF)) != 0) {
      return false;
    }
    const auto hour = pair(day_to_minute, 3);
    const auto minute = pair(day_to_minute, 6);
    const auto second = pair(seconds, 1);
    if (hour > 23 || minute > 59 || second > 59) return false;
    if (!enter_date(date, day_to_minute & 0xFFFF)) return false;
    time = midnight_ + ((hour * 60 + minute) * 60 + second) * 1'000;
    return length == 19 || read_rest(text + 19, length - 19, zeros, time);
  }

 private:
  static constexpr std::uint64_t byte_at(int byte, unsigned place) noexcept {
    return static_cast<std::uint64_t>(static_cast<unsigned char>(byte)) << (8 * place);
  }
  // Eight '0's, with a separator in two places.
  static constexpr std::uint64_t separators(char byte, unsigned first, unsigned second) noexcept {
    const std::uint64_t places = byte_at(0xFF, first) | byte_at(0xFF, second);
    return (every_byte * '0' & ~places) | (every_byte * static_cast<unsigned char>(byte) & places);
  }
  static constexpr std::int64_t pair(std::uint64_t digits, unsigned place) noexcept {
    const std::uint64_t two = digits >> (8 * place);
    return static_cast<std::int64_t>((two & 0xFF) * 10 + (two >> 8 & 0xFF));
  }

  // YYYY-MM-DDThh:mm:ss.mmmZ of the date that was read last: three words without a branch between
  // them.
  bool read_usual(const char* text, EventTime& time) const noexcept {
    const std::uint64_t day_to_minute =
        load_eight(text + 8) ^ separators(':', 5, 5) ^ byte_at('T' ^ '0', 2);
    const std::uint64_t seconds = load_eight(text + 16) ^ separators(':', 0, 0) ^
                                  byte_at('.' ^ '0', 3) ^ byte_at('Z' ^ '0', 7);
    const std::uint64_t other_date = (load_eight(text) ^ separators('-', 4, 7) ^ date_) |
                                     ((day_to_minute ^ day_digits_) & 0xFFFF);
    // The greatest values of the digits; separators are to be 0.
    constexpr std::uint64_t day_to_minute_limits = 0x0905'0009'0200'0909U;
    constexpr std::uint64_t seconds_limits = 0x0009'0909'0009'0500U;
    const std::uint64_t beyond =
        bytes_beyond(day_to_minute, day_to_minute_limits) | bytes_beyond(seconds, seconds_limits);
    const std::int64_t hour = pair(day_to_minute, 3);
    if ((other_date | beyond) != 0 || hour > 23) return false;
    const std::int64_t minutes = hour * 60 + pair(day_to_minute, 6);
    const std::int64_t milliseconds = static_cast<std::int64_t>(
        (seconds >> 32 & 0xFF) * 100 + (seconds >> 40 & 0xFF) * 10 + (seconds >> 48 & 0xFF));
    time = midnight_ + (minutes * 60 + pair(seconds, 1)) * 1'000 + milliseconds;
    return true;
  }

  // The high bits of the bytes that are greater than their limits. @param limits below 0x80
  static constexpr std::uint64_t bytes_beyond(std::uint64_t bytes, std::uint64_t limits) noexcept {
    return (bytes | (bytes + (every_byte * 0x7F - limits))) & high_bits;
  }

  bool enter_date(std::uint64_t date, std::uint64_t day_digits) noexcept {
    if (date == date_ && day_digits == day_digits_) return true;
    using std::chrono::day;
    using std::chrono::month;
    using std::chrono::year;
    const std::chrono::year_month_day calendar =
        year{static_cast<int>(pair(date, 0) * 100 + pair(date, 2))} /
        month{static_cast<unsigned>(pair(date, 5))} /
        day{static_cast<unsigned>(pair(day_digits, 0))};
    if (!calendar.ok()) return false;
    midnight_ =
        std::chrono::milliseconds(std::chrono::sys_days{calendar}.time_since_epoch()).count();
    date_ = date;
    day_digits_ = day_digits;
    return true;
  }

  static bool read_rest(const char* text, std::uint32_t length, std::uint64_t zeros,
                        EventTime& time) noexcept {
    if (*text == '.') {
      std::uint32_t digits = 1;
      while (digits < length && text[digits] >= '0' && text[digits] <= '9') ++digits;
      --digits;
      if (digits == 0 || digits > 9) return false;
      std::uint64_t three = load_eight(text + 1) ^ zeros;
      if (digits < 3) three &= (std::uint64_t{1} << (8 * digits)) - 1;
      time += static_cast<EventTime>((three & 0xFF) * 100 + (three >> 8 & 0xFF) * 10 +
                                     (three >> 16 & 0xFF));
      text += digits + 1;
      length -= digits + 1;
    }
    if (length == 0) return true;
    if (length == 1) return *text == 'Z';
    return length == 6 && read_offset(text, zeros, time);
  }

  static bool read_offset(const char* text, std::uint64_t zeros, EventTime& time) noexcept {
    if ((*text != '+' && *text != '-') || text[3] != ':') return false;
    const std::uint64_t digits = (load_eight(text) ^ zeros) & 0x0000'FFFF'00FF'FF00U;
    const std::int64_t hours = pair(digits, 1);
    const std::int64_t minutes = pair(digits, 4);
    if (!all_digits(digits) || hours > 23 || minutes > 59) return false;
    const EventTime offset = (hours * 60 + minutes) * 60'000;
    time += *text == '-' ? offset : -offset;
    return true;
  }

  std::uint64_t date_ = ~std::uint64_t{0};
  std::uint64_t day_digits_ = 0xFFFF;  ///< no digits: no date was read yet
  EventTime midnight_ = 0;
};

}  // namespace sluice
