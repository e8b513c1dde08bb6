#include "ingest/decode/csv_row.hpp"

#include <cstring>

#include "ingest/decode/eight_bytes.hpp"

namespace sluice {
namespace {

const char* find(const char* text, const char* end, char character) {
  const void* const found = std::memchr(text, character, static_cast<std::size_t>(end - text));
  return found != nullptr ? static_cast<const char*>(found) : end;
}

}  // namespace

void CsvRow::read(const char* text, const char* end) {
  count_ = 0;
  unescaped_used_ = 0;
  broken_ = false;
  Scalar unwanted;
  for (;; ++text) {
    if (count_ == fields_.size() && count_ < wanted_) fields_.emplace_back();
    Scalar& field = count_ < wanted_ ? fields_[count_++] : unwanted;
    const char* const behind = read_field(text, end, field);
    if (behind == nullptr) {
      give_up(text, end);
      return;
    }
    text = behind;
    if (text == end || *text != csv_.delimiter) break;
  }
  if (!end_row(text, end)) give_up(text, end);
}

const char* CsvRow::read_field(const char* text, const char* end, Scalar& field) {
  if (text < end && *text == csv_.quote) return read_quoted(text, end, field);
  const char* const behind = find_separator(text, end);
  const bool ends_row = behind == end || *behind == '\n';
  const bool carriage_return = ends_row && behind > text && behind[-1] == '\r';
  field.text = text;
  field.length = static_cast<std::uint32_t>(behind - text - carriage_return);
  field.kind = field.length == 0 ? Scalar::Kind::null : Scalar::Kind::untyped;
  field.padded = true;
  return behind - carriage_return;
}

const char* CsvRow::read_quoted(const char* text, const char* end, Scalar& field) {
  const char* begin = ++text;
  std::string* unescaped = nullptr;
  for (;; ++text) {
    text = find(text, end, csv_.quote);
    if (text == end) return nullptr;
    if (text + 1 == end || text[1] != csv_.quote) break;
    if (unescaped == nullptr) {
      if (unescaped_used_ == unescaped_.size()) unescaped_.emplace_back();
      unescaped = &unescaped_[unescaped_used_++];
      unescaped->clear();
    }
    unescaped->append(begin, ++text);
    begin = text + 1;
  }
  field.kind = Scalar::Kind::untyped;
  field.text = begin;
  field.length = static_cast<std::uint32_t>(text - begin);
  field.padded = unescaped == nullptr;
  if (unescaped != nullptr) {
    unescaped->append(begin, text);
    field.text = unescaped->data();
    field.length = static_cast<std::uint32_t>(unescaped->size());
  }
  return text + 1;
}

const char* CsvRow::find_separator(const char* text, const char* end) const noexcept {
  for (; text < end; text += 8) {
    const std::uint64_t word = load_eight(text);
    const std::uint64_t stop = bytes_equal(word, csv_.delimiter) | bytes_equal(word, '\n');
    if (stop == 0) continue;
    text += first_byte(stop);
    return text < end ? text : end;
  }
  return end;
}

bool CsvRow::end_row(const char* text, const char* end) noexcept {
  end_ = text;
  if (text < end && *text == '\r') ++text;
  if (text < end && *text != '\n') return false;
  next_ = text < end ? text + 1 : end;
  return true;
}

void CsvRow::give_up(const char* text, const char* end) noexcept {
  broken_ = true;
  end_ = find(text, end, '\n');
  next_ = end_ < end ? end_ + 1 : end;
}

}  // namespace sluice
