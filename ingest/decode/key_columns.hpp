#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/decode/format.hpp"
#include "ingest/decode/scalar.hpp"
#include "ingest/key.hpp"

namespace sluice {

/// What keeps an event out, and the field at fault.
struct Fault {
  std::optional<Malformed> reason;
  std::uint32_t field = 0;
};

/// Makes keys of the fields of the key columns. Single-threaded.
class KeyColumns {
 public:
  explicit KeyColumns(const Format& format);

  /// @param fields [FieldPlan::paths of the format] in that order.
  Fault identify(std::span<const Scalar> fields, KeyIdentity& identity);
  /// The key that accepted `fields` spell, encoded (ingest/key.hpp).
  std::string encoded(std::span<const Scalar> fields) const;

  struct Column {
    std::size_t field;
    KeyType type;
  };
  std::span<const Column> columns() const noexcept { return columns_; }
  std::uint64_t seed() const noexcept { return seed_; }
  std::size_t max_bytes() const noexcept { return max_bytes_; }

 private:
  std::vector<Column> columns_;
  std::uint64_t seed_;
  std::size_t max_bytes_;
  std::string encoded_;
};

/// Whether no byte of a text is above 0x7F.
bool is_ascii(std::string_view text) noexcept;
bool is_valid_utf8(std::string_view text) noexcept;

}  // namespace sluice
