#include "ingest/decode/event_time.hpp"

#include <bit>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "ingest/decode/number.hpp"

namespace sluice {
namespace {

using std::chrono::day;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::month;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::year;
using std::chrono::year_month_day;

int power_of_ten_in_milliseconds(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::seconds:
      return 3;
    case TimeUnit::microseconds:
      return -3;
    case TimeUnit::nanoseconds:
      return -6;
    default:
      return 0;
  }
}

bool is_digit(char character) { return character >= '0' && character <= '9'; }

// Takes fixed pieces from the front of a text; once one is missing, all that follow are.
class Pieces {
 public:
  explicit Pieces(std::string_view text) : rest_(text) {}

  bool take(std::string_view any_of) {
    if (rest_.empty() || any_of.find(rest_.front()) == std::string_view::npos) return false;
    taken_ = rest_.front();
    rest_.remove_prefix(1);
    return true;
  }
  void expect(std::string_view any_of) { valid_ = take(any_of) && valid_; }

  int number(std::size_t digits) {
    if (rest_.size() < digits) {
      valid_ = false;
      return 0;
    }
    int number = 0;
    for (const char digit : rest_.substr(0, digits)) {
      valid_ = valid_ && is_digit(digit);
      number = number * 10 + (digit - '0');
    }
    rest_.remove_prefix(digits);
    return number;
  }

  // The first three digits of a fraction of any length, at least one.
  int thousandths() {
    std::size_t count = 0;
    int number = 0;
    for (; count < rest_.size() && is_digit(rest_[count]); ++count) {
      if (count < 3) number = number * 10 + (rest_[count] - '0');
    }
    for (std::size_t digit = count; digit < 3; ++digit) number *= 10;
    valid_ = valid_ && count > 0;
    rest_.remove_prefix(count);
    return number;
  }

  char taken() const { return taken_; }
  bool next_is_digit() const { return !rest_.empty() && is_digit(rest_.front()); }
  void reject_unless(bool right) { valid_ = valid_ && right; }
  bool complete() const { return valid_ && rest_.empty(); }

 private:
  std::string_view rest_;
  char taken_ = 0;
  bool valid_ = true;
};

minutes take_offset(Pieces& pieces) {
  if (pieces.take("Zz") || !pieces.take("+-")) return minutes{0};
  const bool west = pieces.taken() == '-';
  const int hour = pieces.number(2);
  const int minute = pieces.take(":") || pieces.next_is_digit() ? pieces.number(2) : 0;
  pieces.reject_unless(hour < 24 && minute < 60);
  const minutes offset = hours{hour} + minutes{minute};
  return west ? -offset : offset;
}

}  // namespace

std::optional<EventTime> parse_iso8601(std::string_view text) noexcept {
  Pieces pieces(text);
  const year_month_day date = [&pieces] {
    const int year_number = pieces.number(4);
    pieces.expect("-");
    const int month_number = pieces.number(2);
    pieces.expect("-");
    const int day_number = pieces.number(2);
    return year{year_number} / month{static_cast<unsigned>(month_number)} /
           day{static_cast<unsigned>(day_number)};
  }();
  pieces.expect("Tt ");
  const int hour = pieces.number(2);
  pieces.expect(":");
  const int minute = pieces.number(2);
  const bool has_seconds = pieces.take(":");
  const int second = has_seconds ? pieces.number(2) : 0;
  const int fraction = has_seconds && pieces.take(".,") ? pieces.thousandths() : 0;
  const minutes offset = take_offset(pieces);
  pieces.reject_unless(date.ok() && hour < 24 && minute < 60 && second < 60);
  if (!pieces.complete()) return std::nullopt;
  const milliseconds time = sys_days{date}.time_since_epoch() + hours{hour} + minutes{minute} +
                            seconds{second} + milliseconds{fraction} - offset;
  return time.count();
}

std::optional<EventTime> to_event_time(const Scalar& scalar, TimeUnit unit) noexcept {
  if (unit == TimeUnit::iso8601) {
    if (scalar.kind != Scalar::Kind::string && scalar.kind != Scalar::Kind::untyped) {
      return std::nullopt;
    }
    return parse_iso8601(scalar.view());
  }
  if (scalar.kind == Scalar::Kind::untyped) return to_event_time(number_of(scalar), unit);
  if (scalar.kind == Scalar::Kind::float64) {
    if (!std::isfinite(std::bit_cast<double>(scalar.digits))) return std::nullopt;
    return to_event_time(shortest_number(scalar), unit);
  }
  if (scalar.kind != Scalar::Kind::integer && scalar.kind != Scalar::Kind::number) {
    return std::nullopt;
  }
  const auto [magnitude, remainder, overflow] = scaled(scalar, power_of_ten_in_milliseconds(unit));
  if (overflow || magnitude > std::uint64_t{max_event_time}) return std::nullopt;
  const auto time = static_cast<EventTime>(magnitude);
  if (!scalar.negative) return time;
  if (remainder && magnitude == std::uint64_t{max_event_time}) return std::nullopt;
  return -time - remainder;
}

}  // namespace sluice
