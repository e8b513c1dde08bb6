// Batches of JSON, against simdjson's DOM parser document by document. The text is three messages
// of lines, or documents that end with 0x1E, each a message, three times over: so that shapes are
// learned and met again.

#include <algorithm>
#include <optional>

#include "ingest/decode/decoder.hpp"
#include "ingest/decode/event_writer.hpp"
#include "ingest/decode/field_plan.hpp"
#include "ingest/decode/json_fields.hpp"
#include "tests/fuzz/fuzz_target.hpp"
#include "tests/ingest/decode/decoding.hpp"

namespace sluice::fuzz {
namespace {

using testing::decimal_value;
using testing::double_value;
using testing::int64_value;
using testing::key;
using testing::path;

Format format_of(unsigned variant) {
  Format format =
      testing::format_of(FormatType::json, variant % 2 == 0 ? Framing::lines : Framing::message);
  format.event_time.unit = static_cast<TimeUnit>(variant / 2 % 5);
  format.keys = {key("k")};
  if (variant / 16 % 2 != 0) format.keys.push_back(key("o.k"));
  format.values = {int64_value("i"), double_value("f"), decimal_value("d", 2), int64_value("o.x")};
  if (variant / 32 % 2 != 0) {
    format.filter = {{.path = path("s"), .type = FilterField::Type::string},
                     {.path = path("n"), .type = FilterField::Type::number},
                     {.path = path("k"), .type = FilterField::Type::string}};
  }
  return format;
}

class ParserAlone {
 public:
  explicit ParserAlone(const Format& format)
      : lines_(format.framing == Framing::lines),
        writer_(format),
        reader_(FieldPlan(format).paths),
        fields_(FieldPlan(format).paths.size()),
        sources_(fields_.size()) {}

  void decode(const SourceBlock& block, DecodedEvents& events) {
    writer_.open(events);
    for (std::uint32_t index = 0; index < block.messages.size(); ++index) {
      const Message& message = block.messages[index];
      writer_.begin_message(message, index);
      std::string_view rest(block.text() + message.begin, message.length);
      if (!lines_) read(rest, message.begin);
      while (lines_ && !rest.empty()) {
        std::string_view line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (!line.empty()) read(line, static_cast<std::uint32_t>(line.data() - block.text()));
      }
    }
  }

  std::span<const FilterColumn> filter_columns() { return writer_.filter().columns(); }
  std::span<const std::string> keys() const { return keys_; }

 private:
  void read(std::string_view document, std::uint32_t begin) {
    const auto length = static_cast<std::uint32_t>(document.size());
    const std::optional<Malformed> fault = document.starts_with("\xEF\xBB\xBF")
                                               ? std::optional(Malformed::syntax)
                                               : reader_.read(document, fields_, sources_);
    if (fault) return writer_.reject(*fault, begin, length);
    const std::size_t before = writer_.events().size;
    writer_.write(fields_, begin, length);
    if (writer_.events().size > before) keys_.push_back(writer_.encoded_key(fields_));
  }

  bool lines_;
  EventWriter writer_;
  JsonFields reader_;
  std::vector<Scalar> fields_;
  std::vector<const char*> sources_;
  std::vector<std::string> keys_;
};

std::vector<std::string> messages_of(std::string_view text, bool lines) {
  if (lines) return std::vector<std::string>(3, std::string(text));
  std::vector<std::string> messages;
  for (int times = 0; times < 3; ++times) {
    for (std::string_view rest = text; !rest.empty();) {
      const std::string_view document = rest.substr(0, rest.find('\x1E'));
      messages.emplace_back(document);
      rest.remove_prefix(std::min(document.size() + 1, rest.size()));
    }
  }
  return messages;
}

void compare(const Format& format, std::string_view text) {
  const bool lines = format.framing == Framing::lines;
  const SourceBlock block = testing::block_of(messages_of(text, lines));
  const auto ends = std::ranges::count(text, lines ? '\n' : '\x1E');
  const std::size_t capacity = 3 * static_cast<std::size_t>(ends + 1);

  DecodedEvents expected = testing::make_events(format, capacity);
  ParserAlone parser(format);
  parser.decode(block, expected);
  DecodedEvents found = testing::make_events(format, capacity);
  Decoder decoder(format);
  require(decoder.decode(block, 0, found) == block.messages.size(), "messages are left");

  require_same(told_of(found, decoder.filter_columns(), true),
               told_of(expected, parser.filter_columns(), true));
  for (std::size_t event = 0; event < found.size; ++event) {
    require(decoder.key_of(block, found.extents[event]) == parser.keys()[event], "another key");
  }
}

}  // namespace
}  // namespace sluice::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const sluice::fuzz::Input input(data, size);
  sluice::fuzz::compare(sluice::fuzz::format_of(input.variant), input.text);
  return 0;
}
