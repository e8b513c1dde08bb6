#include "ingest/decode/json_shape.hpp"

#include <algorithm>
#include <bit>

#define XXH_INLINE_ALL
#include <simdjson.h>
#include <xxhash.h>

#include "ingest/decode/eight_bytes.hpp"
#include "ingest/decode/json_text.hpp"
#include "ingest/decode/number.hpp"

namespace sluice {
namespace {

// `text` is behind the opening quote.
const char* scan_plain_string(const char* text, const char* end, Scalar& string) {
  const char* const begin = text;
  std::uint64_t not_ascii = 0;
  for (;; text += 8) {
    if (text >= end) return nullptr;
    const std::uint64_t word = load_eight(text);
    const std::uint64_t stop =
        bytes_equal(word, '"') | bytes_equal(word, '\\') | bytes_below(word, ' ');
    if (stop == 0) {
      not_ascii |= word & high_bits;
      continue;
    }
    const int before = std::countr_zero(stop) - 7;
    not_ascii |= word & high_bits & ((std::uint64_t{1} << before) - 1);
    text += before / 8;
    break;
  }
  if (*text != '"') return nullptr;
  const auto length = static_cast<std::size_t>(text - begin);
  if (not_ascii != 0 && !simdjson::validate_utf8(begin, length)) return nullptr;
  string.text = begin;
  string.length = static_cast<std::uint32_t>(length);
  string.kind = Scalar::Kind::string;
  string.valid_utf8 = true;
  return text + 1;
}

bool spells(const char* text, std::string_view word) {
  return std::string_view(text, word.size()) == word;
}

const char* scan_plain_scalar(const char* text, const char* end, Scalar& scalar) {
  switch (*text) {
    case '"':
      return scan_plain_string(text + 1, end, scalar);
    case 'n':
      scalar.kind = Scalar::Kind::null;
      return spells(text, "null") ? text + 4 : nullptr;
    case 't':
      scalar.kind = Scalar::Kind::boolean;
      scalar.digits = 1;
      return spells(text, "true") ? text + 4 : nullptr;
    case 'f':
      scalar.kind = Scalar::Kind::boolean;
      scalar.digits = 0;
      return spells(text, "false") ? text + 5 : nullptr;
    default:
      return scan_plain_number(text, scalar);
  }
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
// bytes before it, and once more at the end with an empty scalar.
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
      visit(std::string_view(literal, text), std::string_view(text, behind));
      literal = behind;
    }
    text = behind;
  }
  visit(std::string_view(literal, end), std::string_view(end, end));
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
  if (scalars > max_scalars) return std::nullopt;
  return hash;
}

JsonShape::JsonShape(std::string_view document, std::span<const char* const> sources) {
  visit_scalars(document, [&](std::string_view literal, std::string_view scalar) {
    Step step{static_cast<std::uint32_t>(literals_.size()),
              static_cast<std::uint32_t>(literal.size()), -1};
    const auto source = std::ranges::find(sources, scalar.data());
    if (!scalar.empty() && source != sources.end()) {
      step.field = static_cast<std::int32_t>(source - sources.begin());
    }
    steps_.push_back(step);
    literals_.append(literal);
    literals_.resize((literals_.size() + 7) / 8 * 8);
  });
}

bool JsonShape::starts_with(const char* text, const char* end, const Step& step) const noexcept {
  if (end - text < static_cast<std::ptrdiff_t>(step.length)) return false;
  const char* literal = literals_.data() + step.literal;
  std::uint32_t left = step.length;
  for (; left > 8; left -= 8, text += 8, literal += 8) {
    if (load_eight(text) != load_eight(literal)) return false;
  }
  if (left == 0) return true;
  return ((load_eight(text) ^ load_eight(literal)) << (64 - 8 * left)) == 0;
}

const char* JsonShape::match(const char* text, const char* end,
                             std::span<Scalar> fields) const noexcept {
  for (Scalar& field : fields) field.kind = Scalar::Kind::missing;
  Scalar unread;
  const Step* step = steps_.data();
  for (const Step* const last = step + steps_.size() - 1; step != last; ++step) {
    if (!starts_with(text, end, *step)) return nullptr;
    text += step->length;
    Scalar& scalar = step->field < 0 ? unread : fields[static_cast<std::size_t>(step->field)];
    text = scan_plain_scalar(text, end, scalar);
    if (text == nullptr) return nullptr;
  }
  return starts_with(text, end, *step) ? text + step->length : nullptr;
}

}  // namespace sluice
