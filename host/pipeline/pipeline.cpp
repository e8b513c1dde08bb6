#include "host/pipeline/pipeline.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

#include "host/pipeline/batch_pool.hpp"
#include "host/pipeline/batch_queue.hpp"
#include "host/pipeline/lane.hpp"
#include "host/pipeline/parking.hpp"
#include "ingest/thread_cpu.hpp"

namespace sluice {
namespace {

constexpr Milliseconds state_interval = 200;
constexpr Milliseconds commit_interval = 1'000;

BatchPool make_pool(const Job& job, Backend& backend) {
  const auto values = static_cast<std::uint32_t>(job.format.values.size());
  std::vector<std::unique_ptr<Batch>> batches;
  for (std::size_t i = 0; i < job.engine.batches; ++i) {
    batches.push_back(std::make_unique<Batch>(
        backend.allocate_staging(job.engine.batch_bytes + block_padding),
        backend.allocate_staging(DecodedEvents::bytes_needed(job.engine.batch_events, values)),
        job.engine.batch_events, values));
    if (backend.raw_staging() == nullptr) continue;
    batches.back()->table.emplace(
        backend.allocate_staging(RawMessageTable::bytes_needed(job.engine.batch_events)),
        job.engine.batch_events);
  }
  return BatchPool(std::move(batches));
}

BlockDecoder block_decoder(const Job& job, const Backend& backend) {
  std::optional<EventFilter> filter;
  if (job.where) filter.emplace(job.where->program, job.watermark.max_future);
  return {job.format, std::move(filter), backend.wants_narrow()};
}

/// What the engine thread took since this was made.
class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }
  double cpu_seconds() const { return thread_cpu_seconds() - cpu_start_; }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  double cpu_start_ = thread_cpu_seconds();
};

}  // namespace

/// When a batch was sealed, by the wall and by its lane's clock.
struct Pipeline::Moment {
  EventTime now = 0;
  Milliseconds lane_clock = 0;
};

/// What is left to do once a batch's events are in and nobody needs the batch any more.
struct Pipeline::Rest {
  Moment sealed;
  std::vector<PartitionIndex> ended;
  BatchFigures figures;
};

struct Pipeline::Impl {
  Impl(const Job& job_in, Source& source_in, Backend& backend_in,
       std::span<const std::unique_ptr<Sink>> sinks_in, const Clock& clock_in,
       PipelineObserver observer_in);

  void start_lanes(std::vector<std::jthread>& threads);
  void stage_ahead(Batch& batch);
  void process(Batch& batch);
  void process_refused(Batch& batch);
  Rest take_in(Batch& batch);
  void finish(const Rest& rest, const Stopwatch& watch);
  EngineBatch view_of(Batch& batch);
  std::vector<EventExtent> extents_of(const Batch& batch, std::span<const std::uint32_t> events);
  void name_keys(const Batch& batch, std::span<const FirstSeenKey> keys, KeyNames& names);
  EventTime park(const Batch& batch, std::span<const std::uint32_t> events);
  void finish_partitions(std::span<const PartitionIndex> ended, Moment when);
  void admit_parked(Moment when);
  void take_malformed(const Batch& batch);
  void note_positions(const Batch& batch);
  void flush();
  void close_open_windows();
  void commit_positions(bool last);
  void report(bool last);

  const Job& job;
  Source& source;
  Backend& backend;
  std::span<const std::unique_ptr<Sink>> sinks;
  const Clock& clock;
  PipelineObserver observer;
  Engine engine;
  BatchPool pool;
  BatchQueue queue;
  std::atomic<std::uint64_t> sequence{0};
  std::vector<std::unique_ptr<Lane>> lanes;
  Decoder key_reader;
  BlockDecoder refused_decoder;   ///< of what the backend does not decode after all
  std::optional<RawBatches> raw;  ///< where the backend decodes
  std::vector<std::vector<PartitionIndex>> lane_partitions;
  std::vector<PartitionIndex> ticking;  ///< partitions of the batch's lane that are not paused
  std::vector<PartitionIndex> held;     ///< and those that are
  bool published = false;               ///< since the last flush
  Parking parking;
  std::array<std::uint64_t, malformed_reasons> malformed{};
  std::vector<PartitionOffset> positions;  ///< to commit
  Milliseconds reported_at = 0;
  Milliseconds committed_at = 0;
};

Pipeline::Impl::Impl(const Job& job_in, Source& source_in, Backend& backend_in,
                     std::span<const std::unique_ptr<Sink>> sinks_in, const Clock& clock_in,
                     PipelineObserver observer_in)
    : job(job_in),
      source(source_in),
      backend(backend_in),
      sinks(sinks_in),
      clock(clock_in),
      observer(std::move(observer_in)),
      engine(job, source.partitions().size(), backend,
             [this](const WindowResult& result) {
               published = true;
               for (const auto& sink : sinks) sink->publish(result);
             }),
      pool(make_pool(job, backend)),
      queue(source.lanes()),
      key_reader(job.format),
      refused_decoder(block_decoder(job, backend)),
      lane_partitions(source.lanes()),
      parking(engine, backend, source) {
  if (backend.raw_staging() != nullptr) {
    const FilterProgram* const filter = job.where ? &job.where->program : nullptr;
    raw.emplace(job, *raw_plan(job.format, filter).plan, backend, this->observer.decoding_moved);
  }
  for (std::size_t p = 0; p < source.partitions().size(); ++p) {
    const auto partition = static_cast<PartitionIndex>(p);
    const auto lane = source.lane_of(partition);
    for (unsigned l = 0; l < source.lanes(); ++l) {
      if (!lane || *lane == l) lane_partitions[l].push_back(partition);
    }
  }
}

void Pipeline::Impl::start_lanes(std::vector<std::jthread>& threads) {
  const BlockLimits limits{.max_events = job.engine.batch_events,
                           .linger = job.engine.batch_linger};
  for (unsigned l = 0; l < source.lanes(); ++l) {
    lanes.push_back(std::make_unique<Lane>(l, source, block_decoder(job, backend), limits, pool,
                                           queue, sequence, clock, raw ? &*raw : nullptr));
    threads.emplace_back(
        [lane = lanes.back().get()](std::stop_token stop) { lane->run(std::move(stop)); });
  }
}

void Pipeline::Impl::stage_ahead(Batch& batch) {
  const auto stage = [this](Batch& each) {
    if (each.ticket) return;
    each.ticket = each.raw ? raw->stage(each) : backend.stage(each.events.columns());
  };
  stage(batch);
  for (Batch* next : queue.ready(job.engine.batches - 1)) stage(*next);
}

EngineBatch Pipeline::Impl::view_of(Batch& batch) {
  ticking.clear();
  held.clear();
  for (const PartitionIndex partition : lane_partitions[batch.lane]) {
    (parking.holds(partition) ? held : ticking).push_back(partition);
  }
  std::uint64_t dropped = 0;
  for (const std::uint64_t count : batch.events.malformed) dropped += count;
  return {
      .ticket = *batch.ticket,
      .size = batch.events.size,
      .min_time = batch.events.min_time,
      .max_time = batch.events.max_time,
      .parked_from = parking.earliest(),
      .now = batch.block.now,
      .lane_clock = batch.block.active,
      .lane_partitions = ticking,
      .held_partitions = held,
      .malformed = dropped,
      .tombstones = batch.events.tombstones,
      .filtered = batch.filtered.count,
      .filtered_maxima = batch.filtered.maxima,
      .name_keys = [this, &batch](auto keys, KeyNames& names) { name_keys(batch, keys, names); },
      .park = [this, &batch](auto events) { return park(batch, events); }};
}

std::vector<EventExtent> Pipeline::Impl::extents_of(const Batch& batch,
                                                    std::span<const std::uint32_t> events) {
  if (batch.raw) return raw->extents(batch, events);
  std::vector<EventExtent> extents;
  extents.reserve(events.size());
  for (const std::uint32_t event : events) extents.push_back(batch.events.extents[event]);
  return extents;
}

void Pipeline::Impl::name_keys(const Batch& batch, std::span<const FirstSeenKey> keys,
                               KeyNames& names) {
  std::vector<std::uint32_t> events;
  events.reserve(keys.size());
  for (const FirstSeenKey& key : keys) events.push_back(key.event);
  const std::vector<EventExtent> extents = extents_of(batch, events);
  for (std::size_t k = 0; k < keys.size(); ++k) {
    names.set(keys[k].slot, key_reader.key_of(batch.block, extents[k]));
  }
}

EventTime Pipeline::Impl::park(const Batch& batch, std::span<const std::uint32_t> events) {
  const std::vector<EventExtent> extents = extents_of(batch, events);
  std::vector<std::string> keys;
  keys.reserve(extents.size());
  for (const EventExtent& extent : extents) keys.push_back(key_reader.key_of(batch.block, extent));
  if (!batch.raw) {
    return parking.park(batch.events.columns(), events, std::move(keys), batch.block.now);
  }
  const DecodedEvents decoded = raw->columns(batch, extents);
  std::vector<std::uint32_t> all(extents.size());
  std::iota(all.begin(), all.end(), 0u);
  return parking.park(decoded.columns(), all, std::move(keys), batch.block.now);
}

void Pipeline::Impl::process(Batch& batch) {
  const Stopwatch watch;
  stage_ahead(batch);
  if (batch.raw && !raw->settle(batch)) {
    process_refused(batch);
    return;
  }
  if (raw && !batch.raw) raw->learn(batch);
  Rest rest = take_in(batch);
  rest.figures.compute_seconds = watch.seconds();
  pool.give_back(batch);
  finish(rest, watch);
}

void Pipeline::Impl::process_refused(Batch& batch) {
  std::size_t next_message = 0;
  bool last = false;
  while (!last) {
    next_message = refused_decoder.decode(batch, next_message);
    const Stopwatch watch;
    batch.ticket = backend.stage(batch.events.columns());
    Rest rest = take_in(batch);
    rest.figures.compute_seconds = watch.seconds();
    last = batch.last_part;
    batch.next_part();
    if (last) pool.give_back(batch);
    finish(rest, watch);
  }
}

Pipeline::Rest Pipeline::Impl::take_in(Batch& batch) {
  take_malformed(batch);
  const EngineBatch view = view_of(batch);
  engine.process(view);
  backend.release(*batch.ticket);
  batch.ticket.reset();
  Rest rest{.sealed = {view.now, view.lane_clock},
            .ended = {},
            .figures = {.events = batch.events.size + batch.filtered.count,
                        .bytes = batch.last_part ? batch.block.used : 0,
                        .sealed_by = batch.sealed_by,
                        .fetch_seconds = batch.fetch_seconds,
                        .decode_seconds = batch.decode_seconds,
                        .compute_seconds = 0,
                        .cpu = batch.cpu}};
  if (batch.last_part) {
    note_positions(batch);
    rest.ended = batch.block.finished;
  }
  return rest;
}

void Pipeline::Impl::finish(const Rest& rest, const Stopwatch& watch) {
  finish_partitions(rest.ended, rest.sealed);
  admit_parked(rest.sealed);
  if (published) flush();
  BatchFigures figures = rest.figures;
  figures.cpu.compute = watch.cpu_seconds();
  observer.batch_done(figures);
  commit_positions(false);
  report(false);
}

void Pipeline::Impl::finish_partitions(std::span<const PartitionIndex> ended, Moment when) {
  std::vector<PartitionIndex> finished;
  for (const PartitionIndex partition : ended) {
    if (parking.holds(partition)) {
      parking.defer_finish(partition);
    } else {
      finished.push_back(partition);
    }
  }
  if (finished.empty()) return;
  EngineBatch ends;
  ends.now = when.now;
  ends.lane_clock = when.lane_clock;
  ends.finished = finished;
  ends.parked_from = parking.earliest();
  engine.process(ends);
}

void Pipeline::Impl::admit_parked(Moment when) {
  std::uint64_t before = engine.books().parked + 1;
  while (!parking.empty() && engine.books().parked < before) {
    before = engine.books().parked;
    finish_partitions(parking.admit(), when);
    engine.process(
        {.parked_from = parking.earliest(), .now = when.now, .lane_clock = when.lane_clock});
  }
}

void Pipeline::Impl::take_malformed(const Batch& batch) {
  for (std::size_t r = 0; r < malformed.size(); ++r) malformed[r] += batch.events.malformed[r];
  if (job.on_malformed != OnMalformed::fail || batch.events.malformed_events.empty()) return;
  const MalformedEvent& event = batch.events.malformed_events.front();
  const Message& message = batch.block.messages[event.extent.message];
  const PartitionName& partition = source.partitions()[message.partition];
  // A file's offsets count bytes, so the event has one of its own; a message's counts messages.
  const std::int64_t inside = event.extent.begin - message.begin;
  const bool in_file = std::holds_alternative<FileSettings>(job.source);
  std::string place = partition.topic + " partition " + std::to_string(partition.number) +
                      " offset " + std::to_string(message.offset + (in_file ? inside : 0));
  if (!in_file && inside > 0) place += " byte " + std::to_string(inside);
  if (!event.field.empty()) place += ", field " + event.field;
  throw std::runtime_error("malformed event in " + place + ": " +
                           std::string(name_of(event.reason)) + " (format.on_malformed is fail)");
}

void Pipeline::Impl::note_positions(const Batch& batch) {
  for (const PartitionOffset& position : batch.block.positions) {
    const auto known = std::find_if(
        positions.begin(), positions.end(),
        [&](const PartitionOffset& other) { return other.partition == position.partition; });
    if (known == positions.end()) {
      positions.push_back(position);
    } else {
      known->next = position.next;
    }
  }
}

void Pipeline::Impl::flush() {
  published = false;
  for (const auto& sink : sinks) sink->flush();
}

void Pipeline::Impl::close_open_windows() {
  const Moment now{.now = clock.wall()};
  std::vector<PartitionIndex> open;
  for (std::size_t p = 0; p < source.partitions().size(); ++p) {
    const auto partition = static_cast<PartitionIndex>(p);
    if (!engine.watermarks().finished(partition)) open.push_back(partition);
  }
  finish_partitions(open, now);
  admit_parked(now);
}

/// Offsets of events that are still parked are not told: they are read again after a restart.
void Pipeline::Impl::commit_positions(bool last) {
  const Milliseconds now = clock.steady();
  if (positions.empty() || !parking.empty()) return;
  if (!last && now - committed_at < commit_interval) return;
  committed_at = now;
  source.commit(positions);
  positions.clear();
}

void Pipeline::Impl::report(bool last) {
  const Milliseconds now = clock.steady();
  if (!last && now - reported_at < state_interval) return;
  reported_at = now;
  observer.state({.engine = engine,
                  .backend = backend,
                  .source = source,
                  .sinks = sinks,
                  .malformed = malformed,
                  .batches = pool.size(),
                  .batches_free = pool.available(),
                  .partitions_paused = parking.paused(),
                  .device_decoding = raw ? std::optional(raw->figures()) : std::nullopt});
}

Pipeline::Pipeline(const Job& job, Source& source, Backend& backend,
                   std::span<const std::unique_ptr<Sink>> sinks, const Clock& clock,
                   PipelineObserver observer)
    : impl_(std::make_unique<Impl>(job, source, backend, sinks, clock, std::move(observer))) {}

Pipeline::~Pipeline() = default;

void Pipeline::run(std::stop_token stop, OpenWindows on_stop) {
  Impl& pipeline = *impl_;
  {
    std::vector<std::jthread> threads;
    pipeline.start_lanes(threads);
    const auto stop_lanes = [&] {
      for (std::jthread& thread : threads) thread.request_stop();
    };
    const std::stop_callback pass_on(stop, stop_lanes);
    try {
      while (Batch* batch = pipeline.queue.pop()) {
        pipeline.process(*batch);
        // Else the other lanes could keep the queue full, and the failure would never be met.
        if (pipeline.queue.failed()) stop_lanes();
      }
    } catch (...) {
      pipeline.pool.abandon();
      throw;
    }
  }
  if (stop.stop_requested() && on_stop == OpenWindows::close) pipeline.close_open_windows();
  pipeline.flush();
  pipeline.commit_positions(true);
  pipeline.report(true);
}

const Books& Pipeline::books() const noexcept { return impl_->engine.books(); }

}  // namespace sluice
