// A message of binary rows, against the same rows in a message each.

#include "ingest/decode/decoder.hpp"
#include "tests/fuzz/fuzz_target.hpp"
#include "tests/ingest/decode/decoding.hpp"

namespace sluice::fuzz {
namespace {

using testing::decimal_value;
using testing::double_value;
using testing::int64_value;
using testing::key;
using testing::path;

using Type = BinaryField::Type;

Format format_of(unsigned variant) {
  Format format = testing::format_of(FormatType::binary, Framing::message);
  const bool narrow = variant % 2 != 0;
  format.event_time.unit = static_cast<TimeUnit>(variant / 2 % 5);
  const bool text_time = format.event_time.unit == TimeUnit::iso8601;
  format.keys = {key(variant / 16 % 2 == 0 ? "k" : "i")};
  if (variant / 32 % 2 != 0) format.keys.push_back(key("b"));
  format.values = {int64_value("i"), double_value("f"), decimal_value("d", 2)};
  format.filter = {{.path = path("k"), .type = FilterField::Type::string}};
  format.binary.order = variant / 64 % 2 == 0 ? ByteOrder::little : ByteOrder::big;
  format.binary.layout = {{"t", text_time ? Type::chars : Type::int64, text_time ? 24U : 8U},
                          {"i", narrow ? Type::int16 : Type::uint64, narrow ? 2U : 8U},
                          {"", Type::pad, 1},
                          {"k", Type::chars, 5},
                          {"f", narrow ? Type::float32 : Type::float64, narrow ? 4U : 8U},
                          {"d", narrow ? Type::uint32 : Type::float64, narrow ? 4U : 8U},
                          {"b", Type::boolean, 1}};
  return format;
}

std::vector<std::string> decoded(const Format& format, const std::vector<std::string>& messages,
                                 std::size_t capacity) {
  const SourceBlock block = testing::block_of(messages);
  DecodedEvents events = testing::make_events(format, capacity);
  Decoder decoder(format);
  require(decoder.decode(block, 0, events) == messages.size(), "messages are left");
  std::vector<std::string> told = told_of(events, decoder.filter_columns(), false);
  for (std::size_t event = 0; event < events.size; ++event) {
    told.push_back(decoder.key_of(block, events.extents[event]));
  }
  return told;
}

void compare(const Format& format, std::string_view text) {
  std::size_t row_bytes = 0;
  for (const BinaryField& field : format.binary.layout) row_bytes += field.bytes;
  if (text.size() % row_bytes != 0) {
    (void)decoded(format, {std::string(text)}, text.size() / row_bytes + 1);
    text = text.substr(0, text.size() / row_bytes * row_bytes);
  }
  if (text.empty()) return;
  std::vector<std::string> rows;
  for (std::string_view rest = text; !rest.empty(); rest.remove_prefix(row_bytes)) {
    rows.emplace_back(rest.substr(0, row_bytes));
  }
  require_same(decoded(format, {std::string(text)}, rows.size()),
               decoded(format, rows, rows.size()));
}

}  // namespace
}  // namespace sluice::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const sluice::fuzz::Input input(data, size);
  sluice::fuzz::compare(sluice::fuzz::format_of(input.variant), input.text);
  return 0;
}
