#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>

#include "ingest/decode/event_time.hpp"
#include "ingest/decode/json_scalar.hpp"
#include "ingest/decode/number.hpp"
#include "ingest/decode/quick_number.hpp"
#include "ingest/decode/string_key.hpp"
#include "ingest/decode/text_plan.hpp"
#include "ingest/decode/value_bits.hpp"

namespace sluice {

/// One block on its way into columns (ReadTextColumns). Numbers: NumberWords or NumberVectors; a
/// class of its own for each, since they are compiled for different machines. Where a quick reading
/// refuses, the scalar is read as the exact road reads
/// it; where that finds a fault, or no scalar, the row is odd.
template <TextDialect Dialect, class Numbers>
class TextReader {
 public:
  TextReader(TextPlan& plan, const char* base, const TextBlock& block, DecodedEvents& events,
             std::uint8_t* odd)
      : plan_(plan), base_(base), block_(block), events_(events), odd_(odd) {}

  std::size_t read_all(std::span<const Message> messages) {
    std::fill_n(odd_, block_.size, std::uint8_t{0});
    if (Dialect == TextDialect::json && !block_.valid_utf8) check_utf8();
    read_time(messages);
    read_keys();
    for (std::size_t value = 0; value < plan_.values.size(); ++value) read_value(value);
    for (std::size_t field = plan_.fields; field < block_.fields.size(); ++field) check(field);
    std::size_t odd_rows = 0;
    for (std::size_t row = 0; row < block_.size; ++row) odd_rows += odd_[row];
    return odd_rows;
  }

 private:
  static constexpr LeadingZeros zeros =
      Dialect == TextDialect::json ? LeadingZeros::refused : LeadingZeros::allowed;

  // Only of times that are not negative, so that dividing rounds down.
  static bool quick_milliseconds(const QuickNumber& number, int power, EventTime& time) noexcept {
    power -= static_cast<int>(number.decimals);
    if (number.negative != 0 || power < -max_power_of_ten) return false;
    constexpr auto limit = static_cast<std::uint64_t>(max_event_time);
    if (power < 0) {
      const std::uint64_t floored = number.digits / power_of_ten[-power];
      time = static_cast<EventTime>(floored);
      return floored <= limit;
    }
    time = static_cast<EventTime>(number.digits * power_of_ten[power]);
    return number.digits <= limit / power_of_ten[power];
  }

  // False: beyond int64, or maybe.
  static bool quick_decimal(const QuickNumber& number, unsigned scale, std::uint64_t limit,
                            std::int64_t& bits) noexcept {
    if (number.decimals > scale) return false;
    bits = number.with_sign(number.digits * power_of_ten[scale - number.decimals]);
    return number.digits <= limit;
  }

  static bool quick_double(const QuickNumber& number, std::int64_t& bits) noexcept {
    double value = 0;
    if (!exact_double(number.digits, -static_cast<int>(number.decimals), value)) return false;
    bits = std::bit_cast<std::int64_t>(number.negative != 0 && value != 0 ? -value : value);
    return true;
  }

  // Reads a field of every row: quick(text, length, row), else exact(scalar, row). The first loop
  // is to hold no call, and no branch on what the rows say.
  template <class Quick, class Exact>
  void for_each(std::size_t field, Quick quick, const Exact& exact) {
    const FieldTexts texts = block_.fields[field];
    const char* const base = base_;
    const std::size_t rows = block_.size;
    std::array<std::uint16_t, TextBlock::most + 1> refused;
    std::size_t refusals = 0;
    const std::uint32_t* begin = texts.begins;
    const std::uint32_t* end = texts.ends;
    for (std::size_t row = 0; row < rows; ++row, begin += texts.stride, end += texts.stride) {
      const std::uint32_t from = *begin + texts.begin_shift;
      const bool read = quick(base + from, *end + texts.end_shift - from, row);
      refused[refusals] = static_cast<std::uint16_t>(row);
      refusals += !read;
    }
    if (refusals > 0) read_exactly(texts, {refused.data(), refusals}, exact);
  }

  template <class Exact>
  [[gnu::noinline]] void read_exactly(const FieldTexts& texts,
                                      std::span<const std::uint16_t> refused, const Exact& exact) {
    for (const std::uint16_t row : refused) {
      Scalar scalar;
      if (!scan(texts[row], scalar) || !exact(scalar, row)) odd_[row] = 1;
    }
  }

  bool scan(TextSpan span, Scalar& scalar) const noexcept {
    if (span.end == 0) return true;  // missing
    const char* const text = base_ + span.begin;
    if constexpr (Dialect == TextDialect::json) {
      return span.begin < span.end && scan_json_scalar(text, base_ + span.end, scalar);
    } else {
      scalar.kind = span.begin == span.end ? Scalar::Kind::null : Scalar::Kind::untyped;
      scalar.text = text;
      scalar.length = span.end - span.begin;
      scalar.valid_utf8 = block_.valid_utf8;
      scalar.padded = true;
      return true;
    }
  }

  void check_utf8() {
    for (std::size_t row = 0; row < block_.size; ++row) {
      const EventExtent& extent = block_.extents[row];
      odd_[row] = !is_valid_utf8({base_ + extent.begin, extent.length});
    }
  }

  void read_time(std::span<const Message> messages) {
    EventTime* const time = events_.time + events_.size;
    if (!plan_.time_field) {
      for (std::size_t row = 0; row < block_.size; ++row) {
        time[row] = messages[block_.extents[row].message].timestamp;
        if (time[row] < -max_event_time || time[row] > max_event_time) odd_[row] = 1;
      }
      return;
    }
    const auto exact = [this, time](const Scalar& scalar, std::size_t row) {
      if (scalar.absent()) return false;
      const std::optional<EventTime> read = to_event_time(scalar, plan_.time_unit);
      if (read) time[row] = *read;
      return read.has_value();
    };
    const auto read_numbers = [&](int power) {
      const auto quick = [time, power](const char* text, std::uint32_t length, std::size_t row) {
        QuickNumber number;
        return Numbers::template number<zeros>(text, length, number) &&
               quick_milliseconds(number, power, time[row]);
      };
      for_each(*plan_.time_field, quick, exact);
    };
    switch (plan_.time_unit) {
      case TimeUnit::milliseconds: {
        const auto quick = [time](const char* text, std::uint32_t length, std::size_t row) {
          QuickNumber number;
          const bool read = Numbers::template integer<zeros>(text, length, number);
          time[row] = number.with_sign(number.digits);
          return read && number.digits <= std::uint64_t{max_event_time};
        };
        for_each(*plan_.time_field, quick, exact);
        return;
      }
      case TimeUnit::iso8601: {
        const auto quick = [this, time](const char* text, std::uint32_t length, std::size_t row) {
          constexpr std::uint32_t quotes = Dialect == TextDialect::json ? 1 : 0;
          if (quotes == 1 && (length < 2 || *text != '"')) return false;
          return plan_.iso_time.read(text + quotes, length - 2 * quotes, time[row]);
        };
        for_each(*plan_.time_field, quick, exact);
        return;
      }
      case TimeUnit::seconds:
        return read_numbers(3);
      case TimeUnit::microseconds:
        return read_numbers(-3);
      case TimeUnit::nanoseconds:
        return read_numbers(-6);
    }
  }

  void read_keys() {
    std::uint64_t* const low = events_.key_low + events_.size;
    if (plan_.keys.columns().size() != 1) {
      read_joined_keys(low);
      return;
    }
    const auto [field, type] = plan_.keys.columns()[0];
    bool wrote_high = events_.any_key_high;
    const auto put = [&](KeyIdentity key, std::size_t row) {
      low[row] = key.low;
      if (key.high != 0 && !wrote_high) {
        events_.begin_key_high();
        std::fill_n(events_.key_high + events_.size, row, std::uint64_t{0});
        wrote_high = true;
      }
      if (wrote_high) events_.key_high[events_.size + row] = key.high;
    };
    const auto exact = [&, key_field = field](const Scalar& scalar, std::size_t row) {
      KeyIdentity key;
      plan_.scalars[key_field] = scalar;
      if (plan_.keys.identify(plan_.scalars, key).reason) return false;
      put(key, row);
      return true;
    };
    const std::uint64_t seed = plan_.keys.seed();
    const std::size_t max_bytes = plan_.keys.max_bytes();
    const bool as_strings = (type == KeyType::as_it_came || type == KeyType::string) &&
                            (Dialect == TextDialect::json || block_.valid_utf8);
    const bool as_integers =
        type == KeyType::int64 || (type == KeyType::as_it_came && Dialect == TextDialect::json);
    const auto quick = [&](const char* text, std::uint32_t length, std::size_t row) {
      constexpr std::uint32_t quotes = Dialect == TextDialect::json ? 1 : 0;
      if (as_strings && (quotes == 0 ? length > 0 : *text == '"' && length >= 2)) {
        const std::uint32_t bytes = length - 2 * quotes;
        if (bytes > max_bytes) return false;
        put(identify_string({text + quotes, bytes}, seed), row);
        return true;
      }
      QuickNumber number;
      if (!as_integers || !Numbers::template integer<zeros>(text, length, number)) return false;
      if (number.digits > std::numeric_limits<std::int64_t>::max()) return false;
      put({static_cast<std::uint64_t>(number.with_sign(number.digits)), 0}, row);
      return true;
    };
    for_each(field, quick, exact);
  }

  void read_joined_keys(std::uint64_t* low) {
    if (plan_.keys.columns().empty()) {
      std::fill_n(low, block_.size, std::uint64_t{0});
      if (events_.any_key_high) {
        std::fill_n(events_.key_high + events_.size, block_.size, std::uint64_t{0});
      }
      return;
    }
    events_.begin_key_high();
    for (std::size_t row = 0; row < block_.size; ++row) {
      bool scanned = true;
      for (const KeyColumns::Column& column : plan_.keys.columns()) {
        Scalar& scalar = plan_.scalars[column.field];
        scalar = Scalar{};
        scanned = scanned && scan(block_.fields[column.field][row], scalar);
      }
      KeyIdentity key;
      if (!scanned || plan_.keys.identify(plan_.scalars, key).reason) odd_[row] = 1;
      low[row] = key.low;
      events_.key_high[events_.size + row] = key.high;
    }
  }

  void read_value(std::size_t value) {
    const ValueField& column = plan_.values[value];
    const std::size_t field = plan_.value_fields[value];
    std::int64_t* const bits = events_.values[value] + events_.size;
    std::uint8_t* const valid = events_.valid[value] + events_.size;
    bool wrote_valid = events_.any_null[value];
    if (wrote_valid) std::fill_n(valid, block_.size, std::uint8_t{1});
    const auto exact = [&](const Scalar& scalar, std::size_t row) {
      if (scalar.absent()) {
        if (column.required) return false;
        events_.begin_valid(static_cast<std::uint32_t>(value));
        if (!wrote_valid) std::fill_n(valid, block_.size, std::uint8_t{1});
        wrote_valid = true;
        valid[row] = 0;
        bits[row] = 0;
        return true;
      }
      const auto [read, fault] =
          scalar.kind == Scalar::Kind::untyped
              ? to_value_bits(number_of(scalar), column, plan_.allow_non_finite)
              : to_value_bits(scalar, column, plan_.allow_non_finite);
      bits[row] = read;
      return !fault;
    };
    switch (column.type) {
      case ValueType::int64: {
        const auto quick = [bits](const char* text, std::uint32_t length, std::size_t row) {
          QuickNumber number;
          const bool read = Numbers::template integer<zeros>(text, length, number);
          bits[row] = number.with_sign(number.digits);
          return read && number.digits <= std::numeric_limits<std::int64_t>::max();
        };
        for_each(field, quick, exact);
        return;
      }
      case ValueType::decimal: {
        const std::uint64_t limit =
            std::numeric_limits<std::int64_t>::max() / power_of_ten[column.scale];
        const auto quick = [bits, limit, scale = column.scale](
                               const char* text, std::uint32_t length, std::size_t row) {
          QuickNumber number;
          return Numbers::template number<zeros>(text, length, number) &&
                 quick_decimal(number, scale, limit, bits[row]);
        };
        for_each(field, quick, exact);
        return;
      }
      case ValueType::float64: {
        const auto quick = [bits](const char* text, std::uint32_t length, std::size_t row) {
          QuickNumber number;
          return Numbers::template number<zeros>(text, length, number) &&
                 quick_double(number, bits[row]);
        };
        for_each(field, quick, exact);
        return;
      }
    }
  }

  void check(std::size_t field) {
    const auto quick = [](const char* text, std::uint32_t length, std::size_t) {
      QuickNumber number;
      return Numbers::template integer<zeros>(text, length, number);
    };
    for_each(field, quick, [](const Scalar&, std::size_t) { return true; });
  }

  TextPlan& plan_;
  const char* base_;
  const TextBlock& block_;
  DecodedEvents& events_;
  std::uint8_t* odd_;
};

template <TextDialect Dialect, class Numbers>
std::size_t read_text_columns(TextPlan& plan, const char* base, const TextBlock& block,
                              std::span<const Message> messages, DecodedEvents& events,
                              std::uint8_t* odd) {
  return TextReader<Dialect, Numbers>(plan, base, block, events, odd).read_all(messages);
}

}  // namespace sluice
