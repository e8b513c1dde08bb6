#include "host/pipeline/lane.hpp"

#include <chrono>
#include <cstring>

namespace sluice {
namespace {

/// With no data an empty batch goes on this often, so that idleness takes its course.
constexpr Milliseconds heartbeat = 200;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

Lane::Lane(unsigned number, Source& source, const Format& format, const BlockLimits& limits,
           BatchPool& pool, BatchQueue& queue, std::atomic<std::uint64_t>& sequence,
           const Clock& clock)
    : number_(number),
      source_(source),
      decoder_(format),
      limits_(limits),
      pool_(pool),
      queue_(queue),
      sequence_(sequence),
      clock_(clock) {}

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

bool Lane::step(std::stop_token stop) {
  Batch* batch = acquire(stop);
  if (batch == nullptr) return false;
  batch->lane = number_;
  FillResult result = FillResult::idle;
  const auto start = std::chrono::steady_clock::now();
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
  seal(*batch, result);
  decode(*batch, std::move(stop));
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

void Lane::decode(Batch& batch, std::stop_token stop) {
  Batch* current = &batch;
  for (;;) {
    const auto start = std::chrono::steady_clock::now();
    const std::size_t decoded = decoder_.decode(current->block, 0, current->events);
    current->decode_seconds = seconds_since(start);
    if (decoded == current->block.messages.size()) break;
    Batch* rest = acquire(stop);
    if (rest == nullptr) {
      // Stopping: what is not decoded is not read, so its positions are not committed.
      current->block.positions.clear();
      break;
    }
    move_rest(*current, decoded, *rest);
    current->last_part = false;
    current->block.positions.clear();
    current->block.finished.clear();
    queue_.push(*current);
    current = rest;
  }
  queue_.push(*current);
}

void Lane::move_rest(const Batch& from, std::size_t first_message, Batch& to) const {
  const SourceBlock& source = from.block;
  SourceBlock& target = to.block;
  const std::uint32_t begin = source.messages[first_message].begin;
  target.used = source.used - begin;
  std::memcpy(target.memory.data(), source.memory.data() + begin, target.used);
  for (std::size_t m = first_message; m < source.messages.size(); ++m) {
    Message message = source.messages[m];
    message.begin -= begin;
    target.messages.push_back(message);
  }
  target.positions = source.positions;
  target.finished = source.finished;
  target.sequence = source.sequence;
  target.now = source.now;
  target.active = source.active;
  to.lane = from.lane;
  to.part = from.part + 1;
  to.sealed_by = from.sealed_by;
}

}  // namespace sluice
