#include "kernels/cuda/decode/decode_events.hpp"

#include "kernels/cuda/batch_view.hpp"
#include "kernels/cuda/decode/read_csv_line.hpp"
#include "kernels/cuda/decode/read_document.hpp"
#include "kernels/cuda/decode/read_row.hpp"
#include "kernels/cuda/launch.hpp"
#include "kernels/cuda/thread_range.cuh"

namespace sluice::cuda {

namespace {

constexpr unsigned every_lane = 0xffff'ffffu;

/// What a thread notes of the events it decoded.
struct Noted {
  std::uint64_t latest = 0;
  std::uint64_t earliest = 0;
  std::uint32_t nulls = 0;
  std::uint32_t key_high = 0;

  template <KeyForm Keys>
  __device__ void take(const EventDraft<Keys>& event) {
    const std::uint64_t time = biased(event.time());
    latest = latest > time ? latest : time;
    earliest = earliest > ~time ? earliest : ~time;
    nulls |= event.nulls();
    key_high |= event.has_key_high() ? 1u : 0u;
  }
};

__device__ std::uint64_t warp_maximum(std::uint64_t value) {
  for (int distance = 16; distance > 0; distance /= 2) {
    const std::uint64_t other = __shfl_xor_sync(every_lane, value, distance);
    value = value > other ? value : other;
  }
  return value;
}

/// All lanes of a warp come here.
__device__ void add_up(const Noted& noted, DecodeCounts& counts) {
  const std::uint64_t latest = warp_maximum(noted.latest);
  const std::uint64_t earliest = warp_maximum(noted.earliest);
  const std::uint32_t nulls = __reduce_or_sync(every_lane, noted.nulls);
  const std::uint32_t key_high = __reduce_or_sync(every_lane, noted.key_high);
  if (threadIdx.x % 32 != 0 || latest == 0) return;
  atomic_max(&counts.latest, latest);
  atomic_max(&counts.earliest, earliest);
  if (nulls != 0) atomic_or(&counts.nulls, nulls);
  if (key_high != 0) atomic_store(&counts.key_high, 1u);
}

__device__ std::uint32_t event_count(const RawBatch& batch) {
  std::uint32_t events = batch.raw.messages.size;
  if (batch.plan.format == RawFormat::rows) events = batch.raw.rows;
  if (batch.plan.lines) events = batch.front->counts.events;
  return events < batch.capacity ? events : batch.capacity;
}

/// The message that a row is in: the last one with no more rows before it.
__device__ std::uint32_t message_of_row(const RawMessages& messages, std::uint32_t row) {
  if (messages.first_event == nullptr) return row;
  std::uint32_t low = 0;
  std::uint32_t high = messages.size;
  while (high - low > 1) {
    const std::uint32_t middle = low + (high - low) / 2;
    if (messages.first_event[middle] <= row) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return low;
}

struct Rows {
  template <KeyForm Keys>
  __device__ static bool read(const RawBatch& batch, std::uint32_t place, EventDraft<Keys>& draft) {
    const RawMessages& messages = batch.raw.messages;
    const std::uint32_t message = message_of_row(messages, place);
    const std::uint32_t row =
        messages.first_event == nullptr ? 0 : place - messages.first_event[message];
    const std::uint32_t begin = messages.begin[message] + row * batch.plan.row_bytes;
    batch.columns.begin[place] = begin;
    batch.columns.length[place] = batch.plan.row_bytes;
    batch.columns.message[place] = message;
    return read_row(batch.plan, batch.raw.bytes, begin, draft);
  }
};

__device__ RawText text_of(const RawBatch& batch, std::uint32_t place) {
  const RawMessages& messages = batch.raw.messages;
  const DecodedColumns& columns = batch.columns;
  if (!batch.plan.lines) {
    columns.message[place] = place;
    columns.begin[place] = messages.begin[place];
  }
  const std::uint32_t message = columns.message[place];
  return {batch.raw.bytes, columns.begin[place], messages.begin[message] + messages.length[message],
          batch.plan.lines};
}

struct Documents {
  template <KeyForm Keys>
  __device__ static bool read(const RawBatch& batch, std::uint32_t place, EventDraft<Keys>& draft) {
    const RawText text = text_of(batch, place);
    for (std::uint32_t shape = 0; shape < batch.shape_count; ++shape) {
      draft.restart();
      DocumentReader<Keys> reader(batch.plan, batch.shapes[shape], text, draft);
      if (!reader.read()) continue;
      batch.columns.length[place] = reader.length();
      return true;
    }
    return false;
  }
};

struct CsvLines {
  template <KeyForm Keys>
  __device__ static bool read(const RawBatch& batch, std::uint32_t place, EventDraft<Keys>& draft) {
    const RawText text = text_of(batch, place);
    CsvLineReader<Keys> reader(batch.plan, text, draft);
    if (!reader.read()) return false;
    batch.columns.length[place] = reader.length();
    return true;
  }
};

/// The event's time stands for: not decoded.
__device__ void list(const RawBatch& batch, std::uint32_t place) {
  const DecodedColumns& columns = batch.columns;
  columns.time[place] = start_of_time;
  const ListedEvent event{place, columns.begin[place], columns.message[place]};
  const std::uint32_t entry = atomic_add(&batch.front->counts.listed, 1u);
  if (entry < DecodeFront::short_list) {
    batch.front->listed[entry] = event;
  } else if (entry - DecodeFront::short_list < batch.more_capacity) {
    batch.more_listed[entry - DecodeFront::short_list] = event;
  }
}

template <class Format, KeyForm Keys>
__device__ void decode_event(const RawBatch& batch, std::uint32_t place, Noted& noted) {
  EventDraft<Keys> draft(batch.plan, batch.raw.bytes, batch.columns, place);
  const RawMessages& messages = batch.raw.messages;
  const bool read = Format::template read<Keys>(batch, place, draft);
  const std::uint32_t message = batch.columns.message[place];
  if (batch.columns.partition != nullptr) {
    batch.columns.partition[place] = messages.partition[message];
  }
  const EventTime timestamp = messages.timestamp == nullptr ? 0 : messages.timestamp[message];
  if (read && draft.finish(timestamp)) {
    noted.take(draft);
  } else {
    list(batch, place);
  }
}

// Three blocks a multiprocessor leave 80 registers, which spills nothing.
template <class Format, KeyForm Keys>
__global__ void __launch_bounds__(block_size, 3)
    decode_events_kernel(const __grid_constant__ RawBatch batch) {
  const std::uint32_t events = event_count(batch);
  Noted noted;
  for (std::size_t i = first_index(); i < events; i += index_stride()) {
    decode_event<Format, Keys>(batch, static_cast<std::uint32_t>(i), noted);
  }
  add_up(noted, batch.front->counts);
}

__global__ void __launch_bounds__(block_size)
    sample_times_kernel(const __grid_constant__ RawBatch batch) {
  const std::uint64_t events = event_count(batch);
  const auto sample = static_cast<std::uint32_t>(first_index());
  if (events == 0 || sample >= most_time_samples) return;
  const std::uint64_t place = sample * (events - 1) / (most_time_samples - 1);
  batch.front->times[sample] = batch.columns.time[place];
}

template <class Format>
void launch_decoding(const RawBatch& batch, unsigned blocks, Stream& stream) {
  switch (batch.plan.keys) {
    case 0:
      SLUICE_LAUNCH((decode_events_kernel<Format, KeyForm::none>), blocks, block_size, 0, stream,
                    batch);
      break;
    case 1:
      SLUICE_LAUNCH((decode_events_kernel<Format, KeyForm::one>), blocks, block_size, 0, stream,
                    batch);
      break;
    default:
      SLUICE_LAUNCH((decode_events_kernel<Format, KeyForm::several>), blocks, block_size, 0, stream,
                    batch);
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
