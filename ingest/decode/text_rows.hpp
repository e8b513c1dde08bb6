#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "ingest/decode/json_scalar.hpp"
#include "ingest/decode/key_columns.hpp"
#include "ingest/decode/number.hpp"
#include "ingest/decode/quick_number.hpp"
#include "ingest/decode/text_block.hpp"

namespace sluice {

/// The rows of a block, read a field at a time. Where a quick reading refuses, the scalar is read
/// as the exact road reads it, and given to exact(scalar, row); where that finds a fault, or there
/// is no scalar, the row is odd. Numbers: NumberWords, NumberVectors or NumberBatches; a class of
/// its own for each, since they are compiled for different machines.
template <TextDialect Dialect, class Numbers>
class TextRows {
 public:
  static constexpr LeadingZeros zeros =
      Dialect == TextDialect::json ? LeadingZeros::refused : LeadingZeros::allowed;

  TextRows(const char* base, const TextBlock& block, std::uint8_t* odd)
      : base_(base), block_(block), odd_(odd) {
    std::fill_n(odd_, block_.size, std::uint8_t{0});
  }

  std::size_t size() const noexcept { return block_.size; }
  const EventExtent& extent(std::size_t row) const noexcept { return block_.extents[row]; }
  bool valid_utf8() const noexcept { return block_.valid_utf8; }
  bool escaped() const noexcept { return block_.escaped; }
  void mark_odd(std::size_t row) noexcept { odd_[row] = 1; }
  std::size_t odd_rows() const noexcept {
    std::size_t odd = 0;
    for (std::size_t row = 0; row < block_.size; ++row) odd += odd_[row];
    return odd;
  }

  /// The first character of a field in the first row; 0: there is none.
  char first_character(std::size_t field) const noexcept {
    const TextSpan span = block_.fields[field][0];
    return span.begin < span.end ? base_[span.begin] : '\0';
  }

  /// Begins to scan a row's fields, and forgets the row before.
  void begin_row() noexcept { unescaped_end_ = unescaped_.data(); }
  /// A field of the row. @returns false: no scalar.
  bool scan(std::size_t field, std::size_t row, Scalar& scalar) noexcept {
    return scan(block_.fields[field][row], scalar);
  }

  /// Rows that are not UTF-8 are odd.
  void check_utf8() {
    for (std::size_t row = 0; row < block_.size; ++row) {
      const EventExtent& extent = block_.extents[row];
      if (!is_valid_utf8({base_ + extent.begin, extent.length})) odd_[row] = 1;
    }
  }

  /// Reads a field of every row: quick(text, length, row), else exact(scalar, row).
  template <class Quick, class Exact>
  void read(std::size_t field, const Quick& quick, const Exact& exact) {
    read_rows(block_.fields[field], 0, block_.size, quick, exact);
  }

  /// Reads integers of magnitudes up to `limit`.
  template <class Exact>
  void read_integers(std::size_t field, std::int64_t limit, std::int64_t* numbers,
                     const Exact& exact) {
    const auto most = static_cast<std::uint64_t>(limit);
    const auto quick = [most, numbers](const char* text, std::uint32_t length, std::size_t row) {
      QuickNumber number;
      const bool read = Numbers::template integer<zeros>(text, length, number);
      numbers[row] = number.with_sign(number.digits);
      return read && number.digits <= most;
    };
    const auto batch = [this, most, numbers](auto batches, const FieldTexts& texts,
                                             std::size_t row) {
      return batches.template integers<zeros>(base_, texts, most, numbers + row);
    };
    read_in_batches(field, batch, quick, exact);
  }

  /// Reads numbers of up to `scale` decimals, in units of the last of them.
  template <class Exact>
  void read_decimals(std::size_t field, unsigned scale, std::int64_t* numbers, const Exact& exact) {
    const std::uint64_t limit = std::numeric_limits<std::int64_t>::max() / power_of_ten[scale];
    const auto quick = [=](const char* text, std::uint32_t length, std::size_t row) {
      QuickNumber number;
      return Numbers::template number<zeros>(text, length, number) &&
             quick_decimal(number, scale, limit, numbers[row]);
    };
    const auto batch = [=, this](auto batches, const FieldTexts& texts, std::size_t row) {
      return batches.template decimals<zeros>(base_, texts, scale, limit, numbers + row);
    };
    read_in_batches(field, batch, quick, exact);
  }

  /// Reads the nearest doubles, as their bits.
  template <class Exact>
  void read_doubles(std::size_t field, std::int64_t* numbers, const Exact& exact) {
    const auto quick = [numbers](const char* text, std::uint32_t length, std::size_t row) {
      QuickNumber number;
      return Numbers::template number<zeros>(text, length, number) &&
             quick_double(number, numbers[row]);
    };
    const auto batch = [this, numbers](auto batches, const FieldTexts& texts, std::size_t row) {
      return batches.template doubles<zeros>(base_, texts, numbers + row);
    };
    read_in_batches(field, batch, quick, exact);
  }

  /// Whether a field of every row is a plain scalar, and no string.
  void check(std::size_t field) {
    const auto quick = [](const char* text, std::uint32_t length, std::size_t) {
      QuickNumber number;
      return is_quick_word(text, length) || Numbers::template number<zeros>(text, length, number);
    };
    const auto batch = [this](auto batches, const FieldTexts& texts, std::size_t) {
      return batches.template are_numbers<zeros>(base_, texts);
    };
    const auto exact = [](const Scalar&, std::size_t) { return true; };
    if (first_character(field) >= 'a') {
      read(field, quick, exact);
    } else {
      read_in_batches(field, batch, quick, exact);
    }
  }

 private:
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

  // As `read`; where Numbers can, batch(Numbers, texts, row) reads several rows at once, or
  // refuses.
  template <class Batch, class Quick, class Exact>
  void read_in_batches(std::size_t field, const Batch& batch, const Quick& quick,
                       const Exact& exact) {
    std::size_t row = 0;
    if constexpr (requires { Numbers::at_once; }) {
      FieldTexts texts = block_.fields[field];
      for (; row + Numbers::at_once <= block_.size; row += Numbers::at_once) {
        if (!batch(Numbers{}, texts, row)) [[unlikely]]
          read_rows(block_.fields[field], row, row + Numbers::at_once, quick, exact);
        texts.skip(Numbers::at_once);
      }
    }
    if (row < block_.size) read_rows(block_.fields[field], row, block_.size, quick, exact);
  }

  // The first loop is to hold no call, and no branch on what the rows say.
  template <class Quick, class Exact>
  [[gnu::noinline]] void read_rows(FieldTexts texts, std::size_t first, std::size_t last,
                                   Quick quick, const Exact& exact) {
    const char* const base = base_;
    std::array<std::uint16_t, TextBlock::most + 1> refused;
    std::size_t refusals = 0;
    const std::uint32_t* begin = texts.begins + first * texts.stride;
    const std::uint32_t* end = texts.ends + first * texts.stride;
    for (std::size_t row = first; row < last; ++row, begin += texts.stride, end += texts.stride) {
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
      begin_row();
      if (!scan(texts[row], scalar) || !exact(scalar, row)) odd_[row] = 1;
    }
  }

  bool scan(TextSpan span, Scalar& scalar) noexcept {
    if (span.end == 0) return true;  // missing
    const char* const text = base_ + span.begin;
    if constexpr (Dialect == TextDialect::json) {
      return span.begin < span.end &&
             scan_json_scalar(text, base_ + span.end, unescaped_end_, scalar);
    } else {
      scalar.kind = span.begin == span.end ? Scalar::Kind::null : Scalar::Kind::untyped;
      scalar.text = text;
      scalar.length = span.end - span.begin;
      scalar.valid_utf8 = block_.valid_utf8;
      scalar.padded = true;
      return true;
    }
  }

  const char* base_;
  const TextBlock& block_;
  std::uint8_t* odd_;
  std::array<char, TextBlock::most_row_bytes> unescaped_;  ///< strings of one row
  char* unescaped_end_ = unescaped_.data();
};

}  // namespace sluice
