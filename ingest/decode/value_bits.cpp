#include "ingest/decode/value_bits.hpp"

#include <bit>

#include "ingest/decode/decimal.hpp"
#include "ingest/decode/number.hpp"

namespace sluice {

Converted<std::int64_t> to_value_bits(const Scalar& scalar, const ValueField& value,
                                      bool allow_non_finite) noexcept {
  if (value.type == ValueType::int64) return to_int64(scalar);
  if (value.type == ValueType::decimal) return to_decimal(scalar, value.scale);
  const auto [real, fault] = to_double(scalar, allow_non_finite);
  return {std::bit_cast<std::int64_t>(real), fault};
}

}  // namespace sluice
