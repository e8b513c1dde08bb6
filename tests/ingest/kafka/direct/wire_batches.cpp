#include "tests/ingest/kafka/direct/wire_batches.hpp"

#include <algorithm>
#include <span>
#include <stdexcept>

#include <lz4frame.h>
#include <snappy-c.h>
#include <zlib.h>
#include <zstd.h>

#include "ingest/kafka/direct/wire.hpp"

namespace sluice::wire_test {
namespace {

void add_varint(Bytes& into, std::int64_t value) {
  auto zigzag = static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63);
  for (; zigzag >= 0x80; zigzag >>= 7) into.push_back(static_cast<std::byte>(zigzag | 0x80));
  into.push_back(static_cast<std::byte>(zigzag));
}

void add_text(Bytes& into, const std::string& text) {
  for (const char c : text) into.push_back(static_cast<std::byte>(c));
}

void add_optional(Bytes& into, const std::optional<std::string>& text) {
  add_varint(into, text ? static_cast<std::int64_t>(text->size()) : -1);
  add_text(into, text.value_or(""));
}

Bytes encode_message(const BatchSpec::MessageSpec& message, std::int32_t place) {
  Bytes body{std::byte{0}};
  add_varint(body, message.timestamp_delta);
  add_varint(body, message.offset_delta.value_or(place));
  add_optional(body, message.key);
  add_optional(body, message.value);
  add_varint(body, static_cast<std::int64_t>(message.headers.size()));
  for (const auto& [name, value] : message.headers) {
    add_optional(body, name);
    add_optional(body, value);
  }
  Bytes whole;
  add_varint(whole, static_cast<std::int64_t>(body.size()));
  whole.insert(whole.end(), body.begin(), body.end());
  return whole;
}

/// CRC32C bit by bit, as its definition has it.
std::uint32_t checksum(std::span<const std::byte> bytes) {
  std::uint32_t crc = ~0U;
  for (const std::byte byte : bytes) {
    crc ^= std::to_integer<std::uint32_t>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0x82F63B78U : 0U);
  }
  return ~crc;
}

Bytes gzip(const Bytes& from) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  Bytes into(deflateBound(&stream, from.size()));
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(from.data()));
  stream.avail_in = static_cast<uInt>(from.size());
  stream.next_out = reinterpret_cast<Bytef*>(into.data());
  stream.avail_out = static_cast<uInt>(into.size());
  deflate(&stream, Z_FINISH);
  into.resize(stream.total_out);
  deflateEnd(&stream);
  return into;
}

Bytes snappy_block(std::span<const std::byte> from) {
  std::size_t size = snappy_max_compressed_length(from.size());
  Bytes into(size);
  snappy_compress(reinterpret_cast<const char*>(from.data()), from.size(),
                  reinterpret_cast<char*>(into.data()), &size);
  into.resize(size);
  return into;
}

/// In blocks of 32 KiB, as the Java client writes them.
Bytes java_snappy_stream(const Bytes& from) {
  constexpr std::size_t block_bytes = 32'768;
  WireWriter writer;
  for (const int byte : {0x82, 'S' + 0, 'N' + 0, 'A' + 0, 'P' + 0, 'P' + 0, 'Y' + 0, 0}) {
    writer.int8(static_cast<std::int8_t>(byte));
  }
  writer.int32(1);
  writer.int32(1);
  for (std::size_t at = 0; at < from.size(); at += block_bytes) {
    const auto rest = std::span(from).subspan(at);
    writer.bytes(snappy_block(rest.first(std::min(rest.size(), block_bytes))));
  }
  return {writer.bytes().begin(), writer.bytes().end()};
}

}  // namespace

Bytes compress(Compression compression, const Bytes& messages, bool java_snappy) {
  switch (compression) {
    case Compression::none:
      return messages;
    case Compression::gzip:
      return gzip(messages);
    case Compression::snappy:
      return java_snappy ? java_snappy_stream(messages) : snappy_block(messages);
    case Compression::lz4: {
      Bytes into(LZ4F_compressFrameBound(messages.size(), nullptr));
      into.resize(
          LZ4F_compressFrame(into.data(), into.size(), messages.data(), messages.size(), nullptr));
      return into;
    }
    case Compression::zstd: {
      Bytes into(ZSTD_compressBound(messages.size()));
      into.resize(ZSTD_compress(into.data(), into.size(), messages.data(), messages.size(), 3));
      return into;
    }
  }
  throw std::logic_error("no such compression");
}

Bytes encode_messages(const BatchSpec& batch) {
  Bytes messages;
  std::int32_t place = 0;
  for (const BatchSpec::MessageSpec& message : batch.messages) {
    const Bytes encoded = encode_message(message, place++);
    messages.insert(messages.end(), encoded.begin(), encoded.end());
  }
  return messages;
}

Bytes encode(const BatchSpec& batch) {
  const auto count = static_cast<std::int32_t>(batch.messages.size());
  std::int32_t last_delta = std::max(count - 1, 0);
  if (count > 0) last_delta = batch.messages.back().offset_delta.value_or(last_delta);
  WireWriter body;  // all that the checksum is over
  body.int16(static_cast<std::int16_t>(
      static_cast<int>(batch.compression) | (batch.log_append_time ? 0x08 : 0) |
      (batch.transactional ? 0x10 : 0) | (batch.control ? 0x20 : 0)));
  body.int32(batch.last_offset_delta.value_or(last_delta));
  body.int64(batch.base_timestamp);
  body.int64(batch.max_timestamp);
  body.int64(batch.producer);
  body.int16(0);
  body.int32(0);
  body.int32(count);
  Bytes rest(body.bytes().begin(), body.bytes().end());
  const Bytes messages =
      count == 0 ? Bytes{} : compress(batch.compression, encode_messages(batch), batch.java_snappy);
  rest.insert(rest.end(), messages.begin(), messages.end());

  WireWriter whole;
  whole.int64(batch.base_offset);
  whole.int32(static_cast<std::int32_t>(9 + rest.size()));
  whole.int32(batch.leader_epoch);
  whole.int8(static_cast<std::int8_t>(batch.format));
  whole.int32(static_cast<std::int32_t>(checksum(rest)));
  Bytes bytes(whole.bytes().begin(), whole.bytes().end());
  bytes.insert(bytes.end(), rest.begin(), rest.end());
  return bytes;
}

BatchSpec end_of_transaction(std::int64_t offset, std::int64_t producer, bool committed) {
  const std::string key = {0, 0, 0, static_cast<char>(committed ? 1 : 0)};
  return {.base_offset = offset,
          .messages = {{.value = std::string(6, '\0'), .key = key}},
          .transactional = true,
          .control = true,
          .producer = producer};
}

BatchSpec batch_of(std::int64_t base_offset, const std::vector<std::string>& values,
                   Compression compression) {
  BatchSpec batch;
  batch.base_offset = base_offset;
  batch.compression = compression;
  for (const std::string& value : values) batch.messages.push_back({.value = value});
  return batch;
}

}  // namespace sluice::wire_test
