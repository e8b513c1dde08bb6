#include "ingest/decode/json_fields.hpp"

#include <algorithm>
#include <cstddef>
#include <string>

#include <simdjson.h>

#include "ingest/decode/json_text.hpp"
#include "ingest/decode/number.hpp"
#include "ingest/source_block.hpp"

namespace sluice {
namespace {

using simdjson::dom::element_type;

static_assert(block_padding >= simdjson::SIMDJSON_PADDING);

// A name that paths lead through or to.
struct Member {
  std::string name;
  std::optional<std::size_t> field;
  std::vector<Member> members;
};

void add_path(std::vector<Member>& members, std::span<const std::string> names, std::size_t field) {
  auto member = std::ranges::find(members, names.front(), &Member::name);
  if (member == members.end()) {
    members.push_back({names.front(), std::nullopt, {}});
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
  const char* read_object(const simdjson::dom::object& object, const char* text,
                          const std::vector<Member>& members);
  void read_field(const simdjson::dom::element& element, const char* text, std::size_t field);
  void forget(const Member& member);

  simdjson::dom::parser parser_;
  std::vector<Member> members_;
  std::span<Scalar> fields_;
  std::span<const char*> sources_;
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
  read_object(object, skip_json_space(document.data()), members_);
  return std::nullopt;
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
      if (scan_plain_number(text, scalar) == nullptr) {
        scan_number({text, skip_json_word(text)}, scalar);
      }
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
