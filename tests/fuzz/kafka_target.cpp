// A broker's answers, and the batches of messages in them.

#include <cstring>
#include <vector>

#include "ingest/kafka/direct/api_versions.hpp"
#include "ingest/kafka/direct/compression.hpp"
#include "ingest/kafka/direct/fetch.hpp"
#include "ingest/kafka/direct/leader_epoch.hpp"
#include "ingest/kafka/direct/message_walk.hpp"
#include "ingest/kafka/direct/metadata.hpp"
#include "ingest/kafka/direct/wire_batch.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace sluice::fuzz {
namespace {

constexpr std::size_t room = 64 << 10;

void walk(const WireBatch& batch, std::span<const std::byte> messages) {
  (void)control_mark_of(messages);
  MessageWalk walk(batch, messages);
  for (WireMessage message; walk.next(message);) {
    require(message.payload >= messages.data() &&
                message.payload + message.length <= messages.data() + messages.size(),
            "a message that lies outside its batch");
    require(message.offset >= batch.base_offset && message.offset <= batch.last_offset(),
            "an offset that is not the batch's");
  }
}

void read_batches(std::span<const std::byte> bytes, Decompressor& decompressor) {
  std::vector<std::byte> into(room + walk_padding);
  WireBatch batch;
  while (find_batch(bytes, batch) == BatchFound::whole) {
    require(size_of(batch) <= bytes.size(), "a batch that is longer than what holds it");
    (void)checksum_matches(batch);
    std::size_t size = batch.messages.size();
    if (batch.compression != Compression::none) {
      const auto outcome =
          decompressor.decompress(batch.compression, batch.messages, std::span(into).first(room));
      size = outcome.result == Decompressor::Result::done ? outcome.size : 0;
      require(size <= room, "more than there is room for");
    } else if (size <= room) {
      std::memcpy(into.data(), batch.messages.data(), size);
    } else {
      size = 0;
    }
    walk(batch, std::span<const std::byte>(into).first(size));
    bytes = bytes.subspan(size_of(batch));
  }
}

void read(unsigned variant, std::span<const std::byte> bytes) {
  Decompressor decompressor;
  switch (variant % 16) {
    case 0:
      return read_batches(bytes, decompressor);
    case 1:
      return (void)ApiVersions::read(bytes);
    case 2: {
      std::vector<EpochEnd> ends;
      return (void)read_epoch_answer(bytes, ends);
    }
    case 3:
      return (void)read_metadata(bytes, static_cast<std::int16_t>(4 + variant / 16 % 4));
    default: {
      const auto version = static_cast<std::int16_t>(4 + variant % 8);
      FetchAnswer answer;
      if (!read_fetch_answer(bytes, version, answer)) return;
      for (const FetchAnswer::Partition& partition : answer.partitions) {
        require(partition.first_aborted + partition.aborted_count <= answer.aborted.size(),
                "transactions that are not there");
        read_batches(partition.batches, decompressor);
      }
    }
  }
}

}  // namespace
}  // namespace sluice::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const sluice::fuzz::Input input(data, size);
  sluice::fuzz::read(input.variant, std::as_bytes(std::span(input.text)));
  return 0;
}
