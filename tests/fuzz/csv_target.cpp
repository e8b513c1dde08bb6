// Batches of CSV, against its rows read one by one. The text is three messages of lines, or of one
// row each that end with 0x1E.

#include <algorithm>
#include <optional>

#include "ingest/decode/csv_row.hpp"
#include "ingest/decode/decoder.hpp"
#include "ingest/decode/event_writer.hpp"
#include "ingest/decode/field_plan.hpp"
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
      testing::format_of(FormatType::csv, variant % 2 == 0 ? Framing::lines : Framing::message);
  format.event_time.unit = static_cast<TimeUnit>(variant / 2 % 5);
  format.keys = {key("k", static_cast<KeyType>(variant / 16 % 4))};
  format.values = {int64_value("i"), double_value("f"), decimal_value("d", 2)};
  format.csv.columns = {"t", "k", "i", "f", "d", "s"};
  format.csv.delimiter = variant / 64 % 2 == 0 ? ',' : '\t';
  if (variant / 128 % 2 != 0) {
    format.filter = {{.path = path("s"), .type = FilterField::Type::string},
                     {.path = path("i"), .type = FilterField::Type::number}};
  }
  return format;
}

class RowsAlone {
 public:
  explicit RowsAlone(const Format& format)
      : lines_(format.framing == Framing::lines), writer_(format), row_(format.csv, 0) {
    for (const FieldPath& field : FieldPlan(format).paths) {
      const auto column = std::ranges::find(format.csv.columns, field.text);
      columns_.push_back(static_cast<std::size_t>(column - format.csv.columns.begin()));
      wanted_ = std::max(wanted_, columns_.back() + 1);
    }
    fields_.resize(columns_.size());
    row_ = CsvRow(format.csv, wanted_);
  }

  void decode(const SourceBlock& block, DecodedEvents& events) {
    writer_.open(events);
    base_ = block.text();
    for (std::uint32_t index = 0; index < block.messages.size(); ++index) {
      const Message& message = block.messages[index];
      writer_.begin_message(message, index);
      const char* text = base_ + message.begin;
      const char* const end = text + message.length;
      if (lines_) {
        while (text < end) text = read(text, end);
      } else {
        row_.read(text, end);
        if (row_.next() != end) {
          writer_.reject(Malformed::syntax, message.begin, message.length);
        } else {
          write(text);
        }
      }
    }
  }

  std::span<const FilterColumn> filter_columns() { return writer_.filter().columns(); }

 private:
  const char* read(const char* text, const char* end) {
    row_.read(text, end);
    const std::string_view line(text, row_.next());
    if (line != "\n" && line != "\r\n" && line != "\r") write(text);
    return row_.next();
  }

  void write(const char* text) {
    const auto begin = static_cast<std::uint32_t>(text - base_);
    const auto length = static_cast<std::uint32_t>(row_.end() - text);
    const std::span<const Scalar> columns = row_.fields();
    if (row_.broken()) return writer_.reject(Malformed::syntax, begin, length);
    if (columns.size() < wanted_) return writer_.reject(Malformed::wrong_length, begin, length);
    for (std::size_t field = 0; field < fields_.size(); ++field) {
      fields_[field] = columns[columns_[field]];
    }
    writer_.write(fields_, begin, length);
  }

  bool lines_;
  EventWriter writer_;
  CsvRow row_;
  std::vector<std::size_t> columns_;
  std::size_t wanted_ = 0;
  std::vector<Scalar> fields_;
  const char* base_ = nullptr;
};

std::vector<std::string> messages_of(std::string_view text, bool lines) {
  if (lines) return std::vector<std::string>(3, std::string(text));
  std::vector<std::string> messages;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view row = rest.substr(0, rest.find('\x1E'));
    messages.emplace_back(row);
    rest.remove_prefix(std::min(row.size() + 1, rest.size()));
  }
  return messages;
}

void compare(const Format& format, std::string_view text) {
  const bool lines = format.framing == Framing::lines;
  const SourceBlock block = testing::block_of(messages_of(text, lines));
  const auto ends = std::ranges::count(text, lines ? '\n' : '\x1E');
  const std::size_t capacity = 3 * static_cast<std::size_t>(ends + 1);
  DecodedEvents expected = testing::make_events(format, capacity);
  RowsAlone rows(format);
  rows.decode(block, expected);
  DecodedEvents found = testing::make_events(format, capacity);
  Decoder decoder(format);
  require(decoder.decode(block, 0, found) == block.messages.size(), "messages are left");
  require_same(told_of(found, decoder.filter_columns(), true),
               told_of(expected, rows.filter_columns(), true));
  for (std::size_t event = 0; event < found.size; ++event) {
    (void)decoder.key_of(block, found.extents[event]);
  }
}

}  // namespace
}  // namespace sluice::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const sluice::fuzz::Input input(data, size);
  sluice::fuzz::compare(sluice::fuzz::format_of(input.variant), input.text);
  return 0;
}
