#include "ingest/decode/text_plan.hpp"

#if defined(__x86_64__)

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include <immintrin.h>

#include "ingest/decode/event_time.hpp"
#include "ingest/decode/json_scalar.hpp"
#include "ingest/decode/number.hpp"
#include "ingest/decode/number_vectors.hpp"
#include "ingest/decode/quick_number.hpp"
#include "ingest/decode/string_key.hpp"
#include "ingest/decode/value_bits.hpp"

// Everything above is compiled for any machine, whoever uses it; what follows is used by nobody
// else, and only where the machine has these instructions.
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,bmi,bmi2,lzcnt,popcnt"))), \
                             apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,bmi,bmi2,lzcnt,popcnt")
#endif
#include "ingest/decode/text_reader.hpp"

namespace sluice {

template std::size_t read_text_columns<TextDialect::json, NumberVectors>(TextPlan&, const char*,
                                                                         const TextBlock&,
                                                                         std::span<const Message>,
                                                                         DecodedEvents&,
                                                                         std::uint8_t*);
template std::size_t read_text_columns<TextDialect::csv, NumberVectors>(TextPlan&, const char*,
                                                                        const TextBlock&,
                                                                        std::span<const Message>,
                                                                        DecodedEvents&,
                                                                        std::uint8_t*);

}  // namespace sluice
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

namespace sluice {

ReadTextColumns avx2_text_reader(TextDialect dialect) noexcept {
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("bmi2")) return nullptr;
  return dialect == TextDialect::json ? read_text_columns<TextDialect::json, NumberVectors>
                                      : read_text_columns<TextDialect::csv, NumberVectors>;
}

}  // namespace sluice

#else

namespace sluice {

ReadTextColumns avx2_text_reader(TextDialect) noexcept { return nullptr; }

}  // namespace sluice

#endif
