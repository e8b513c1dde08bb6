#include "ingest/decode/decimal.hpp"

#include <bit>
#include <cmath>

#include "ingest/decode/number.hpp"

namespace sluice {

Converted<std::int64_t> to_decimal(const Scalar& number, unsigned scale) noexcept {
  if (number.kind == Scalar::Kind::float64) {
    if (!std::isfinite(std::bit_cast<double>(number.digits))) return {0, Malformed::non_finite};
    return to_decimal(shortest_number(number), scale);
  }
  if (number.kind != Scalar::Kind::integer && number.kind != Scalar::Kind::number) {
    return {0, Malformed::bad_value};
  }
  const auto [magnitude, remainder, overflow] = scaled(number, static_cast<int>(scale));
  const std::uint64_t limit = (std::uint64_t{1} << 63) - !number.negative;
  if (overflow || magnitude > limit) return {0, Malformed::out_of_range};
  if (remainder) return {0, Malformed::too_precise};
  return {static_cast<std::int64_t>(number.negative ? 0 - magnitude : magnitude), {}};
}

}  // namespace sluice
