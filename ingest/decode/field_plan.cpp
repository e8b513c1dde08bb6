#include "ingest/decode/field_plan.hpp"

#include <algorithm>

namespace sluice {

FieldPlan::FieldPlan(const Format& format) {
  if (!format.event_time.from_transport) time = field_of(format.event_time.path);
  for (const KeyField& key : format.keys) keys.push_back(field_of(key.path));
  for (const ValueField& value : format.values) values.push_back(field_of(value.path));
  for (const FilterField& column : format.filter) filter.push_back(field_of(column.path));
}

std::size_t FieldPlan::field_of(const FieldPath& path) {
  const auto found = std::ranges::find(paths, path.text, &FieldPath::text);
  const auto field = static_cast<std::size_t>(found - paths.begin());
  if (found == paths.end()) paths.push_back(path);
  return field;
}

}  // namespace sluice
