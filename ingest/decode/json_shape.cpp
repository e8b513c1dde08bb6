#include "ingest/decode/json_shape.hpp"

#include <algorithm>
#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "ingest/decode/json_scalar.hpp"
#include "ingest/decode/json_text.hpp"

namespace sluice {
namespace {

constexpr std::uint32_t nowhere = 0;

bool is_mark(char byte) {
  return byte == '"' || byte == '\\' || static_cast<unsigned char>(byte) < 0x20;
}

bool is_between_scalars(char byte) {
  switch (byte) {
    case '{':
    case '}':
    case '[':
    case ']':
    case ',':
    case ':':
    case ' ':
    case '\t':
    case '\r':
    case '\n':
      return true;
    default:
      return false;
  }
}

// Calls visit(literal, scalar) for each scalar value of an accepted document in order, with the
// bytes before it, and once more at the end with an empty scalar. A string's quotes are in the
// literals around it.
template <class Visit>
void visit_scalars(std::string_view document, Visit visit) {
  const char* const end = document.data() + document.size();
  const char* literal = document.data();
  for (const char* text = literal; text < end;) {
    if (is_between_scalars(*text)) {
      ++text;
      continue;
    }
    const char* const behind = skip_json_value(text);
    const bool is_name = *text == '"' && *skip_json_space(behind) == ':';
    if (!is_name) {
      const int quote = *text == '"';
      visit(std::string_view(literal, text + quote), std::string_view(text, behind));
      literal = behind - quote;
    }
    text = behind;
  }
  visit(std::string_view(literal, end), std::string_view(end, end));
}

const char* byte_at(TextView text, const std::uint32_t* mark, std::int32_t place,
                    std::int32_t shift) noexcept {
  return text.base + (mark[place] + static_cast<std::uint32_t>(shift));
}

// Behind a scalar, no string, at the start of [text, end); nullptr: there is none.
const char* skip_plain_scalar(const char* text, const char* end) noexcept {
  const std::string_view rest(text, end);
  const std::size_t behind = rest.find_first_of(" \t\r\n,]}");
  const char* const scalar_end = behind == std::string_view::npos ? end : text + behind;
  Scalar scalar;
  return text < scalar_end && scan_json_word(text, scalar_end, scalar) ? scalar_end : nullptr;
}

}  // namespace

std::optional<std::uint64_t> JsonShape::fingerprint(std::string_view document) {
  if (document.size() > max_document) return std::nullopt;
  std::uint64_t hash = 0;
  std::size_t scalars = 0;
  visit_scalars(document, [&](std::string_view literal, std::string_view) {
    hash = XXH3_64bits_withSeed(literal.data(), literal.size(), hash);
    ++scalars;
  });
  if (scalars < 2 || scalars > max_scalars) return std::nullopt;
  return hash;
}

JsonShape::JsonShape(std::string_view document, std::span<const char* const> sources)
    : fields_(sources.size()) {
  std::vector<std::string_view> literals;
  std::vector<std::string_view> scalars;
  visit_scalars(document, [&](std::string_view literal, std::string_view scalar) {
    literals.push_back(literal);
    scalars.push_back(scalar);
  });
  Place scalars_begin;
  std::size_t first_scalar = 0;
  std::vector<std::string> between;
  for (std::size_t i = 0; i < literals.size(); ++i) {
    const std::string_view literal = literals[i];
    const auto bytes = static_cast<std::int32_t>(literal.size());
    const auto mark = std::ranges::find_if(literal, is_mark);
    const auto marks_before = static_cast<std::int32_t>(marks_);
    marks_ += static_cast<std::size_t>(std::ranges::count_if(literal, is_mark));
    least_bytes_ += static_cast<std::uint32_t>(literal.size());
    // The first literal is found by the document's begin, the last one by its end, and all others
    // by their first mark.
    Place begin{-1, 1};
    if (i == literals.size() - 1) {
      begin = {static_cast<std::int32_t>(marks_), -bytes};
    } else if (i > 0) {
      if (mark == literal.end()) {
        between.emplace_back(literal);
        continue;
      }
      begin = {marks_before, -static_cast<std::int32_t>(mark - literal.begin())};
    }
    if (i > 0) {
      add_scalars({scalars_begin, begin}, scalars[first_scalar], std::move(between), sources);
      between.clear();
    }
    add_pieces(begin, literal);
    scalars_begin = {begin.mark, begin.shift + bytes};
    first_scalar = i;
  }
}

void JsonShape::add_pieces(Place begin, std::string_view literal) {
  if (begin.mark >= 0 && static_cast<std::size_t>(begin.mark) < marks_) {
    before_ = std::max(before_, static_cast<std::uint32_t>(-begin.shift));
  }
  behind_ = std::max(behind_, static_cast<std::uint32_t>(literal.size()));
  for (; !literal.empty(); begin.shift += 16) {
    const std::size_t bytes = std::min<std::size_t>(literal.size(), 16);
    Piece piece{.begin = begin};
    std::memcpy(piece.bytes, literal.data(), bytes);
    std::memset(piece.mask, 0xFF, bytes);
    pieces_.push_back(piece);
    literal.remove_prefix(bytes);
  }
}

void JsonShape::add_scalars(const Extent& extent, std::string_view first,
                            std::vector<std::string> between,
                            std::span<const char* const> sources) {
  if (!between.empty()) {
    sequences_.push_back({extent, std::move(between)});
    return;
  }
  const int quote = first.starts_with('"');
  const auto source = std::ranges::find(sources, first.data());
  if (source != sources.end()) {
    Extent field = extent;
    field.begin.shift -= quote;
    field.end.shift += quote;
    fields_[static_cast<std::size_t>(source - sources.begin())] = field;
  } else if (quote == 0) {
    checked_.push_back(extent);
  }
}

bool JsonShape::matches(TextView text, const MarkedRows& rows) const noexcept {
  const std::uint32_t* const first = rows.of(0);
  const std::uint32_t* const last = rows.of(rows.size - 1);
  if (first[-1] + 1 < before_ || last[marks_] + behind_ > text.readable) return false;
  bool shorter = false;
  for (std::size_t row = 0; row < rows.size; ++row) {
    const std::uint32_t* const mark = rows.of(row);
    shorter |= mark[marks_] - mark[-1] - 1 < least_bytes_;
  }
  return !shorter && has_pieces(text, rows) &&
         std::ranges::all_of(sequences_, [&](const Sequence& sequence) {
           return has_sequence(text, rows, sequence);
         });
}

bool JsonShape::has_pieces(TextView text, const MarkedRows& rows) const noexcept {
  using Sixteen [[gnu::vector_size(16)]] = std::uint64_t;
  for (const Piece& piece : pieces_) {
    const Sixteen bytes = {piece.bytes[0], piece.bytes[1]};
    const Sixteen mask = {piece.mask[0], piece.mask[1]};
    const auto shift = static_cast<std::uint32_t>(piece.begin.shift);
    const std::uint32_t* mark = rows.marks + piece.begin.mark;
    Sixteen other = {0, 0};
    for (std::size_t row = 0; row < rows.size; ++row, mark += rows.stride) {
      Sixteen found;
      std::memcpy(&found, text.base + (*mark + shift), sizeof found);
      other |= (found ^ bytes) & mask;
    }
    if ((other[0] | other[1]) != 0) return false;
  }
  return true;
}

bool JsonShape::has_sequence(TextView text, const MarkedRows& rows,
                             const Sequence& sequence) const noexcept {
  const auto& [begin, end] = sequence.extent;
  for (std::size_t row = 0; row < rows.size; ++row) {
    const std::uint32_t* const mark = rows.of(row);
    const char* scalar = byte_at(text, mark, begin.mark, begin.shift);
    const char* const behind = byte_at(text, mark, end.mark, end.shift);
    for (const std::string& literal : sequence.between) {
      if (scalar >= behind) return false;
      scalar = skip_plain_scalar(scalar, behind);
      if (scalar == nullptr || !std::string_view(scalar, behind).starts_with(literal)) return false;
      scalar += literal.size();
    }
    if (scalar >= behind || skip_plain_scalar(scalar, behind) != behind) return false;
  }
  return true;
}

void JsonShape::lay_out(const MarkedRows& rows, std::vector<FieldTexts>& fields) const {
  const auto texts_of = [&rows](const Extent& extent) {
    const auto& [begin, end] = extent;
    return FieldTexts{rows.marks + begin.mark, rows.marks + end.mark, rows.stride,
                      static_cast<std::uint32_t>(begin.shift),
                      static_cast<std::uint32_t>(end.shift)};
  };
  fields.clear();
  for (const std::optional<Extent>& field : fields_) {
    fields.push_back(field ? texts_of(*field) : FieldTexts{&nowhere, &nowhere});
  }
  for (const Extent& extent : checked_) fields.push_back(texts_of(extent));
}

}  // namespace sluice
