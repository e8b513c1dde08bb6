#pragma once

#include <cstdint>

#include "kernels/event_columns.hpp"
#include "kernels/filter_plan.hpp"
#include "kernels/types.hpp"

namespace sluice {

enum class RawFormat : std::uint8_t { rows, json, csv };

/// How a field lies in a row of fixed length.
enum class RowType : std::uint8_t {
  missing,  ///< not in the row
  signed_integer,
  unsigned_integer,
  float32,
  float64,
  boolean,
  chars,  ///< NULs at the end are cut off
};

enum class RawKeyType : std::uint8_t { as_it_came, int64, string, boolean };

/// How the bytes of a batch become columns: plain data, by value to kernels. Names are resolved
/// already; a field is a number from 0 on, in rows and CSV in the order in which fields lie.
struct DecodePlan {
  static constexpr std::uint32_t max_keys = 8;
  static constexpr std::uint32_t max_fields = 32;
  static constexpr std::uint32_t max_uses = 1 + max_keys + max_values + FilterPlan::max_columns;

  /// A column that a field goes to.
  struct Use {
    enum class Kind : std::uint8_t { time, key, value, filter };
    Kind kind = Kind::time;
    std::uint8_t column = 0;  ///< of the keys, of the values or of the filter
  };
  struct Field {
    std::uint8_t first_use = 0;
    std::uint8_t uses = 0;
    RowType type = RowType::missing;  ///< rows
    std::uint8_t bytes = 0;           ///< rows, numbers: 1, 2, 4 or 8
    std::uint32_t begin = 0;          ///< rows: in the row; CSV: the column, from 0
    std::uint32_t chars = 0;          ///< rows: bytes of `chars`
  };
  struct Value {
    ValueType type = ValueType::int64;
    std::uint8_t scale = 0;  ///< of a decimal
    bool required = false;
  };

  RawFormat format = RawFormat::json;
  bool lines = false;    ///< a line is an event; else a message is (rows: neither)
  bool swapped = false;  ///< rows: the other byte order
  bool transport_time = false;
  bool iso_time = false;
  std::int8_t time_power = 0;  ///< a time's number x 10^time_power is milliseconds
  char delimiter = ',';
  char quote = '"';
  std::uint8_t fields = 0;
  std::uint8_t keys = 0;
  std::uint8_t values = 0;
  std::uint32_t row_bytes = 0;
  std::uint32_t max_key_bytes = 0;
  std::uint64_t key_seed = 0;
  Field field[max_fields];
  Use use[max_uses];
  RawKeyType key[max_keys];
  Value value[max_values];
};

/// What the documents of one program share: the bytes between their scalars (decisions 7 and 15).
/// A document that has the same ones, with plain scalars between, is valid and has its fields in
/// the same places. Quotes belong to the bytes between.
struct DocumentShape {
  static constexpr std::uint32_t max_scalars = 64;
  static constexpr std::uint32_t max_words = 256;
  static constexpr std::uint8_t no_field = 0xFF;

  /// Bytes between scalars, and what is behind them.
  struct Step {
    std::uint16_t first_word = 0;
    std::uint16_t bytes = 0;
    std::uint8_t field = no_field;  ///< of the plan; no_field: nobody reads the scalar
    bool text = false;              ///< the scalar is a string, its quotes not included
  };

  std::uint32_t scalars = 0;
  std::uint32_t missing = 0;   ///< bit f: no scalar is field f
  Step step[max_scalars + 1];  ///< the last one has no scalar behind it
  std::uint64_t word[max_words] = {};
};

inline constexpr std::uint32_t max_shapes = 8;

/// Longer documents are left to the host.
inline constexpr std::uint32_t max_raw_document = 16'384;

}  // namespace sluice
