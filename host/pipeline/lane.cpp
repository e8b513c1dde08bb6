#include "host/pipeline/lane.hpp"

#include <chrono>

#include "ingest/thread_cpu.hpp"

namespace sluice {
namespace {

/// With no data an empty batch goes on this often, so that idleness takes its course.
constexpr Milliseconds heartbeat = 200;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

Lane::Lane(unsigned number, Source& source, BlockDecoder decoder, const BlockLimits& limits,
           BatchPool& pool, BatchQueue& queue, std::atomic<std::uint64_t>& sequence,
           const Clock& clock, const RawBatches* raw)
    : number_(number),
      source_(source),
      decoder_(std::move(decoder)),
      limits_(limits),
      pool_(pool),
      queue_(queue),
      sequence_(sequence),
      clock_(clock),
      raw_(raw) {}

void Lane::run(std::stop_token stop) {
  try {
    while (!stop.stop_requested() && step(stop)) {
    }
  } catch (...) {
    queue_.fail(std::current_exception());
  }
  queue_.lane_done();
}

Batch* Lane::acquire(std::stop_token stop) {
  const Milliseconds before = clock_.steady();
  Batch* batch = pool_.acquire(std::move(stop));
  held_back_ += clock_.steady() - before;
  return batch;
}

bool Lane::await(const Batch& part) {
  const Milliseconds before = clock_.steady();
  const bool returned = pool_.await(part);
  held_back_ += clock_.steady() - before;
  return returned;
}

bool Lane::step(std::stop_token stop) {
  Batch* batch = acquire(stop);
  if (batch == nullptr) return false;
  batch->lane = number_;
  FillResult result = FillResult::idle;
  const auto start = std::chrono::steady_clock::now();
  const double cpu_before = thread_cpu_seconds();
  while (result == FillResult::idle) {
    result = source_.fill(number_, batch->block, limits_, sequence_);
    const bool due = clock_.steady() - last_sealed_ >= heartbeat;
    if (result == FillResult::idle && (due || stop.stop_requested())) break;
  }
  if (result == FillResult::finished) {
    pool_.give_back(*batch);
    return false;
  }
  batch->fetch_seconds = seconds_since(start);
  batch->cpu.decompress = batch->block.decompress_seconds;
  batch->cpu.fetch = thread_cpu_seconds() - cpu_before - batch->cpu.decompress;
  seal(*batch, result);
  if (raw_ != nullptr && raw_->take(*batch)) {
    queue_.push(*batch);
  } else {
    decode(*batch);
  }
  return true;
}

void Lane::seal(Batch& batch, FillResult result) {
  SourceBlock& block = batch.block;
  if (result == FillResult::idle) block.sequence = sequence_.fetch_add(1);
  last_sealed_ = clock_.steady();
  block.now = clock_.wall();
  block.active = last_sealed_ - held_back_;
  const bool full =
      block.messages.size() >= limits_.max_events || block.used >= block.capacity() / 8 * 7;
  batch.sealed_by = result == FillResult::idle ? SealedBy::heartbeat
                    : full                     ? SealedBy::full
                                               : SealedBy::linger;
}

void Lane::decode(Batch& batch) {
  // The parts of a block share its memory, so that a lane never holds one batch while it waits for
  // another: the others might all be queued behind this block.
  std::size_t first_message = 0;
  for (;;) {
    first_message = decoder_.decode(batch, first_message);
    const bool last = batch.last_part;  // the engine has the batch once it is pushed
    queue_.push(batch);
    if (last || !await(batch)) return;
    batch.next_part();
  }
}

}  // namespace sluice
