#pragma once

#include <cstdint>

#include "kernels/cuda/decode/plain_scalar.hpp"
#include "kernels/filter_plan.hpp"
#include "kernels/hd.hpp"
#include "kernels/types.hpp"

namespace sluice::cuda {

/// What a filter reads of an event.
struct FilterInputs {
  std::int64_t value_inputs[max_values];
  /// An integer, the bits of a double, 0 or 1, or where a text begins and its length << 32.
  std::uint64_t column_inputs[FilterPlan::max_columns];
  std::uint32_t known_columns = 0;  ///< bit c: column c is not null
};

/// Whether an untyped text may be a finite number.
SLUICE_HD inline bool may_be_number(char first) noexcept {
  return (first >= '0' && first <= '9') || first == '-';
}

/// A column that only the filter reads, as ingest's FilterColumns has it: null where it is of
/// another kind. @returns false: it is for the host
class FilterColumnReader {
 public:
  SLUICE_HD FilterColumnReader(const char* bytes, const PlainScalar& scalar) noexcept
      : bytes_(bytes), scalar_(scalar) {}

  SLUICE_HD bool read(FilterPlan::Column type) noexcept {
    known_ = scalar_.kind != Kind::null;
    if (!known_) return true;
    if (scalar_.kind == Kind::unusable) return false;
    switch (type) {
      case FilterPlan::Column::presence:
        return true;
      case FilterPlan::Column::boolean:
        return read_boolean();
      case FilterPlan::Column::string:
        known_ = scalar_.kind == Kind::text || scalar_.kind == Kind::untyped;
        bits_ = scalar_.begin | std::uint64_t{scalar_.length} << 32;
        return true;
      default:
        return read_number(type == FilterPlan::Column::integer);
    }
  }

  SLUICE_HD bool known() const noexcept { return known_; }
  SLUICE_HD std::uint64_t bits() const noexcept { return bits_; }

 private:
  using Kind = PlainScalar::Kind;

  SLUICE_HD bool read_boolean() noexcept {
    bits_ = scalar_.number.digits;
    known_ = scalar_.kind == Kind::boolean;
    if (scalar_.kind != Kind::untyped) return true;
    KeyPart part;
    known_ = read_untyped_boolean(bytes_, scalar_, part);
    bits_ = part.value;
    return true;
  }

  SLUICE_HD bool read_number(bool as_integer) noexcept {
    if (scalar_.kind == Kind::untyped && !may_be_number(bytes_[scalar_.begin])) {
      known_ = false;
      return true;
    }
    const PlainScalar found = number_of(bytes_, scalar_);
    if (found.kind == Kind::real && !as_integer) {
      bits_ = found.number.digits;
      return true;
    }
    if (found.is_number()) return as_integer ? read_int64(found.number, bits_) : read_real(found);
    known_ = false;
    return found.kind == Kind::text || found.kind == Kind::boolean;
  }

  SLUICE_HD bool read_real(const PlainScalar& found) noexcept {
    double value = 0;
    const bool exact = cuda::read_real(found, value);
    bits_ = static_cast<std::uint64_t>(bits_of(value));
    return exact;
  }

  const char* bytes_;
  const PlainScalar& scalar_;
  bool known_ = false;
  std::uint64_t bits_ = 0;
};

}  // namespace sluice::cuda
