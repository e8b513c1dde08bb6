#pragma once

#include <cstdint>

#include "kernels/cuda/decode/event_draft.hpp"
#include "kernels/cuda/decode/raw_text.hpp"
#include "kernels/decode_plan.hpp"
#include "kernels/hd.hpp"

namespace sluice::cuda {

/// Reads a JSON document of one shape: each literal is compared, each scalar between two of them is
/// read. One that matches is valid by construction, since whatever a scalar may not hold ends it
/// early, and the next literal does not fit then.
template <class Draft>
class DocumentReader {
 public:
  SLUICE_HD DocumentReader(const DecodePlan& plan, const DocumentShape& shape, const RawText& text,
                           Draft& draft) noexcept
      : plan_(plan), shape_(shape), text_(text), draft_(draft), at_(text.begin) {
    const std::uint32_t most = text.begin + max_raw_document;
    limit_ = text.end < most ? text.end : most;
  }

  /// @returns false: the document is not of the shape, or for the host
  SLUICE_HD bool read() noexcept {
    for (std::uint32_t step = 0;; ++step) {
      if (!pass_literal(shape_.step[step])) return false;
      if (step == shape_.scalars) break;
      if (!take_scalar(shape_.step[step])) return false;
    }
    return text_.ends_at(at_) && take_missing();
  }

  /// Of the document that was read.
  SLUICE_HD std::uint32_t length() const noexcept { return at_ - text_.begin; }

 private:
  using Kind = PlainScalar::Kind;

  SLUICE_HD bool pass_literal(const DocumentShape::Step& step) noexcept {
    if (limit_ - at_ < step.bytes) return false;
    const std::uint64_t* word = shape_.word + step.first_word;
    for (std::uint32_t i = 0; i < step.bytes; i += 8, ++word) {
      const std::uint32_t left = step.bytes - i;
      if (first_bytes(load_word(text_.bytes, at_ + i), left < 8 ? left : 8) != *word) return false;
    }
    at_ += step.bytes;
    return true;
  }

  SLUICE_HD bool take_scalar(const DocumentShape::Step& step) noexcept {
    PlainScalar scalar;
    const bool found = step.text ? pass_text(scalar) : pass_plain(scalar);
    if (!found || at_ > limit_) return false;
    return step.field == DocumentShape::no_field || draft_.take(step.field, scalar);
  }

  /// Up to the first byte that is not for a device to pass; the literal behind says whether it is
  /// the closing quote.
  SLUICE_HD bool pass_text(PlainScalar& scalar) noexcept {
    scalar.kind = Kind::text;
    scalar.begin = at_;
    for (; at_ < limit_; at_ += 8) {
      const std::uint64_t word = load_word(text_.bytes, at_);
      const std::uint64_t stop = bytes_of_value(word, '"') | bytes_of_value(word, '\\') |
                                 control_bytes(word) | (word & byte_highs);
      if (stop == 0) continue;
      at_ += first_passed(stop);
      scalar.length = at_ - scalar.begin;
      return true;
    }
    return false;
  }

  SLUICE_HD bool pass_plain(PlainScalar& scalar) noexcept {
    const char first = text_.bytes[at_];
    if (first == 't') return pass_word(0x65757274u, 4, Kind::boolean, 1, scalar);
    if (first == 'f') return pass_word(0x65'736c'6166u, 5, Kind::boolean, 0, scalar);
    if (first == 'n') return pass_word(0x6c6c756eu, 4, Kind::null, 0, scalar);
    scalar.kind = Kind::number;
    const std::uint32_t end = read_plain_number(text_.bytes, at_, false, scalar.number);
    at_ = end;
    return end != 0;
  }

  SLUICE_HD bool pass_word(std::uint64_t word, std::uint32_t length, Kind kind, std::uint64_t value,
                           PlainScalar& scalar) noexcept {
    scalar.kind = kind;
    scalar.number.digits = value;
    const bool found = first_bytes(load_word(text_.bytes, at_), length) == word;
    at_ += length;
    return found;
  }

  SLUICE_HD bool take_missing() noexcept {
    for (std::uint32_t field = 0; field < plan_.fields; ++field) {
      if ((shape_.missing >> field & 1u) != 0 && !draft_.take(field, {})) return false;
    }
    return true;
  }

  const DecodePlan& plan_;
  const DocumentShape& shape_;
  const RawText& text_;
  Draft& draft_;
  std::uint32_t at_;
  std::uint32_t limit_;
};

}  // namespace sluice::cuda
