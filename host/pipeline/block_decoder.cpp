#include "host/pipeline/block_decoder.hpp"

#include <chrono>

#include "ingest/thread_cpu.hpp"

namespace sluice {

std::size_t BlockDecoder::decode(Batch& batch, std::size_t first_message) {
  const auto start = std::chrono::steady_clock::now();
  const double cpu_before = thread_cpu_seconds();
  const std::size_t next = decoder_.decode(batch.block, first_message, batch.events);
  if (filter_) {
    filter_->apply(batch.events, decoder_.filter_columns(), batch.block.now, batch.filtered);
  }
  if (narrow_) batch.events.narrow();
  batch.last_part = next == batch.block.messages.size();
  batch.decode_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  batch.cpu.decode = thread_cpu_seconds() - cpu_before;
  return next;
}

}  // namespace sluice
