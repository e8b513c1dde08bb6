#include "ingest/filter/column_types.hpp"

#include <algorithm>

namespace sluice {
namespace {

using Kind = FilterNode::Kind;
using Type = FilterField::Type;

const char* name_of(Type type) {
  switch (type) {
    case Type::boolean:
      return "a boolean";
    case Type::integer:
    case Type::number:
      return "a number";
    case Type::string:
      return "a string";
    case Type::presence:
      break;
  }
  return "anything";
}

FieldPath path_of(const std::string& text) {
  FieldPath path{.text = text, .members = {}};
  for (std::size_t from = 0; from <= text.size();) {
    const std::size_t dot = std::min(text.find('.', from), text.size());
    path.members.push_back(text.substr(from, dot - from));
    from = dot + 1;
  }
  return path;
}

}  // namespace

ColumnTypes::ColumnTypes(const FilterNode& expression, const Format& format) : format_(format) {
  // Again and again: what a column is may follow from a use further on.
  do {
    settled_ = false;
    infer(expression, Type::boolean);
  } while (settled_);
}

std::optional<std::uint32_t> ColumnTypes::value_named(const std::string& name) const {
  const auto found = std::ranges::find(format_.values, name, &ValueField::name);
  if (found == format_.values.end()) return std::nullopt;
  return static_cast<std::uint32_t>(found - format_.values.begin());
}

const KeyField* ColumnTypes::key_named(const std::string& name) const {
  const auto found = std::ranges::find(format_.keys, name, &KeyField::name);
  return found == format_.keys.end() ? nullptr : &*found;
}

FilterField ColumnTypes::field_of(const FilterNode& column) const {
  const KeyField* const key = key_named(column.text);
  const Type type = types_.at(column.text);
  const bool is_integer = type == Type::number && key != nullptr && key->type == KeyType::int64;
  return {.path = key != nullptr ? key->path : path_of(column.text),
          .type = is_integer ? Type::integer : type,
          .position = column.position};
}

// What a node is by itself, or presence when its use decides.
Type ColumnTypes::own_type(const FilterNode& node) const {
  switch (node.kind) {
    case Kind::column: {
      if (value_named(node.text)) return Type::number;
      const KeyField* const key = key_named(node.text);
      if (key == nullptr || key->type == KeyType::as_it_came) break;
      return key->type == KeyType::int64    ? Type::number
             : key->type == KeyType::string ? Type::string
                                            : Type::boolean;
    }
    case Kind::number:
      return Type::number;
    case Kind::string:
      return Type::string;
    case Kind::null:
      return Type::presence;
    default:
      return node.is_arithmetic() ? Type::number : Type::boolean;
  }
  const auto known = types_.find(node.text);
  return known == types_.end() ? Type::presence : known->second;
}

void ColumnTypes::infer(const FilterNode& node, Type expected) {
  if (node.kind == Kind::column) return settle(node, expected);
  Type operands = Type::presence;
  if (node.is_arithmetic()) {
    operands = Type::number;
  } else if (node.kind == Kind::starts_with) {
    operands = Type::string;
  } else if (node.is_comparison()) {
    operands = own_type(node.parts[0]);
    if (operands == Type::presence) operands = own_type(node.parts[1]);
  } else if (node.kind != Kind::is_null) {
    operands = Type::boolean;
  }
  for (const FilterNode& part : node.parts) infer(part, operands);
}

void ColumnTypes::settle(const FilterNode& column, Type expected) {
  if (value_named(column.text)) return;
  const Type own = own_type(column);
  Type& type = types_[column.text];
  if (type == Type::presence) type = own;
  if (expected == Type::presence || expected == type) return;
  if (type != Type::presence) {
    throw FilterError(column.text + " is used as " + name_of(expected) + ", but is " +
                          name_of(type) + " elsewhere",
                      column.position);
  }
  type = expected;
  settled_ = true;
}

}  // namespace sluice
