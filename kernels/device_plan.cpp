#include "kernels/device_plan.hpp"

#include <algorithm>
#include <bit>

#include "kernels/sealed_rows.hpp"

namespace sluice {
namespace {

// What kernels/cuda allocates; a test compares the plan with a backend over the emulator.
constexpr std::size_t slots_a_chunk = 256;
constexpr std::size_t entry_bytes = 8;  ///< of the dictionary and of the directory
constexpr std::size_t key_bytes = 16 + 2 + 4;
constexpr std::size_t direct_bytes = 4;
constexpr std::size_t list_bytes = 68 + 16;  ///< an event: lists, and the parts of a batch
constexpr std::size_t list_bytes_at_least = std::size_t{26} << 16;
constexpr std::size_t staging_gap = std::size_t{33} << 10;  ///< a column
constexpr std::size_t fewest_in_flight = 3;
constexpr std::size_t output_halves = 2;
constexpr std::size_t largest_half = std::size_t{32} << 20;
constexpr std::size_t windows_in_output = 4;

std::size_t chunks_for(std::size_t slots) { return (slots + slots_a_chunk - 1) / slots_a_chunk; }

std::size_t values_read(const RowLayout& layout) {
  std::uint32_t read = 0;
  for (std::uint32_t k = 0; k < layout.count; ++k) read |= 1u << layout.accumulators[k].value;
  return static_cast<std::size_t>(std::popcount(read));
}

/// Of a batch of columns.
std::size_t column_bytes(const BackendShape& shape) {
  const std::size_t values = values_read(shape.layout);
  const std::size_t event_bytes = 8 + 16 + sizeof(PartitionIndex) + values * (8 + 1);
  return shape.max_batch_events * event_bytes + (4 + 2 * values) * staging_gap;
}

/// Of a batch that the device decodes: bytes, messages, columns with extents, twice with a filter,
/// and what the host decodes of it.
std::size_t raw_bytes(const BackendShape& shape) {
  if (!shape.raw) return 0;
  constexpr std::size_t message_bytes = 8 + 3 * 4 + sizeof(PartitionIndex);
  constexpr std::size_t extent_bytes = 3 * 4;
  constexpr std::size_t listed_bytes = 188;
  constexpr std::size_t fewest_listed = 1024;
  const std::size_t values = values_read(shape.layout);
  const std::size_t event_bytes = 8 + 16 + sizeof(PartitionIndex) + extent_bytes + values * (8 + 1);
  const bool filtered = shape.raw->filter.has_value();
  const std::size_t kept_bytes = filtered ? 1 + event_bytes : 0;
  const std::size_t maxima_bytes = filtered ? shape.raw->partitions * sizeof(EventTime) : 0;
  return shape.raw->max_bytes + shape.raw->max_messages * message_bytes + 5 * staging_gap +
         shape.max_batch_events * (event_bytes + kept_bytes) + maxima_bytes +
         std::max(shape.max_batch_events / 16, fewest_listed) * listed_bytes;
}

std::size_t staging_bytes(const BackendShape& shape) {
  return std::max(shape.batches_in_flight, fewest_in_flight) *
         (column_bytes(shape) + raw_bytes(shape));
}

std::size_t result_bytes(const BackendShape& shape, std::size_t keys) {
  const std::size_t words = shape.layout.words() * sizeof(std::uint64_t);
  const std::size_t rows = std::max(
      std::min(windows_in_output * keys, largest_half / (words + sizeof(KeySlot))), slots_a_chunk);
  constexpr std::size_t emission_bytes = 16;
  constexpr std::size_t rows_an_emission = 16;
  constexpr std::size_t fewest_emissions = 4096;
  return output_halves * (rows * (words + sizeof(KeySlot)) +
                          (rows / rows_an_emission + fewest_emissions) * emission_bytes);
}

/// A chunk with a row in every slot, counts of one byte and other words of four; a page keeps about
/// a tenth free.
std::size_t sealed_chunk_bytes(const RowLayout& layout) {
  std::size_t words =
      1 + sealed_header_words(layout.words()) + sealed_column_words(1, sealed_slots);
  for (std::uint32_t k = 0; k < layout.count; ++k) {
    const AccumulatorKind kind = layout.accumulators[k].kind;
    if (kind == AccumulatorKind::nulls) continue;
    const bool is_double =
        layout.accumulators[k].is_double || kind == AccumulatorKind::sum_squares_integer;
    words += sealed_column_words(is_double ? 8 : 4, sealed_slots);
  }
  const std::size_t bytes = words * sizeof(std::uint64_t);
  return std::min(bytes + bytes / 10, slots_a_chunk * layout.words() * sizeof(std::uint64_t));
}

}  // namespace

DevicePlan plan_device(const BackendShape& shape, const StateNeeds& needs) {
  const std::size_t keys = std::min(needs.keys, shape.max_keys);
  const std::size_t chunks = chunks_for(keys);
  const std::size_t column = chunks * slots_a_chunk * shape.layout.words() * sizeof(std::uint64_t);
  const std::size_t places = 2 * std::bit_ceil(std::max<std::size_t>(keys, 1));
  return {.dictionary =
              places * (entry_bytes + (needs.integer_keys ? direct_bytes : 0)) + keys * key_bytes,
          .directory = (needs.panes + needs.working_columns) * chunks * entry_bytes,
          .panes = needs.panes * column,
          .working = needs.working_columns * column,
          .staging = staging_bytes(shape),
          .batch_lists = shape.max_batch_events * list_bytes + list_bytes_at_least,
          .results = result_bytes(shape, keys),
          .sealed_panes = needs.panes * chunks * sealed_chunk_bytes(shape.layout)};
}

}  // namespace sluice
