#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "ingest/decode/format.hpp"
#include "ingest/filter/syntax.hpp"

namespace sluice {

/// What the columns of a filter are. A name is a declared value, or the name of a key column, or
/// else a path in the event, whose type follows from its use: compared with a string, a number or a
/// boolean, wherever that is in the expression.
class ColumnTypes {
 public:
  /// @throws FilterError when a column is used as two things.
  ColumnTypes(const FilterNode& expression, const Format& format);

  const Format& format() const noexcept { return format_; }

  /// Index of the value of that name.
  std::optional<std::uint32_t> value_named(const std::string& name) const;
  /// The field that a column which is no value reads.
  FilterField field_of(const FilterNode& column) const;

 private:
  using Type = FilterField::Type;

  const KeyField* key_named(const std::string& name) const;
  Type own_type(const FilterNode& node) const;
  void infer(const FilterNode& node, Type expected);
  void settle(const FilterNode& column, Type expected);

  const Format& format_;
  std::map<std::string, Type> types_;  ///< columns that are no values; presence: not known
  bool settled_ = false;               ///< some type became known
};

}  // namespace sluice
