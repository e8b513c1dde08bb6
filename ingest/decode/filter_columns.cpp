#include "ingest/decode/filter_columns.hpp"

#include <algorithm>
#include <type_traits>

#include "ingest/decode/field_plan.hpp"
#include "ingest/decode/number.hpp"

namespace sluice {
namespace {

using Kind = Scalar::Kind;
using Type = FilterField::Type;

constexpr std::size_t alignment = 16;
constexpr std::size_t text_block_bytes = std::size_t{64} << 10;

constexpr std::size_t padded(std::size_t bytes) {
  return (bytes + alignment - 1) / alignment * alignment;
}

std::size_t element_bytes(Type type) {
  switch (type) {
    case Type::presence:
      return 0;
    case Type::boolean:
      return sizeof(std::uint8_t);
    case Type::integer:
      return sizeof(std::int64_t);
    case Type::number:
      return sizeof(double);
    case Type::string:
      return sizeof(std::string_view);
  }
  return 0;
}

// Untyped text is a number, or a boolean, where all of it spells one.
Scalar as_number(const Scalar& scalar) noexcept {
  return scalar.kind == Kind::untyped ? number_of(scalar) : scalar;
}

Scalar as_boolean(const Scalar& scalar) noexcept {
  Scalar boolean = scalar;
  if (scalar.kind != Kind::untyped) return boolean;
  boolean.digits = scalar.view() == "true";
  if (boolean.digits != 0 || scalar.view() == "false") boolean.kind = Kind::boolean;
  return boolean;
}

}  // namespace

void FilterColumns::Texts::clear() noexcept {
  block_ = 0;
  used_ = 0;
}

std::string_view FilterColumns::Texts::copy(std::string_view text) {
  if (text.empty()) return "";
  while (block_ < blocks_.size() && blocks_[block_].bytes - used_ < text.size()) {
    ++block_;
    used_ = 0;
  }
  if (block_ == blocks_.size()) {
    const std::size_t bytes = std::max(text_block_bytes, text.size());
    blocks_.push_back({std::make_unique_for_overwrite<char[]>(bytes), bytes});
  }
  char* const place = blocks_[block_].memory.get() + used_;
  used_ += text.copy(place, text.size());
  return {place, text.size()};
}

FilterColumns::FilterColumns(const Format& format) {
  const FieldPlan plan(format);
  for (std::size_t column = 0; column < format.filter.size(); ++column) {
    columns_.push_back({.type = format.filter[column].type, .field = plan.filter[column]});
  }
  views_.resize(columns_.size());
}

void FilterColumns::open(const DecodedEvents& events) {
  if (empty()) return;
  if (events.size == 0) texts_.clear();
  if (capacity_ < events.capacity()) make_room(events.capacity());
}

void FilterColumns::make_room(std::size_t capacity) {
  std::size_t bytes = 0;
  for (const Column& column : columns_) {
    bytes += padded(capacity) + padded(capacity * element_bytes(column.type));
  }
  // Not initialised: most batches are far smaller than the largest.
  memory_ = std::make_unique_for_overwrite<std::byte[]>(bytes);
  capacity_ = capacity;
  std::byte* next = memory_.get();
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    Column& column = columns_[i];
    const auto take = [&next, capacity]<class T>(T*& values) {
      static_assert(std::is_trivially_copyable_v<T>);
      values = reinterpret_cast<T*>(next);
      next += padded(capacity * sizeof(T));
    };
    take(column.valid);
    if (column.type == Type::boolean) take(column.booleans);
    if (column.type == Type::integer) take(column.integers);
    if (column.type == Type::number) take(column.numbers);
    if (column.type == Type::string) take(column.strings);
    views_[i] = {column.valid, column.booleans, column.integers, column.numbers, column.strings};
  }
}

void FilterColumns::write(std::size_t event, std::span<const Scalar> fields) {
  for (const Column& column : columns_) {
    column.put(event, fields[column.field]);
    if (column.type == Type::string && column.valid[event] != 0) {
      column.strings[event] = texts_.copy(column.strings[event]);
    }
  }
}

void FilterColumns::move(std::size_t from, std::size_t to) noexcept {
  for (const Column& column : columns_) {
    column.valid[to] = column.valid[from];
    if (column.booleans != nullptr) column.booleans[to] = column.booleans[from];
    if (column.integers != nullptr) column.integers[to] = column.integers[from];
    if (column.numbers != nullptr) column.numbers[to] = column.numbers[from];
    if (column.strings != nullptr) column.strings[to] = column.strings[from];
  }
}

void FilterColumns::Column::put(std::size_t event, const Scalar& scalar) const noexcept {
  bool known = !scalar.absent();
  switch (type) {
    case Type::presence:
      break;
    case Type::boolean: {
      const Scalar boolean = as_boolean(scalar);
      known = boolean.kind == Kind::boolean;
      booleans[event] = known && boolean.digits != 0 ? 1 : 0;
      break;
    }
    case Type::integer: {
      const auto [integer, fault] = to_int64(as_number(scalar));
      known = !fault;
      integers[event] = integer;
      break;
    }
    case Type::number: {
      const auto [number, fault] = to_double(as_number(scalar), false);
      known = !fault;
      numbers[event] = number;
      break;
    }
    case Type::string:
      known = scalar.kind == Kind::string || scalar.kind == Kind::untyped;
      strings[event] = known ? scalar.view() : std::string_view();
      break;
  }
  valid[event] = known ? 1 : 0;
}

}  // namespace sluice
