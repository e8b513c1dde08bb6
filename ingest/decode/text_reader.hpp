#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>

#include "ingest/decode/event_time.hpp"
#include "ingest/decode/json_scalar.hpp"
#include "ingest/decode/string_key.hpp"
#include "ingest/decode/text_plan.hpp"
#include "ingest/decode/text_rows.hpp"
#include "ingest/decode/value_bits.hpp"

namespace sluice {

/// One block on its way into columns (ReadTextColumns).
template <TextDialect Dialect, class Numbers>
class TextReader {
 public:
  TextReader(TextPlan& plan, const char* base, const TextBlock& block, DecodedEvents& events,
             std::uint8_t* odd)
      : plan_(plan), rows_(base, block, odd), events_(events) {}

  std::size_t read_all(std::span<const Message> messages, std::size_t fields) {
    if (Dialect == TextDialect::json && !rows_.valid_utf8()) rows_.check_utf8();
    read_time(messages);
    read_keys();
    for (std::size_t value = 0; value < plan_.values.size(); ++value) read_value(value);
    for (std::size_t field = plan_.fields; field < fields; ++field) rows_.check(field);
    return rows_.odd_rows();
  }

 private:
  using Rows = TextRows<Dialect, Numbers>;

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

  void read_time(std::span<const Message> messages) {
    EventTime* const time = events_.time + events_.size;
    if (!plan_.time_field) {
      for (std::size_t row = 0; row < rows_.size(); ++row) {
        time[row] = messages[rows_.extent(row).message].timestamp;
        if (time[row] < -max_event_time || time[row] > max_event_time) rows_.mark_odd(row);
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
        return Numbers::template number<Rows::zeros>(text, length, number) &&
               quick_milliseconds(number, power, time[row]);
      };
      rows_.read(*plan_.time_field, quick, exact);
    };
    switch (plan_.time_unit) {
      case TimeUnit::milliseconds:
        return rows_.read_integers(*plan_.time_field, max_event_time, time, exact);
      case TimeUnit::iso8601: {
        const auto quick = [this, time](const char* text, std::uint32_t length, std::size_t row) {
          constexpr std::uint32_t quotes = Dialect == TextDialect::json ? 1 : 0;
          if (quotes == 1 && (length < 2 || *text != '"')) return false;
          return plan_.iso_time.read(text + quotes, length - 2 * quotes, time[row]);
        };
        rows_.read(*plan_.time_field, quick, exact);
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
    const auto exact = [this, low, key_field = field](const Scalar& scalar, std::size_t row) {
      KeyIdentity key;
      plan_.scalars[key_field] = scalar;
      if (plan_.keys.identify(plan_.scalars, key).reason) return false;
      low[row] = key.low;
      if (key.high != 0 && !events_.any_key_high) begin_key_high();
      if (events_.any_key_high) events_.key_high[events_.size + row] = key.high;
      return true;
    };
    const bool as_integers =
        type == KeyType::int64 || (type == KeyType::as_it_came && Dialect == TextDialect::json &&
                                   rows_.first_character(field) != '"');
    if (as_integers) {
      read_integer_keys(field, low, exact);
    } else if (type != KeyType::boolean && (Dialect == TextDialect::json || rows_.valid_utf8())) {
      read_string_keys(field, low, exact);
    } else {
      const auto none = [](const char*, std::uint32_t, std::size_t) { return false; };
      rows_.read(field, none, exact);
    }
  }

  void begin_key_high() {
    events_.begin_key_high();
    std::fill_n(events_.key_high + events_.size, rows_.size(), std::uint64_t{0});
  }

  template <class Exact>
  void read_integer_keys(std::size_t field, std::uint64_t* low, const Exact& exact) {
    if (events_.any_key_high) begin_key_high();
    auto* const keys = reinterpret_cast<std::int64_t*>(low);
    rows_.read_integers(field, std::numeric_limits<std::int64_t>::max(), keys, exact);
  }

  template <class Exact>
  void read_string_keys(std::size_t field, std::uint64_t* low, const Exact& exact) {
    begin_key_high();
    std::uint64_t* const high = events_.key_high + events_.size;
    const auto quick = [low, high, seed = plan_.keys.seed(), max_bytes = plan_.keys.max_bytes()](
                           const char* text, std::uint32_t length, std::size_t row) {
      constexpr std::uint32_t quotes = Dialect == TextDialect::json ? 1 : 0;
      if (quotes == 0 ? length == 0 : *text != '"' || length < 2) return false;
      const std::uint32_t bytes = length - 2 * quotes;
      if (bytes > max_bytes) return false;
      const KeyIdentity key = identify_string({text + quotes, bytes}, seed);
      low[row] = key.low;
      high[row] = key.high;
      return true;
    };
    if (!rows_.escaped()) return rows_.read(field, quick, exact);
    const auto quick_without_escapes = [&quick](const char* text, std::uint32_t length,
                                                std::size_t row) {
      return !has_json_escape(text, length) && quick(text, length, row);
    };
    rows_.read(field, quick_without_escapes, exact);
  }

  void read_joined_keys(std::uint64_t* low) {
    if (plan_.keys.columns().empty()) {
      std::fill_n(low, rows_.size(), std::uint64_t{0});
      if (events_.any_key_high) {
        std::fill_n(events_.key_high + events_.size, rows_.size(), std::uint64_t{0});
      }
      return;
    }
    events_.begin_key_high();
    for (std::size_t row = 0; row < rows_.size(); ++row) {
      bool scanned = true;
      rows_.begin_row();
      for (const KeyColumns::Column& column : plan_.keys.columns()) {
        Scalar& scalar = plan_.scalars[column.field];
        scalar = Scalar{};
        scanned = scanned && rows_.scan(column.field, row, scalar);
      }
      KeyIdentity key;
      if (!scanned || plan_.keys.identify(plan_.scalars, key).reason) rows_.mark_odd(row);
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
    if (wrote_valid) std::fill_n(valid, rows_.size(), std::uint8_t{1});
    const auto exact = [&](const Scalar& scalar, std::size_t row) {
      if (scalar.absent()) {
        if (column.required) return false;
        events_.begin_valid(static_cast<std::uint32_t>(value));
        if (!wrote_valid) std::fill_n(valid, rows_.size(), std::uint8_t{1});
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
      case ValueType::int64:
        return rows_.read_integers(field, std::numeric_limits<std::int64_t>::max(), bits, exact);
      case ValueType::decimal:
        return rows_.read_decimals(field, column.scale, bits, exact);
      case ValueType::float64:
        return rows_.read_doubles(field, bits, exact);
    }
  }

  TextPlan& plan_;
  Rows rows_;
  DecodedEvents& events_;
};

template <TextDialect Dialect, class Numbers>
std::size_t read_text_columns(TextPlan& plan, const char* base, const TextBlock& block,
                              std::span<const Message> messages, DecodedEvents& events,
                              std::uint8_t* odd) {
  return TextReader<Dialect, Numbers>(plan, base, block, events, odd)
      .read_all(messages, block.fields.size());
}

}  // namespace sluice
