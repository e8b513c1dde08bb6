#include "ingest/decode/binary_columns.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <limits>
#include <string_view>

#include "ingest/decode/binary_number.hpp"
#include "ingest/decode/digits.hpp"
#include "ingest/decode/event_time.hpp"
#include "ingest/decode/field_plan.hpp"
#include "ingest/decode/value_bits.hpp"

namespace sluice {
namespace {

using Type = BinaryField::Type;

constexpr std::uint64_t exponent_bits = 0x7FF0'0000'0000'0000U;

// One number of each row as int64, or as the bits of a double. False: one does not fit, or is not
// finite.
template <class Number, bool Swapped>
bool load_numbers(const char* text, std::size_t stride, std::size_t count,
                  std::int64_t* numbers) noexcept {
  std::uint64_t beyond = 0;
  for (std::size_t row = 0; row < count; ++row, text += stride) {
    const auto number = load_number<Number, Swapped>(text);
    if constexpr (std::floating_point<Number>) {
      const auto bits = std::bit_cast<std::uint64_t>(static_cast<double>(number) + 0.0);  // no -0
      beyond |= static_cast<std::uint64_t>((bits & exponent_bits) == exponent_bits);
      numbers[row] = static_cast<std::int64_t>(bits);
    } else {
      if constexpr (std::same_as<Number, std::uint64_t>) beyond |= number >> 63;
      numbers[row] = static_cast<std::int64_t>(number);
    }
  }
  return beyond == 0;
}

template <bool Swapped>
auto loader_for(Type type) noexcept -> decltype(&load_numbers<std::int64_t, Swapped>) {
  switch (type) {
    case Type::int8:
      return load_numbers<std::int8_t, Swapped>;
    case Type::int16:
      return load_numbers<std::int16_t, Swapped>;
    case Type::int32:
      return load_numbers<std::int32_t, Swapped>;
    case Type::int64:
      return load_numbers<std::int64_t, Swapped>;
    case Type::uint8:
      return load_numbers<std::uint8_t, Swapped>;
    case Type::uint16:
      return load_numbers<std::uint16_t, Swapped>;
    case Type::uint32:
      return load_numbers<std::uint32_t, Swapped>;
    case Type::uint64:
      return load_numbers<std::uint64_t, Swapped>;
    case Type::float32:
      return load_numbers<float, Swapped>;
    case Type::float64:
      return load_numbers<double, Swapped>;
    default:
      return nullptr;
  }
}

struct Extremes {
  std::int64_t least = std::numeric_limits<std::int64_t>::max();
  std::int64_t greatest = std::numeric_limits<std::int64_t>::min();

  bool within(std::int64_t limit) const noexcept { return least >= -limit && greatest <= limit; }
};

Extremes extremes_of(const std::int64_t* numbers, std::size_t count) noexcept {
  Extremes extremes;
  for (std::size_t row = 0; row < count; ++row) {
    extremes.least = std::min(extremes.least, numbers[row]);
    extremes.greatest = std::max(extremes.greatest, numbers[row]);
  }
  return extremes;
}

// False: a product may leave int64.
bool multiply(std::int64_t* numbers, std::size_t count, std::uint64_t factor) noexcept {
  const auto by = static_cast<std::int64_t>(factor);
  if (!extremes_of(numbers, count).within(std::numeric_limits<std::int64_t>::max() / by)) {
    return false;
  }
  for (std::size_t row = 0; row < count; ++row) numbers[row] *= by;
  return true;
}

void to_doubles(std::int64_t* numbers, std::size_t count) noexcept {
  for (std::size_t row = 0; row < count; ++row) {
    numbers[row] = std::bit_cast<std::int64_t>(static_cast<double>(numbers[row]));
  }
}

void divide_rounding_down(std::int64_t* numbers, std::size_t count, std::int64_t by) noexcept {
  for (std::size_t row = 0; row < count; ++row) {
    numbers[row] = numbers[row] / by - (numbers[row] % by < 0);
  }
}

bool to_milliseconds(std::int64_t* times, std::size_t count, TimeUnit unit) noexcept {
  switch (unit) {
    case TimeUnit::seconds:
      return multiply(times, count, 1'000);
    case TimeUnit::milliseconds:
      return true;
    case TimeUnit::microseconds:
      divide_rounding_down(times, count, 1'000);
      return true;
    case TimeUnit::nanoseconds:
      divide_rounding_down(times, count, 1'000'000);
      return true;
    case TimeUnit::iso8601:
      return false;
  }
  return false;
}

// NULs at the end are cut off; most strings fill their place or end within its last word.
std::string_view without_nuls(const char* text, std::uint32_t bytes) noexcept {
  while (bytes > 0 && text[bytes - 1] == '\0') --bytes;
  return {text, bytes};
}

}  // namespace

BinaryColumns::BinaryColumns(const Format& format)
    : row_(format),
      keys_(format),
      values_(format.values),
      time_unit_(format.event_time.unit),
      allow_non_finite_(format.allow_non_finite) {
  const FieldPlan plan(format);
  time_field_ = plan.time;
  value_fields_ = plan.values;
  fields_.resize(plan.paths.size());
}

std::optional<TimeBounds> BinaryColumns::read(const char* rows, std::size_t count,
                                              EventTime transport_time, DecodedEvents& events) {
  EventTime* const time = events.time + events.size;
  if (time_field_) {
    if (!read_time(rows, count, time)) return std::nullopt;
  } else {
    std::fill_n(time, count, transport_time);
  }
  const Extremes times = extremes_of(time, count);
  if (!times.within(max_event_time)) return std::nullopt;
  if (!read_keys(rows, count, events)) return std::nullopt;
  for (std::size_t value = 0; value < values_.size(); ++value) {
    if (!read_value(rows, count, value, events)) return std::nullopt;
  }
  return TimeBounds{times.least, times.greatest};
}

BinaryColumns::LoadNumbers BinaryColumns::loader_of(std::size_t field) const noexcept {
  const Type type = row_.places()[field].type;
  return row_.order() == ByteOrder::big ? loader_for<true>(type) : loader_for<false>(type);
}

bool BinaryColumns::is_float(std::size_t field) const noexcept {
  const Type type = row_.places()[field].type;
  return type == Type::float32 || type == Type::float64;
}

bool BinaryColumns::read_time(const char* rows, std::size_t count, EventTime* time) const {
  const std::size_t field = *time_field_;
  const LoadNumbers load = loader_of(field);
  if (load != nullptr && !is_float(field)) {
    return load(rows + row_.places()[field].begin, row_.bytes(), count, time) &&
           to_milliseconds(time, count, time_unit_);
  }
  Scalar scalar;
  for (std::size_t row = 0; row < count; ++row, rows += row_.bytes()) {
    row_.read(rows, field, scalar);
    const std::optional<EventTime> read = to_event_time(scalar, time_unit_);
    if (!read) return false;
    time[row] = *read;
  }
  return true;
}

bool BinaryColumns::read_keys(const char* rows, std::size_t count, DecodedEvents& events) {
  std::uint64_t* const low = events.key_low + events.size;
  std::uint64_t* const high = events.key_high + events.size;
  if (keys_.columns().empty()) {
    std::fill_n(low, count, std::uint64_t{0});
    if (events.any_key_high) std::fill_n(high, count, std::uint64_t{0});
    return true;
  }
  if (keys_.columns().size() == 1) {
    const auto [field, type] = keys_.columns()[0];
    const LoadNumbers load = loader_of(field);
    const bool as_integers = type == KeyType::as_it_came || type == KeyType::int64;
    if (load != nullptr && !is_float(field) && as_integers) {
      if (events.any_key_high) std::fill_n(high, count, std::uint64_t{0});
      return load(rows + row_.places()[field].begin, row_.bytes(), count,
                  reinterpret_cast<std::int64_t*>(low));
    }
    const bool as_strings = type == KeyType::as_it_came || type == KeyType::string;
    if (row_.places()[field].type == Type::chars && as_strings) {
      return read_strings(rows, count, field, events);
    }
  }
  events.begin_key_high();
  for (std::size_t row = 0; row < count; ++row, rows += row_.bytes()) {
    for (const KeyColumns::Column& column : keys_.columns()) {
      row_.read(rows, column.field, fields_[column.field]);
    }
    KeyIdentity identity;
    if (keys_.identify(fields_, identity).reason) return false;
    low[row] = identity.low;
    high[row] = identity.high;
  }
  return true;
}

bool BinaryColumns::read_strings(const char* rows, std::size_t count, std::size_t field,
                                 DecodedEvents& events) const {
  const BinaryRow::Place& place = row_.places()[field];
  events.begin_key_high();
  for (std::size_t row = 0; row < count; ++row, rows += row_.bytes()) {
    const std::string_view text = without_nuls(rows + place.begin, place.bytes);
    if (text.size() > keys_.max_bytes()) return false;
    if (!is_valid_utf8(text)) return false;
    const KeyIdentity identity = identify(text, keys_.seed());
    events.key_low[events.size + row] = identity.low;
    events.key_high[events.size + row] = identity.high;
  }
  return true;
}

bool BinaryColumns::read_value(const char* rows, std::size_t count, std::size_t value,
                               DecodedEvents& events) const {
  const ValueField& column = values_[value];
  const std::size_t field = value_fields_[value];
  std::int64_t* const bits = events.values[value] + events.size;
  const BinaryRow::Place& place = row_.places()[field];
  if (place.type == Type::pad) {
    if (column.required) return false;
    events.begin_valid(static_cast<std::uint32_t>(value));
    std::fill_n(events.valid[value] + events.size, count, std::uint8_t{0});
    std::fill_n(bits, count, std::int64_t{0});
    return true;
  }
  if (events.any_null[value]) {
    std::fill_n(events.valid[value] + events.size, count, std::uint8_t{1});
  }
  const LoadNumbers load = loader_of(field);
  const bool floats = is_float(field);
  const bool doubles = column.type == ValueType::float64;
  if (load != nullptr && (doubles || !floats)) {
    if (!load(rows + place.begin, row_.bytes(), count, bits)) return false;
    if (doubles && !floats) to_doubles(bits, count);
    if (column.type != ValueType::decimal || column.scale == 0) return true;
    return multiply(bits, count, power_of_ten[column.scale]);
  }
  Scalar scalar;
  for (std::size_t row = 0; row < count; ++row, rows += row_.bytes()) {
    row_.read(rows, field, scalar);
    const auto [read, fault] = to_value_bits(scalar, column, allow_non_finite_);
    if (fault) return false;
    bits[row] = read;
  }
  return true;
}

void BinaryColumns::read_filter(const char* rows, std::size_t count, FilterColumns& filter,
                                std::size_t first) const {
  for (const FilterColumns::Column& column : filter.each()) {
    if (read_filter_numbers(rows, count, column, first)) continue;
    const char* row = rows;
    for (std::size_t event = first; event < first + count; ++event, row += row_.bytes()) {
      Scalar scalar;
      row_.read(row, column.field, scalar);
      column.put(event, scalar);
    }
  }
}

// False: not numbers, or some are beyond the column's type.
bool BinaryColumns::read_filter_numbers(const char* rows, std::size_t count,
                                        const FilterColumns::Column& column,
                                        std::size_t first) const {
  const LoadNumbers load = loader_of(column.field);
  const bool floats = is_float(column.field);
  const bool doubles = column.type == FilterField::Type::number;
  if (load == nullptr || (!doubles && (floats || column.type != FilterField::Type::integer))) {
    return false;
  }
  std::array<std::int64_t, block_rows> bits;
  if (!load(rows + row_.places()[column.field].begin, row_.bytes(), count, bits.data())) {
    return false;
  }
  for (std::size_t row = 0; row < count; ++row) {
    if (!doubles) {
      column.integers[first + row] = bits[row];
    } else {
      column.numbers[first + row] =
          floats ? std::bit_cast<double>(bits[row]) : static_cast<double>(bits[row]);
    }
  }
  std::fill_n(column.valid + first, count, std::uint8_t{1});
  return true;
}

}  // namespace sluice
