#include "ingest/decode/json_fields.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include <simdjson.h>

#include "ingest/decode/json_text.hpp"
#include "ingest/decode/number.hpp"
#include "ingest/decode/quick_number.hpp"
#include "ingest/source_block.hpp"

namespace sluice {
namespace {

using simdjson::dom::element_type;

static_assert(block_padding >= simdjson::SIMDJSON_PADDING);

// A name that paths lead through or to.
struct Member {
  std::string name;
  std::uint64_t start = 0;  // its first eight bytes
  std::uint64_t start_mask = 0;
  std::optional<std::size_t> field{};
  std::vector<Member> members{};

  explicit Member(const std::string& path_member) : name(path_member) {
    const std::size_t bytes = std::min(name.size(), sizeof start);
    std::memcpy(&start, name.data(), bytes);
    std::memset(&start_mask, 0xFF, bytes);
  }
};

void add_path(std::vector<Member>& members, std::span<const std::string> names, std::size_t field) {
  auto member = std::ranges::find(members, names.front(), &Member::name);
  if (member == members.end()) {
    members.emplace_back(names.front());
    member = members.end() - 1;
  }
  if (names.size() == 1) {
    member->field = field;
  } else {
    add_path(member->members, names.subspan(1), field);
  }
}

const Member* find(const std::vector<Member>& members, std::string_view name) {
  const auto found = std::ranges::find(members, name, &Member::name);
  return found == members.end() ? nullptr : &*found;
}

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
    return;
  }
  if (scan_plain_number(text, scalar) != nullptr) return;
  scan_number({text, skip_json_word(text)}, scalar);
}

}  // namespace

class JsonFields::Reader {
 public:
  explicit Reader(const std::vector<FieldPath>& paths) {
    for (std::size_t field = 0; field < paths.size(); ++field) {
      add_path(members_, paths[field].members, field);
    }
  }

  std::optional<Malformed> read(std::string_view document, std::span<Scalar> fields,
                                std::span<const char*> sources);

 private:
  const std::uint32_t* read_plain_object(const std::uint32_t* token,
                                         const std::vector<Member>& members);
  const std::uint32_t* skip_plain_value(const std::uint32_t* token) const noexcept;
  const Member* find_plain(std::uint32_t name, const std::vector<Member>& members) const noexcept;
  void read_plain_field(const std::uint32_t* token, std::size_t field);

  const char* read_object(const simdjson::dom::object& object, const char* text,
                          const std::vector<Member>& members);
  void read_field(const simdjson::dom::element& element, const char* text, std::size_t field);
  void forget(const Member& member);

  simdjson::dom::parser parser_;
  std::vector<Member> members_;
  std::span<Scalar> fields_;
  std::span<const char*> sources_;
  std::string_view document_;
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
  std::ranges::fill(fields, Scalar{});
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
  if (std::memchr(document.data(), '\\', document.size()) == nullptr) {
    document_ = document;
    read_plain_object(parser_.implementation->structural_indexes.get(), members_);
  } else {
    read_object(object, skip_json_space(document.data()), members_);
  }
  return std::nullopt;
}

// Without escapes the text says all that the DOM does, and the parser's tokens (the places of
// brackets, colons and commas, and where scalars begin) lead through it. `token` is at the object's
// brace. @returns behind the object.
const std::uint32_t* JsonFields::Reader::read_plain_object(const std::uint32_t* token,
                                                           const std::vector<Member>& members) {
  const char* const text = document_.data();
  if (text[*++token] == '}') return token + 1;
  for (;; ++token) {
    const Member* const member = find_plain(*token, members);
    token += 2;
    if (member != nullptr) {
      forget(*member);
      if (member->field) read_plain_field(token, *member->field);
    }
    if (member != nullptr && !member->members.empty() && text[*token] == '{') {
      token = read_plain_object(token, member->members);
    } else {
      token = skip_plain_value(token);
    }
    if (text[*token] != ',') return token + 1;
  }
}

const std::uint32_t* JsonFields::Reader::skip_plain_value(
    const std::uint32_t* token) const noexcept {
  unsigned depth = 0;
  do {
    const char first = document_[*token++];
    depth += first == '{' || first == '[';
    depth -= first == '}' || first == ']';
  } while (depth > 0);
  return token;
}

const Member* JsonFields::Reader::find_plain(std::uint32_t name,
                                             const std::vector<Member>& members) const noexcept {
  const std::string_view rest = document_.substr(name + 1);
  const std::uint64_t start = load_eight(rest.data());
  for (const Member& member : members) {
    const std::size_t length = member.name.size();
    if (((start ^ member.start) & member.start_mask) != 0 || length >= rest.size()) continue;
    if (rest[length] == '"' && rest.starts_with(member.name)) return &member;
  }
  return nullptr;
}

void JsonFields::Reader::read_plain_field(const std::uint32_t* token, std::size_t field) {
  const char* const text = document_.data() + *token;
  Scalar& scalar = fields_[field];
  sources_[field] = text;
  switch (*text) {
    case '"':
      scalar.kind = Scalar::Kind::string;
      scalar.text = text + 1;
      scalar.length = static_cast<std::uint32_t>(skip_json_string(text) - text - 2);
      scalar.valid_utf8 = true;
      return;
    case 'n':
      scalar.kind = Scalar::Kind::null;
      return;
    case 't':
    case 'f':
      scalar.kind = Scalar::Kind::boolean;
      scalar.digits = *text == 't';
      return;
    case '{':
    case '[':
      scalar.kind = Scalar::Kind::container;
      return;
    default:
      read_number(text, token[1] - token[0], scalar);
  }
}

// Follows the DOM and the text side by side; `text` is at the object's brace.
const char* JsonFields::Reader::read_object(const simdjson::dom::object& object, const char* text,
                                            const std::vector<Member>& members) {
  text = skip_json_space(text + 1);
  if (*text == '}') return text + 1;
  for (const simdjson::dom::key_value_pair pair : object) {
    text = skip_json_space(skip_json_string(text));
    text = skip_json_space(text + 1);
    const Member* const member = find(members, pair.key);
    if (member != nullptr) {
      forget(*member);
      if (member->field) read_field(pair.value, text, *member->field);
    }
    if (member != nullptr && !member->members.empty() && *text == '{') {
      text = read_object(pair.value.get_object().value_unsafe(), text, member->members);
    } else {
      text = skip_json_value(text);
    }
    text = skip_json_space(text);
    text = *text == ',' ? skip_json_space(text + 1) : text + 1;
  }
  return text;
}

void JsonFields::Reader::read_field(const simdjson::dom::element& element, const char* text,
                                    std::size_t field) {
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
      return;
    }
    case element_type::OBJECT:
    case element_type::ARRAY:
      scalar.kind = Scalar::Kind::container;
      return;
    default:
      read_number(text, static_cast<std::uint32_t>(skip_json_word(text) - text), scalar);
  }
}

// The last of repeated members wins, with all that is in it.
void JsonFields::Reader::forget(const Member& member) {
  if (member.field) {
    fields_[*member.field] = Scalar{};
    sources_[*member.field] = nullptr;
  }
  for (const Member& inner : member.members) forget(inner);
}

}  // namespace sluice
