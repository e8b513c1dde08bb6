#pragma once

#include <cstdint>

#include "kernels/cuda/decode/event_draft.hpp"
#include "kernels/cuda/decode/raw_text.hpp"
#include "kernels/decode_plan.hpp"
#include "kernels/hd.hpp"

namespace sluice::cuda {

/// Reads a CSV row without quotes, and without a CR but at its end.
template <class Draft>
class CsvLineReader {
 public:
  SLUICE_HD CsvLineReader(const DecodePlan& plan, const RawText& text, Draft& draft) noexcept
      : plan_(plan), text_(text), draft_(draft), at_(text.begin) {
    const std::uint32_t most = text.begin + max_raw_document;
    limit_ = text.end < most ? text.end : most;
  }

  /// @returns false: the row is for the host
  SLUICE_HD bool read() noexcept {
    if (text_.ends_at(at_)) return false;
    std::uint32_t field = 0;
    for (std::uint32_t column = 0;; ++column, ++at_) {
      const std::uint32_t begin = at_;
      if (!pass_field()) return false;
      for (; field < plan_.fields && plan_.field[field].begin == column; ++field) {
        if (!draft_.take(field, scalar_of(begin))) return false;
      }
      if (at_ == text_.end || text_.bytes[at_] != plan_.delimiter) break;
    }
    return field == plan_.fields && text_.ends_at(at_);
  }

  /// Of the row that was read, without its line end.
  SLUICE_HD std::uint32_t length() const noexcept { return at_ - text_.begin; }

 private:
  SLUICE_HD PlainScalar scalar_of(std::uint32_t begin) const noexcept {
    PlainScalar scalar;
    scalar.kind = at_ == begin ? PlainScalar::Kind::null : PlainScalar::Kind::untyped;
    scalar.begin = begin;
    scalar.length = at_ - begin;
    return scalar;
  }

  /// To the delimiter, the line end or the end of the text.
  SLUICE_HD bool pass_field() noexcept {
    for (; at_ < limit_; at_ += 8) {
      const std::uint64_t word = load_word(text_.bytes, at_);
      const std::uint64_t stop = bytes_of_value(word, plan_.delimiter) |
                                 bytes_of_value(word, plan_.quote) | bytes_of_value(word, '\n') |
                                 bytes_of_value(word, '\r');
      if (stop == 0) continue;
      at_ += first_passed(stop);
      break;
    }
    if (at_ >= limit_) {
      at_ = limit_;
      return at_ == text_.end;
    }
    return text_.bytes[at_] != plan_.quote;
  }

  const DecodePlan& plan_;
  const RawText& text_;
  Draft& draft_;
  std::uint32_t at_;
  std::uint32_t limit_;
};

}  // namespace sluice::cuda
