#include "ingest/decode/json_row.hpp"

#include "ingest/decode/json_scalar.hpp"
#include "ingest/decode/key_columns.hpp"

namespace sluice {

bool JsonRow::read(const char* base, const TextBlock& block, std::size_t row) {
  const EventExtent& extent = block.extents[row];
  if (!block.valid_utf8 && !is_valid_utf8({base + extent.begin, extent.length})) return false;
  char* unescaped = unescaped_.data();
  for (std::size_t field = 0; field < block.fields.size(); ++field) {
    const auto [begin, end] = block.fields[field][row];
    Scalar unread;
    Scalar& scalar = field < fields_.size() ? fields_[field] : unread;
    scalar = Scalar{};
    if (end == 0) continue;  // missing
    if (begin >= end || !scan_json_scalar(base + begin, base + end, unescaped, scalar)) {
      return false;
    }
  }
  return true;
}

}  // namespace sluice
