#include "ingest/decode/binary_decoder.hpp"

#include <algorithm>
#include <cassert>

namespace sluice {

BinaryDecoder::BinaryDecoder(const Format& format)
    : row_(format), columns_(format), fields_(row_.places().size()) {
  assert(row_.bytes() > 0);
}

std::size_t BinaryDecoder::decode(const SourceBlock& block, std::size_t index,
                                  EventWriter& writer) {
  const Message& message = block.messages[index];
  const std::uint32_t row_bytes = row_.bytes();
  if (message.length % row_bytes != 0) {
    writer.reject(Malformed::wrong_length, message.begin, message.length);
    return index + 1;
  }
  const std::uint32_t end = message.begin + message.length;
  for (std::uint32_t begin = message.begin; begin < end && !writer.overflowed();) {
    const std::size_t left = (end - begin) / row_bytes;
    const std::size_t rows = std::min({left, BinaryColumns::block_rows, writer.places()});
    const std::uint32_t behind =
        begin + static_cast<std::uint32_t>(std::max<std::size_t>(rows, 1)) * row_bytes;
    const auto bounds =
        rows == 0 ? std::nullopt
                  : columns_.read(block.text() + begin, rows, message.timestamp, writer.events());
    if (bounds) {
      columns_.read_filter(block.text() + begin, rows, writer.filter(), writer.events().size);
      writer.accept(rows, begin, row_bytes, bounds->least, bounds->greatest);
    }
    for (; !bounds && begin < behind; begin += row_bytes) {
      read_row(block.text() + begin);
      writer.write(fields_, begin, row_bytes);
    }
    begin = behind;
  }
  return index + 1;
}

std::span<const Scalar> BinaryDecoder::fields_of(const SourceBlock& block,
                                                 const EventExtent& event) {
  read_row(block.text() + event.begin);
  return fields_;
}

void BinaryDecoder::read_row(const char* row) noexcept {
  for (std::size_t field = 0; field < fields_.size(); ++field) {
    row_.read(row, field, fields_[field]);
  }
}

}  // namespace sluice
