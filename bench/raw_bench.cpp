/// Raw bytes in pinned host memory to closed windows, each block in a window of its own: decoded by
/// the backend (CUDA), or by the host on one core. Bytes and items are those of the events read.
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "bench/backend_bench.hpp"
#include "bench/raw_blocks.hpp"
#include "host/command/job_backend.hpp"
#include "host/engine/engine.hpp"
#include "host/pipeline/block_decoder.hpp"
#include "host/pipeline/raw_batches.hpp"

namespace sluice::bench {
namespace {

constexpr PartitionIndex only_partition = 0;
constexpr std::size_t block_bytes = std::size_t{8} << 20;
constexpr std::size_t lesson_bytes = std::size_t{1} << 16;
constexpr std::size_t in_flight = 3;

/// Blocks that stand ready in memory, and everything that makes windows of them.
class RawRun {
 public:
  RawRun(BackendKind kind, const RawCase& shape, DecodePlace place, std::size_t blocks)
      : job_(job_of(shape, place)),
        backend_(backend_of(kind)),
        decoder_(job_.format, filter(), backend_->wants_narrow()),
        key_reader_(job_.format),
        empty_(backend_->save()) {
    for (std::size_t b = 0; b < blocks; ++b) batches_.push_back(batch_of(shape, b, block_bytes));
    if (backend_->raw_staging() != nullptr) teach(shape);
    restart();
  }

  /// An empty state, and windows that have not been before.
  void restart() {
    backend_->load(empty_);
    engine_ = std::make_unique<Engine>(job_, 1, *backend_, [](const WindowResult&) {});
  }

  /// All blocks, the next ones always on their way, until every window is closed.
  void run() {
    std::deque<Batch*> staged;
    auto next = batches_.begin();
    while (next != batches_.end() || !staged.empty()) {
      while (next != batches_.end() && staged.size() < in_flight) {
        stage(**next);
        staged.push_back((next++)->get());
      }
      process(*staged.front());
      staged.pop_front();
    }
    EngineBatch end;
    end.finished = {&only_partition, 1};
    engine_->process(end);
  }

  const Books& books() const { return engine_->books(); }
  std::size_t blocks() const { return batches_.size(); }
  std::size_t bytes() const {
    std::size_t bytes = 0;
    for (const auto& batch : batches_) bytes += batch->block.used;
    return bytes;
  }

 private:
  static Job job_of(const RawCase& shape, DecodePlace place) {
    Job job = raw_job(shape, block_bytes);
    job.engine.decode = place;
    return job;
  }

  std::unique_ptr<Backend> backend_of(BackendKind kind) const {
    BackendShape shape = shape_of(job_);
    shape.raw = decoding_of(job_, kind, 1).raw;
    return make_backend(kind, shape);
  }

  std::optional<EventFilter> filter() const {
    if (!job_.where) return std::nullopt;
    return EventFilter(job_.where->program, job_.watermark.max_future);
  }

  std::unique_ptr<Batch> batch_of(const RawCase& shape, std::size_t window, std::size_t bytes) {
    const bool raw = backend_->raw_staging() != nullptr;
    const std::size_t events = raw && bytes == block_bytes ? 1 : job_.engine.batch_events;
    auto batch = std::make_unique<Batch>(
        backend_->allocate_staging(bytes + block_padding),
        backend_->allocate_staging(DecodedEvents::bytes_needed(events, 1)), events, 1);
    fill_block(shape, window, bytes, batch->block);
    const std::size_t messages = batch->block.messages.size();
    if (raw) {
      batch->table.emplace(backend_->allocate_staging(RawMessageTable::bytes_needed(messages)),
                           messages);
    }
    return batch;
  }

  /// Has the device learn what documents look like, and take over.
  void teach(const RawCase& shape) {
    const std::unique_ptr<Batch> lesson = batch_of(shape, 0, lesson_bytes);
    const RawPlan raw = raw_plan(job_.format, job_.where ? &job_.where->program : nullptr);
    raw_.emplace(job_, *raw.plan, *backend_, DecodingMoved());
    decoder_.decode(*lesson, 0);
    backend_->release(backend_->stage(lesson->events.columns()));
    raw_->learn(*lesson);
    for (const auto& batch : batches_) {
      if (!raw_->take(*batch)) throw std::runtime_error("the device does not take a block");
    }
  }

  void stage(Batch& batch) {
    if (batch.raw) {
      batch.ticket = raw_->stage(batch);
      return;
    }
    batch.events.clear();
    decoder_.decode(batch, 0);
    batch.ticket = backend_->stage(batch.events.columns());
  }

  void process(Batch& batch) {
    if (batch.raw && !raw_->settle(batch)) throw std::runtime_error("the device refused a block");
    engine_->process(
        {.ticket = *batch.ticket,
         .size = batch.events.size,
         .min_time = batch.events.min_time,
         .max_time = batch.events.max_time,
         .lane_partitions = {&only_partition, 1},
         .filtered = batch.filtered.count,
         .filtered_maxima = batch.filtered.maxima,
         .name_keys = [&](auto keys, KeyNames& names) { name_keys(batch, keys, names); },
         .park = [](auto) -> EventTime { throw std::runtime_error("the state is too small"); }});
    backend_->release(*batch.ticket);
    batch.ticket.reset();
  }

  void name_keys(const Batch& batch, std::span<const FirstSeenKey> keys, KeyNames& names) {
    std::vector<std::uint32_t> events;
    for (const FirstSeenKey& key : keys) events.push_back(key.event);
    std::vector<EventExtent> extents;
    if (batch.raw) extents = raw_->extents(batch, events);
    for (std::size_t k = 0; k < keys.size(); ++k) {
      const EventExtent extent = batch.raw ? extents[k] : batch.events.extents[events[k]];
      names.set(keys[k].slot, key_reader_.key_of(batch.block, extent));
    }
  }

  Job job_;
  std::unique_ptr<Backend> backend_;
  BlockDecoder decoder_;
  Decoder key_reader_;
  StateImage empty_;
  std::optional<RawBatches> raw_;
  std::vector<std::unique_ptr<Batch>> batches_;
  std::unique_ptr<Engine> engine_;
};

void raw_to_windows(benchmark::State& state, BackendKind kind, const RawCase& shape,
                    DecodePlace place) {
  // So many blocks that the first one's way, which nothing runs beside, counts little.
  RawRun run(kind, shape, place, place == DecodePlace::device ? 32 : 4);
  run.run();
  const Books books = run.books();
  if (!books.balance() || books.malformed != 0 || books.late_dropped != 0 ||
      books.windows_closed != run.blocks()) {
    state.SkipWithError("not every event came into its window");
    return;
  }
  for (auto _ : state) {
    state.PauseTiming();
    run.restart();
    state.ResumeTiming();
    run.run();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(run.bytes()));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(books.events_read));
}

void add(BackendKind kind, BenchSet) {
  for (const RawCase& shape : raw_cases()) {
    for (const DecodePlace place : {DecodePlace::device, DecodePlace::host}) {
      const bool on_device = place == DecodePlace::device;
      if (on_device && kind != BackendKind::cuda) continue;
      const std::string name = std::string(name_of(kind)) +
                               "/decode:" + (on_device ? "device/" : "host/") + shape.name +
                               "/bytes:" + std::to_string(shape.bytes);
      benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) {
        raw_to_windows(state, kind, shape, place);
      })->UseRealTime();
    }
  }
}

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) {
  return sluice::bench::run_on_every_backend(argc, argv, sluice::bench::add);
}
