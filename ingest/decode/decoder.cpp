#include "ingest/decode/decoder.hpp"

#include <span>
#include <variant>

#include "ingest/decode/binary_decoder.hpp"
#include "ingest/decode/csv_decoder.hpp"
#include "ingest/decode/event_writer.hpp"
#include "ingest/decode/json_decoder.hpp"

namespace sluice {

struct Decoder::Formats {
  using AnyFormat = std::variant<JsonDecoder, CsvDecoder, BinaryDecoder>;

  explicit Formats(const Format& format) : writer(format), any(make(format)) {}

  static AnyFormat make(const Format& format) {
    switch (format.type) {
      case FormatType::csv:
        return CsvDecoder(format);
      case FormatType::binary:
        return BinaryDecoder(format);
      default:
        return JsonDecoder(format);
    }
  }

  EventWriter writer;
  AnyFormat any;
};

namespace {

template <class FormatDecoder>
std::size_t decode_messages(FormatDecoder& decoder, EventWriter& writer, const SourceBlock& block,
                            std::size_t first_message, DecodedEvents& events) {
  std::size_t index = first_message;
  while (index < block.messages.size()) {
    const Message& message = block.messages[index];
    if (message.tombstone) {
      ++events.tombstones;
      ++index;
      continue;
    }
    writer.begin_message(message, static_cast<std::uint32_t>(index));
    std::size_t next = index + 1;
    if (message.truncated) {
      writer.reject(Malformed::too_large, message.begin, message.length);
    } else {
      next = decoder.decode(block, index, writer);
    }
    index = next;
    if (!writer.overflowed()) continue;
    --index;  // the message that overflowed is the last one that was begun
    writer.undo_message();
    if (!writer.began_empty()) break;
    const Message& too_large = block.messages[index];
    writer.reject(Malformed::too_large, too_large.begin, too_large.length);
    ++index;
  }
  return index;
}

}  // namespace

Decoder::Decoder(const Format& format) : formats_(std::make_unique<Formats>(format)) {}
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder::~Decoder() = default;

std::size_t Decoder::decode(const SourceBlock& block, std::size_t first_message,
                            DecodedEvents& events) {
  EventWriter& writer = formats_->writer;
  writer.open(events);
  return std::visit(
      [&](auto& decoder) { return decode_messages(decoder, writer, block, first_message, events); },
      formats_->any);
}

std::span<const FilterColumn> Decoder::filter_columns() const noexcept {
  return formats_->writer.filter().columns();
}

std::string Decoder::key_of(const SourceBlock& block, const EventExtent& event) {
  const auto encode = [&](auto& decoder) {
    return formats_->writer.encoded_key(decoder.fields_of(block, event));
  };
  return std::visit(encode, formats_->any);
}

}  // namespace sluice
