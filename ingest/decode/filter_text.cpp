#include "ingest/decode/filter_text.hpp"

#include <array>

#include "ingest/decode/json_scalar.hpp"
#include "ingest/decode/number.hpp"
#include "ingest/decode/quick_number.hpp"

namespace sluice {
namespace {

using Column = FilterColumns::Column;
using Type = FilterField::Type;

/// One column of one block.
template <TextDialect Dialect>
class FieldReader {
 public:
  FieldReader(const char* base, const TextBlock& block, FilterColumns& columns,
              const Column& column, std::size_t first, std::uint8_t* odd)
      : base_(base),
        texts_(block.fields[column.field]),
        rows_(block.size),
        escaped_(block.escaped),
        columns_(columns),
        column_(column),
        first_(first),
        odd_(odd) {}

  std::size_t read() {
    switch (column_.type) {
      case Type::string:
        return for_each([this](const char* text, std::size_t length, std::size_t event) {
          return quick_string(text, length, event);
        });
      case Type::number:
        return for_each([this](const char* text, std::size_t length, std::size_t event) {
          QuickNumber number;
          if (!quick_number<zeros>(text, static_cast<std::uint32_t>(length), number)) return false;
          double value = 0;
          const int exponent = -static_cast<int>(number.decimals);
          if (!exact_double(number.digits, exponent, value)) return false;
          column_.numbers[event] = number.negative != 0 && value != 0 ? -value : value;
          return true;
        });
      default:
        return for_each([](const char*, std::size_t, std::size_t) { return false; });
    }
  }

 private:
  static constexpr bool is_json = Dialect == TextDialect::json;
  static constexpr LeadingZeros zeros = is_json ? LeadingZeros::refused : LeadingZeros::allowed;

  bool quick_string(const char* text, std::size_t length, std::size_t event) const noexcept {
    constexpr std::size_t quotes = is_json ? 1 : 0;
    if (is_json ? *text != '"' || length < 2 : length == 0) return false;
    if (is_json && escaped_ && has_json_escape(text, length)) return false;
    column_.strings[event] = {text + quotes, length - 2 * quotes};
    return true;
  }

  // quick(text, length, event) of every row; what it refuses is read as a scalar.
  template <class Quick>
  std::size_t for_each(const Quick& quick) {
    std::size_t odd_rows = 0;
    for (std::size_t row = 0; row < rows_; ++row) {
      const TextSpan span = texts_[row];
      const std::size_t event = first_ + row;
      if (span.begin < span.end && quick(base_ + span.begin, span.end - span.begin, event)) {
        column_.valid[event] = 1;
      } else if (!read_scalar(span, event) && odd_[row] == 0) {
        odd_[row] = 1;
        ++odd_rows;
      }
    }
    return odd_rows;
  }

  bool read_scalar(TextSpan span, std::size_t event) {
    Scalar scalar;
    std::array<char, TextBlock::most_row_bytes> unescaped;
    char* unescaped_end = unescaped.data();
    if (span.end != 0) {
      const char* const text = base_ + span.begin;
      if constexpr (is_json) {
        if (span.begin >= span.end ||
            !scan_json_scalar(text, base_ + span.end, unescaped_end, scalar)) {
          return false;
        }
      } else {
        scalar.kind = span.begin == span.end ? Scalar::Kind::null : Scalar::Kind::untyped;
        scalar.text = text;
        scalar.length = span.end - span.begin;
        scalar.padded = true;
      }
    }
    column_.put(event, scalar);
    if (column_.type == Type::string && unescaped_end != unescaped.data()) {
      column_.strings[event] = columns_.keep(column_.strings[event]);
    }
    return true;
  }

  const char* base_;
  FieldTexts texts_;
  std::size_t rows_;
  bool escaped_;
  FilterColumns& columns_;
  const Column& column_;
  std::size_t first_;
  std::uint8_t* odd_;
};

}  // namespace

std::size_t read_filter_fields(TextDialect dialect, const char* base, const TextBlock& block,
                               FilterColumns& columns, std::size_t first, std::uint8_t* odd) {
  std::size_t odd_rows = 0;
  for (const Column& column : columns.each()) {
    odd_rows +=
        dialect == TextDialect::json
            ? FieldReader<TextDialect::json>(base, block, columns, column, first, odd).read()
            : FieldReader<TextDialect::csv>(base, block, columns, column, first, odd).read();
  }
  return odd_rows;
}

}  // namespace sluice
