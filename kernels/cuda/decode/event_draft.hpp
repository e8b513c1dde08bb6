#pragma once

#include <cstdint>
#include <type_traits>

#include "kernels/cuda/decode/judge_event.hpp"
#include "kernels/cuda/decode/plain_scalar.hpp"
#include "kernels/cuda/key_dictionary_ref.hpp"
#include "kernels/decode_plan.hpp"
#include "kernels/hd.hpp"
#include "kernels/types.hpp"

namespace sluice::cuda {

/// The columns of a batch in device memory, by place; a value column that nobody reads is nullptr.
struct DecodedColumns {
  EventTime* time = nullptr;
  std::uint64_t* key_low = nullptr;
  std::uint64_t* key_high = nullptr;
  PartitionIndex* partition = nullptr;  ///< nullptr: all of one partition
  std::int64_t* values[max_values] = {};
  std::uint8_t* valid[max_values] = {};
  std::uint32_t* begin = nullptr;  ///< of the event's bytes
  std::uint32_t* length = nullptr;
  std::uint32_t* message = nullptr;
  std::uint8_t* keep = nullptr;  ///< with a filter: 1 where an event goes on
};

/// How many columns the key has, as far as kernels are specialised for it.
enum class KeyForm : std::uint8_t { none, one, several };

/// Identity of a key of one column: see ingest/key.hpp.
SLUICE_HD inline KeyIdentity identity_of(const DecodePlan& plan, const char* bytes,
                                         const KeyPart& part) noexcept {
  switch (part.kind) {
    case KeyPart::Kind::integer:
      return {part.value, 0};
    case KeyPart::Kind::boolean:
      return {part.value, 2};
    case KeyPart::Kind::text:
      return TextHash(bytes, part.begin, part.length, plan.key_seed)();
    default:
      return {0, 1};
  }
}

/// A key's columns as bytes, the form that ingest/key.hpp hashes.
class EncodedKey {
 public:
  /// @returns false: longer than what TextHash takes
  SLUICE_HD bool append(const char* bytes, const KeyPart& part) noexcept {
    const bool is_text = part.kind == KeyPart::Kind::text;
    const std::uint32_t most = 9 + (is_text ? part.length : 0);
    if (length_ + most > TextHash::longest) return false;
    switch (part.kind) {
      case KeyPart::Kind::null:
        return put(0, 0, 0);
      case KeyPart::Kind::integer:
        return put(1, part.value, 8);
      case KeyPart::Kind::boolean:
        return put(static_cast<char>(2 + part.value), 0, 0);
      default:
        put(4, part.length, 4);
        for (std::uint32_t i = 0; i < part.length; ++i) text_[length_++] = bytes[part.begin + i];
        return true;
    }
  }
  SLUICE_HD KeyIdentity identity(std::uint64_t seed) const noexcept {
    return TextHash(text_, 0, length_, seed)();
  }

 private:
  SLUICE_HD bool put(char tag, std::uint64_t number, std::uint32_t bytes) noexcept {
    text_[length_++] = tag;
    for (std::uint32_t i = 0; i < bytes; ++i) {
      text_[length_++] = static_cast<char>(number >> 8 * i);
    }
    return true;
  }

  alignas(8) char text_[TextHash::longest + 16] = {};
  std::uint32_t length_ = 0;
};

struct NoFilterInputs {};

/// An event while it is read. Values go to their columns at once, the rest when it is finished; an
/// event that turns out to be for the host, or to be filtered, leaves behind what nobody reads.
template <KeyForm Keys, bool Filtered>
class EventDraft : private std::conditional_t<Filtered, FilterInputs, NoFilterInputs> {
 public:
  /// @param filter where the plan has one
  SLUICE_HD EventDraft(const DecodePlan& plan, const FilterPlan* filter, const char* bytes,
                       const DecodedColumns& columns, std::uint32_t place) noexcept
      : plan_(plan), filter_(filter), bytes_(bytes), columns_(columns), place_(place) {}

  /// Forgets what was taken.
  SLUICE_HD void restart() noexcept {
    nulls_ = 0;
    time_ = start_of_time;
    for (KeyPart& part : parts_) part = {};
  }

  /// A field was read: has all its columns take it. @returns false: the event is for the host.
  SLUICE_HD bool take(std::uint32_t field, const PlainScalar& scalar) noexcept {
    const DecodePlan::Field& uses = plan_.field[field];
    for (std::uint32_t use = uses.first_use; use < uses.first_use + uses.uses; ++use) {
      if (!take_column(plan_.use[use], scalar)) return false;
    }
    return true;
  }

  /// Whether it has a time. @param timestamp of the message, where the plan asks for it
  SLUICE_HD bool settle_time(EventTime timestamp) noexcept {
    if (plan_.transport_time) time_ = timestamp;
    return time_ >= -max_event_time && time_ <= max_event_time;
  }

  /// Whether the filter lets it through, of which all was read.
  SLUICE_HD bool passes() const noexcept {
    return EventJudge(*filter_, *this, nulls_, bytes_).passes();
  }

  /// Writes what is left.
  SLUICE_HD bool finish() noexcept {
    if (!identify()) return false;
    columns_.time[place_] = time_;
    columns_.key_low[place_] = key_.low;
    columns_.key_high[place_] = key_.high;
    return true;
  }

  SLUICE_HD EventTime time() const noexcept { return time_; }
  SLUICE_HD bool has_key_high() const noexcept { return key_.high != 0; }
  /// Bit v: value v is null.
  SLUICE_HD std::uint32_t nulls() const noexcept { return nulls_; }

 private:
  static constexpr std::uint32_t parts = Keys == KeyForm::several ? DecodePlan::max_keys : 1;

  SLUICE_HD bool take_column(const DecodePlan::Use& use, const PlainScalar& scalar) noexcept {
    switch (use.kind) {
      case DecodePlan::Use::Kind::time:
        return read_time(plan_, bytes_, scalar, time_);
      case DecodePlan::Use::Kind::key:
        if constexpr (Keys == KeyForm::none) return true;
        return read_key(plan_, plan_.key[use.column], bytes_, scalar,
                        parts_[Keys == KeyForm::several ? use.column : 0]);
      case DecodePlan::Use::Kind::value:
        return take_value(use.column, scalar);
      case DecodePlan::Use::Kind::filter:
        break;
    }
    return take_filtered(use.column, scalar);
  }

  SLUICE_HD bool take_filtered([[maybe_unused]] std::uint32_t column,
                               [[maybe_unused]] const PlainScalar& scalar) noexcept {
    if constexpr (Filtered) {
      FilterColumnReader reader(bytes_, scalar);
      if (!reader.read(filter_->column[column])) return false;
      const std::uint32_t bit = 1u << column;
      this->column_inputs[column] = reader.bits();
      this->known_columns = reader.known() ? this->known_columns | bit : this->known_columns & ~bit;
    }
    return true;
  }

  SLUICE_HD bool take_value(std::uint32_t column, const PlainScalar& scalar) noexcept {
    const DecodePlan::Value& value = plan_.value[column];
    const bool is_null = scalar.kind == PlainScalar::Kind::null;
    std::int64_t bits = 0;
    if (is_null ? value.required : !read_value(value, bytes_, scalar, bits)) return false;
    if (is_null) nulls_ |= 1u << column;
    if constexpr (Filtered) this->value_inputs[column] = bits;
    if (columns_.values[column] == nullptr) return true;
    columns_.values[column][place_] = bits;
    columns_.valid[column][place_] = is_null ? 0 : 1;
    return true;
  }

  SLUICE_HD bool identify() noexcept {
    if constexpr (Keys == KeyForm::one) key_ = identity_of(plan_, bytes_, parts_[0]);
    if constexpr (Keys == KeyForm::several) {
      EncodedKey encoded;
      for (std::uint32_t key = 0; key < plan_.keys; ++key) {
        if (!encoded.append(bytes_, parts_[key])) return false;
      }
      key_ = encoded.identity(plan_.key_seed);
    }
    return true;
  }

  const DecodePlan& plan_;
  const FilterPlan* filter_;
  const char* bytes_;
  const DecodedColumns& columns_;
  std::uint32_t place_;
  std::uint32_t nulls_ = 0;
  EventTime time_ = start_of_time;
  KeyIdentity key_;
  KeyPart parts_[parts];
};

}  // namespace sluice::cuda
