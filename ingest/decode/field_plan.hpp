#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "ingest/decode/format.hpp"

namespace sluice {

/// Which fields a format reads: every path once, and what each column makes of them. A decoder
/// finds the fields, an EventWriter turns them into columns.
struct FieldPlan {
  explicit FieldPlan(const Format& format);

  std::vector<FieldPath> paths;     ///< distinct; a field is an index into it
  std::optional<std::size_t> time;  ///< field; nullopt: the transport's timestamp
  std::vector<std::size_t> keys;    ///< [Format::keys] fields
  std::vector<std::size_t> values;  ///< [Format::values] fields
  std::vector<std::size_t> filter;  ///< [Format::filter] fields

 private:
  std::size_t field_of(const FieldPath& path);
};

}  // namespace sluice
