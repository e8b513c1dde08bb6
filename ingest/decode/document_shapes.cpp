#include "ingest/decode/document_shapes.hpp"

#include <algorithm>
#include <cstring>

#include "ingest/decode/field_plan.hpp"
#include "ingest/decode/json_text.hpp"

namespace sluice {
namespace {

constexpr std::size_t remembered = 8;
constexpr std::size_t word_bytes = sizeof(std::uint64_t);

bool same_step(const DocumentShape::Step& a, const DocumentShape::Step& b) {
  return a.first_word == b.first_word && a.bytes == b.bytes && a.field == b.field &&
         a.text == b.text;
}

bool same_shape(const DocumentShape& a, const DocumentShape& b) {
  return a.scalars == b.scalars && a.missing == b.missing &&
         std::equal(a.step, a.step + a.scalars + 1, b.step, same_step) &&
         std::ranges::equal(a.word, b.word);
}

/// Writes the shape of an accepted document, literal by literal.
class ShapeWriter {
 public:
  ShapeWriter(std::span<const char* const> sources, DocumentShape& shape)
      : sources_(sources), shape_(shape) {}

  bool write(std::string_view document) {
    const char* const end = document.data() + document.size();
    const char* literal = document.data();
    for (const char* text = literal; text < end;) {
      if (std::strchr("{}[],: \t\r\n", *text) != nullptr) {
        ++text;
        continue;
      }
      const char* const behind = skip_json_value(text);
      const int quote = *text == '"';
      if (quote == 0 || *skip_json_space(behind) != ':') {
        if (!add({literal, text + quote}) || !add_scalar(text)) return false;
        literal = behind - quote;
      }
      text = behind;
    }
    return add({literal, end});
  }

 private:
  bool add(std::string_view literal) {
    const std::size_t words = (literal.size() + word_bytes - 1) / word_bytes;
    if (words_ + words > DocumentShape::max_words) return false;
    DocumentShape::Step& step = shape_.step[shape_.scalars];
    step.first_word = static_cast<std::uint16_t>(words_);
    step.bytes = static_cast<std::uint16_t>(literal.size());
    std::memcpy(shape_.word + words_, literal.data(), literal.size());
    words_ += words;
    return true;
  }

  bool add_scalar(const char* text) {
    if (shape_.scalars == DocumentShape::max_scalars) return false;
    DocumentShape::Step& step = shape_.step[shape_.scalars++];
    step.text = *text == '"';
    const auto source = std::ranges::find(sources_, text);
    if (source != sources_.end()) {
      step.field = static_cast<std::uint8_t>(source - sources_.begin());
    }
    return true;
  }

  std::span<const char* const> sources_;
  DocumentShape& shape_;
  std::size_t words_ = 0;
};

}  // namespace

DocumentShapes::DocumentShapes(const Format& format) : parser_(FieldPlan(format).paths) {
  fields_.resize(FieldPlan(format).paths.size());
  sources_.resize(fields_.size());
}

void DocumentShapes::forget() noexcept {
  shapes_.clear();
  seen_once_.clear();
  next_seen_ = 0;
}

bool DocumentShapes::offer(std::string_view document) {
  DocumentShape shape;
  if (full() || !read(document, shape)) return false;
  const auto is_same = [&shape](const DocumentShape& other) { return same_shape(shape, other); };
  if (std::ranges::any_of(shapes_, is_same)) return false;
  if (std::ranges::any_of(seen_once_, is_same)) {
    shapes_.push_back(shape);
    return true;
  }
  if (seen_once_.size() < remembered) {
    seen_once_.push_back(shape);
  } else {
    seen_once_[next_seen_++ % remembered] = shape;
  }
  return false;
}

bool DocumentShapes::read(std::string_view document, DocumentShape& shape) {
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  if (document.size() > max_raw_document || document.starts_with(byte_order_mark) ||
      parser_.read(document, fields_, sources_)) {
    return false;
  }
  for (std::size_t field = 0; field < fields_.size(); ++field) {
    if (fields_[field].kind == Scalar::Kind::container) return false;
    if (sources_[field] == nullptr) shape.missing |= 1u << field;
  }
  return ShapeWriter(sources_, shape).write(document);
}

}  // namespace sluice
