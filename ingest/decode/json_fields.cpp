#include "ingest/decode/json_fields.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <simdjson.h>

#include "ingest/decode/json_members.hpp"
#include "ingest/decode/json_text.hpp"
#include "ingest/decode/number.hpp"
#include "ingest/decode/quick_number.hpp"
#include "ingest/source_block.hpp"

namespace sluice {
namespace {

static_assert(block_padding >= simdjson::SIMDJSON_PADDING);

// @param length up to the next token, with space behind the number.
void read_number(const char* text, std::uint32_t length, Scalar& scalar) {
  QuickNumber number;
  if (quick_number<LeadingZeros::refused>(text, length, number)) {
    scalar.kind = number.decimals == 0 ? Scalar::Kind::integer : Scalar::Kind::number;
    scalar.text = text;
    scalar.length = length;
    scalar.digits = number.digits;
    scalar.exponent = -static_cast<std::int32_t>(number.decimals);
    scalar.negative = number.negative != 0;
    scalar.truncated = false;
    return;
  }
  if (scan_plain_number(text, scalar) != nullptr) return;
  scan_number({text, skip_json_word(text)}, scalar);
}

}  // namespace

class JsonFields::Reader {
 public:
  explicit Reader(const std::vector<FieldPath>& paths) : members_(paths) {}

  std::optional<Malformed> read(std::string_view document, std::span<Scalar> fields,
                                std::span<const char*> sources);

 private:
  const std::uint32_t* read_object(const std::uint32_t* token, const JsonMembers& members,
                                   const simdjson::dom::object& object);
  void read_field(const std::uint32_t* token, const simdjson::dom::element& element,
                  std::size_t field);
  const std::uint32_t* skip_value(const std::uint32_t* token) const noexcept;
  void forget(const JsonMembers::Member& member);

  simdjson::dom::parser parser_;
  JsonMembers members_;
  std::span<Scalar> fields_;
  std::span<const char*> sources_;
  const char* text_ = nullptr;
};

JsonFields::JsonFields(const std::vector<FieldPath>& paths)
    : reader_(std::make_unique<Reader>(paths)) {}
JsonFields::JsonFields(JsonFields&&) noexcept = default;
JsonFields::~JsonFields() = default;

std::optional<Malformed> JsonFields::read(std::string_view document, std::span<Scalar> fields,
                                          std::span<const char*> sources) {
  return reader_->read(document, fields, sources);
}

std::optional<Malformed> JsonFields::Reader::read(std::string_view document,
                                                  std::span<Scalar> fields,
                                                  std::span<const char*> sources) {
  // Kinds alone, which say it all: what reads parts of a Scalar soon after would wait for a copy of
  // the whole.
  for (Scalar& field : fields) field.kind = Scalar::Kind::missing;
  std::ranges::fill(sources, nullptr);
  fields_ = fields;
  sources_ = sources;
  simdjson::dom::element root;
  const simdjson::error_code error =
      parser_.parse(document.data(), document.size(), false).get(root);
  if (error == simdjson::CAPACITY || error == simdjson::DEPTH_ERROR) return Malformed::too_large;
  if (error != simdjson::SUCCESS) return Malformed::syntax;
  simdjson::dom::object object;
  if (root.get_object().get(object) != simdjson::SUCCESS) return Malformed::syntax;
  text_ = document.data();
  read_object(parser_.implementation->structural_indexes.get(), members_, object);
  return std::nullopt;
}

// The DOM, side by side with the text: the parser's tokens are the places of brackets, colons and
// commas, and where scalars begin. `token` is at the object's brace. @returns behind the object.
const std::uint32_t* JsonFields::Reader::read_object(const std::uint32_t* token,
                                                     const JsonMembers& members,
                                                     const simdjson::dom::object& object) {
  for (const simdjson::dom::key_value_pair pair : object) {
    token += 3;
    const JsonMembers::Member* const member = members.find(pair.key.data(), pair.key.size());
    if (member != nullptr) {
      forget(*member);
      if (member->field) read_field(token, pair.value, *member->field);
    }
    if (member != nullptr && !member->inner.empty() && text_[*token] == '{') {
      token = read_object(token, member->inner, pair.value.get_object().value_unsafe());
    } else {
      token = skip_value(token);
    }
  }
  return object.size() == 0 ? token + 2 : token + 1;
}

const std::uint32_t* JsonFields::Reader::skip_value(const std::uint32_t* token) const noexcept {
  unsigned depth = 0;
  do {
    const char first = text_[*token++];
    depth += first == '{' || first == '[';
    depth -= first == '}' || first == ']';
  } while (depth > 0);
  return token;
}

void JsonFields::Reader::read_field(const std::uint32_t* token,
                                    const simdjson::dom::element& element, std::size_t field) {
  using simdjson::dom::element_type;
  const char* const text = text_ + *token;
  Scalar& scalar = fields_[field];
  sources_[field] = text;
  switch (element.type()) {
    case element_type::NULL_VALUE:
      scalar.kind = Scalar::Kind::null;
      return;
    case element_type::BOOL:
      scalar.kind = Scalar::Kind::boolean;
      scalar.digits = *text == 't';
      return;
    case element_type::STRING: {
      const std::string_view string = element.get_string().value_unsafe();
      scalar.kind = Scalar::Kind::string;
      scalar.text = string.data();
      scalar.length = static_cast<std::uint32_t>(string.size());
      scalar.valid_utf8 = false;
      return;
    }
    case element_type::OBJECT:
    case element_type::ARRAY:
      scalar.kind = Scalar::Kind::container;
      return;
    default:
      read_number(text, token[1] - token[0], scalar);
  }
}

// The last of repeated members wins, with all that is in it.
void JsonFields::Reader::forget(const JsonMembers::Member& member) {
  if (member.field) {
    fields_[*member.field].kind = Scalar::Kind::missing;
    sources_[*member.field] = nullptr;
  }
  for (const JsonMembers::Member& inner : member.inner.all()) forget(inner);
}

}  // namespace sluice
