#include "ingest/decode/text_plan.hpp"

#if defined(__x86_64__)

// g++ 12 takes the undefined lanes in its own headers for uninitialised (its bug 105593).
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"

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
#include "ingest/decode/number_batches.hpp"
#include "ingest/decode/quick_number.hpp"
#include "ingest/decode/string_key.hpp"
#include "ingest/decode/value_bits.hpp"

// As in text_reader_avx2.cpp.
#if defined(__clang__)
#pragma clang attribute push(                                                              \
    __attribute__((target("avx2,bmi,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512vl,avx512dq," \
                          "avx512bitalg"))),                                               \
    apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,bmi,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512vl,avx512dq,avx512bitalg")
#endif
#include "ingest/decode/text_reader.hpp"

namespace sluice {

template std::size_t read_text_columns<TextDialect::json, NumberBatches>(TextPlan&, const char*,
                                                                         const TextBlock&,
                                                                         std::span<const Message>,
                                                                         DecodedEvents&,
                                                                         std::uint8_t*);
template std::size_t read_text_columns<TextDialect::csv, NumberBatches>(TextPlan&, const char*,
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

ReadTextColumns avx512_text_reader(TextDialect dialect) noexcept {
  if (!__builtin_cpu_supports("avx512bitalg") || !__builtin_cpu_supports("avx512dq") ||
      !__builtin_cpu_supports("avx512vl") || !__builtin_cpu_supports("avx512bw")) {
    return nullptr;
  }
  return dialect == TextDialect::json ? read_text_columns<TextDialect::json, NumberBatches>
                                      : read_text_columns<TextDialect::csv, NumberBatches>;
}

}  // namespace sluice

#else

namespace sluice {

ReadTextColumns avx512_text_reader(TextDialect) noexcept { return nullptr; }

}  // namespace sluice

#endif
