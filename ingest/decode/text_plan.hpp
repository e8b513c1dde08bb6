#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "ingest/decode/decoded_events.hpp"
#include "ingest/decode/format.hpp"
#include "ingest/decode/iso_time.hpp"
#include "ingest/decode/key_columns.hpp"
#include "ingest/decode/scalar.hpp"
#include "ingest/decode/text_block.hpp"
#include "ingest/source_block.hpp"

namespace sluice {

/// What a format makes of its fields, for readers of columns, and what they remember.
struct TextPlan {
  explicit TextPlan(const Format& format);

  KeyColumns keys;
  std::vector<ValueField> values;
  std::vector<std::size_t> value_fields;
  std::optional<std::size_t> time_field;
  TimeUnit time_unit;
  bool allow_non_finite;
  std::size_t fields;  ///< of the format

  std::vector<Scalar> scalars;  ///< [fields] of one row
  QuickIsoTime iso_time;
};

/// Writes a block's columns behind events.size, and which of its rows are odd: not for a reader of
/// columns to judge. @param base what places in the block are counted from. @param messages by
/// index, for the transport's time. @returns how many rows are odd.
using ReadTextColumns = std::size_t (*)(TextPlan& plan, const char* base, const TextBlock& block,
                                        std::span<const Message> messages, DecodedEvents& events,
                                        std::uint8_t* odd);

/// The reader for this machine.
ReadTextColumns best_text_reader(TextDialect dialect) noexcept;
/// The readers for any machine, and for those with AVX2 or AVX-512 (nullptr: not compiled in, or
/// not for this machine).
ReadTextColumns plain_text_reader(TextDialect dialect) noexcept;
ReadTextColumns avx2_text_reader(TextDialect dialect) noexcept;
ReadTextColumns avx512_text_reader(TextDialect dialect) noexcept;

}  // namespace sluice
