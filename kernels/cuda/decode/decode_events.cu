#include "kernels/cuda/decode/decode_events.hpp"

#include "kernels/cuda/decode/event_totals.cuh"
#include "kernels/cuda/decode/read_event.cuh"
#include "kernels/cuda/launch.hpp"
#include "kernels/cuda/thread_range.cuh"

namespace sluice::cuda {

namespace {

/// Where every event may have been filtered, a sample looks at as many for one that was not.
constexpr std::uint64_t sample_reach = 16;

__device__ std::uint32_t event_count(const RawBatch& batch) {
  std::uint32_t events = batch.raw.messages.size;
  if (batch.plan.format == RawFormat::rows) events = batch.raw.rows;
  if (batch.plan.lines) events = batch.front->counts.events;
  return events < batch.capacity ? events : batch.capacity;
}

/// The event's time stands for: not decoded.
__device__ void list(const RawBatch& batch, std::uint32_t place) {
  const DecodedColumns& columns = batch.columns;
  columns.time[place] = start_of_time;
  if (columns.keep != nullptr) columns.keep[place] = 0;
  const ListedEvent event{place, columns.begin[place], columns.message[place]};
  const std::uint32_t entry = atomic_add(&batch.front->counts.listed, 1u);
  if (entry < DecodeFront::short_list) {
    batch.front->listed[entry] = event;
  } else if (entry - DecodeFront::short_list < batch.more_capacity) {
    batch.more_listed[entry - DecodeFront::short_list] = event;
  }
}

/// Whether the filter lets an event through, which the future guard has judged before: what is
/// later than that allows goes on, for the guard to count.
template <class Draft>
__device__ bool goes_on(const RawBatch& batch, std::uint32_t place, const Draft& draft) {
  const bool keep = draft.time() > batch.raw.future_after || draft.passes();
  batch.columns.keep[place] = keep ? 1 : 0;
  if (!keep) batch.columns.time[place] = start_of_time;
  return keep;
}

/// @returns the event, if it was filtered
template <class Format, KeyForm Keys, bool Filtered>
__device__ FilteredEvent decode_event(const RawBatch& batch, std::uint32_t place,
                                      NotedEvents& noted) {
  EventDraft<Keys, Filtered> draft(batch.plan, batch.filter, batch.raw.bytes, batch.columns, place);
  const RawMessages& messages = batch.raw.messages;
  const bool read = Format::read(batch, place, draft);
  const std::uint32_t message = batch.columns.message[place];
  PartitionIndex partition = messages.single_partition;
  if (batch.columns.partition != nullptr) {
    partition = messages.partition[message];
    batch.columns.partition[place] = partition;
  }
  const EventTime timestamp = messages.timestamp == nullptr ? 0 : messages.timestamp[message];
  const bool has_time = read && draft.settle_time(timestamp);
  if constexpr (Filtered) {
    if (has_time && !goes_on(batch, place, draft)) return {biased(draft.time()), partition};
  }
  if (has_time && draft.finish()) {
    noted.take(draft);
  } else {
    list(batch, place);
  }
  return {};
}

// Three blocks a multiprocessor leave 80 registers, which spills nothing.
template <class Format, KeyForm Keys, bool Filtered>
__global__ void __launch_bounds__(block_size, 3)
    decode_events_kernel(const __grid_constant__ RawBatch batch) {
  const std::uint32_t events = event_count(batch);
  NotedEvents noted;
  if constexpr (Filtered) {
    const unsigned lane = threadIdx.x % warp_lanes;
    for (std::size_t i = first_index(); i - lane < events; i += index_stride()) {
      FilteredEvent filtered;
      if (i < events) {
        filtered = decode_event<Format, Keys, true>(batch, static_cast<std::uint32_t>(i), noted);
      }
      add_filtered(filtered, batch);
    }
  } else {
    for (std::size_t i = first_index(); i < events; i += index_stride()) {
      decode_event<Format, Keys, false>(batch, static_cast<std::uint32_t>(i), noted);
    }
  }
  add_up(noted, batch.front->counts);
}

__global__ void __launch_bounds__(block_size)
    sample_times_kernel(const __grid_constant__ RawBatch batch) {
  const std::uint64_t events = event_count(batch);
  const auto sample = static_cast<std::uint32_t>(first_index());
  if (events == 0 || sample >= most_time_samples) return;
  const std::uint64_t place = sample * (events - 1) / (most_time_samples - 1);
  const std::uint64_t next = (sample + 1) * (events - 1) / (most_time_samples - 1);
  const std::uint64_t reach = batch.filter != nullptr ? sample_reach : 1;
  EventTime time = batch.columns.time[place];
  for (std::uint64_t i = place + 1; i < next && i < place + reach && time == start_of_time; ++i) {
    time = batch.columns.time[i];
  }
  batch.front->times[sample] = time;
}

template <class Format, KeyForm Keys>
void launch_decoding(const RawBatch& batch, unsigned blocks, Stream& stream) {
  if (batch.filter != nullptr) {
    SLUICE_LAUNCH((decode_events_kernel<Format, Keys, true>), blocks, block_size, 0, stream, batch);
  } else {
    SLUICE_LAUNCH((decode_events_kernel<Format, Keys, false>), blocks, block_size, 0, stream,
                  batch);
  }
}

template <class Format>
void launch_decoding(const RawBatch& batch, unsigned blocks, Stream& stream) {
  switch (batch.plan.keys) {
    case 0:
      return launch_decoding<Format, KeyForm::none>(batch, blocks, stream);
    case 1:
      return launch_decoding<Format, KeyForm::one>(batch, blocks, stream);
    default:
      return launch_decoding<Format, KeyForm::several>(batch, blocks, stream);
  }
}

}  // namespace

void decode_events(const RawBatch& batch, Stream& stream) {
  const std::size_t most = batch.plan.format == RawFormat::rows ? batch.raw.rows
                           : batch.plan.lines                   ? batch.capacity
                                                                : batch.raw.messages.size;
  const unsigned blocks = blocks_for(std::min<std::size_t>(most, batch.capacity));
  switch (batch.plan.format) {
    case RawFormat::rows:
      launch_decoding<Rows>(batch, blocks, stream);
      break;
    case RawFormat::json:
      launch_decoding<Documents>(batch, blocks, stream);
      break;
    case RawFormat::csv:
      launch_decoding<CsvLines>(batch, blocks, stream);
      break;
  }
  SLUICE_LAUNCH(sample_times_kernel, blocks_for(most_time_samples), block_size, 0, stream, batch);
}

}  // namespace sluice::cuda
