#include "ingest/decode/json_decoder.hpp"

#include <cstring>
#include <optional>

#include "ingest/decode/field_plan.hpp"

namespace sluice {
namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

}  // namespace

JsonDecoder::JsonDecoder(const Format& format)
    : framing_(format.framing),
      parser_(FieldPlan(format).paths),
      row_(FieldPlan(format).paths.size()),
      road_(format, TextDialect::json, MarkFinder::of_json(),
            JsonCutter(FieldPlan(format).paths, format.framing == Framing::lines)) {
  fields_.resize(FieldPlan(format).paths.size());
  sources_.resize(fields_.size());
}

std::size_t JsonDecoder::decode(const SourceBlock& block, std::size_t index, EventWriter& writer) {
  if (framing_ == Framing::message) {
    return road_.read_messages(block, index, writer, [&](std::size_t odd) {
      const Message& message = block.messages[odd];
      read_document(block.bytes_of(message), message.begin, writer);
    });
  }
  const Message& message = block.messages[index];
  const std::uint32_t end = message.begin + message.length;
  road_.read_lines(block, index, message.begin, writer,
                   [&](std::uint32_t line) { return read_line(block, line, end, writer); });
  return index + 1;
}

std::uint32_t JsonDecoder::read_line(const SourceBlock& block, std::uint32_t begin,
                                     std::uint32_t end, EventWriter& writer) {
  const char* const line = block.text() + begin;
  const void* const found = std::memchr(line, '\n', end - begin);
  const char* const line_end =
      found != nullptr ? static_cast<const char*>(found) : block.text() + end;
  std::string_view document(line, line_end);
  if (document.ends_with('\r')) document.remove_suffix(1);
  if (!document.empty()) read_document(document, begin, writer);
  return static_cast<std::uint32_t>(line_end - block.text()) + 1;
}

void JsonDecoder::read_document(std::string_view document, std::uint32_t begin,
                                EventWriter& writer) {
  ++parsed_documents_;
  const auto length = static_cast<std::uint32_t>(document.size());
  // Newer simdjson skips a byte order mark; RFC 8259 lets a parser refuse it, and we always do.
  const std::optional<Malformed> fault = document.starts_with(byte_order_mark)
                                             ? std::optional(Malformed::syntax)
                                             : parser_.read(document, fields_, sources_);
  if (fault) {
    writer.reject(*fault, begin, length);
    return;
  }
  writer.write(fields_, begin, length);
  if (road_.cutter().wants_to_learn()) road_.cutter().learn(document, sources_);
}

std::span<const Scalar> JsonDecoder::fields_of(const SourceBlock& block, const EventExtent& event) {
  const TextBlock* const cut = road_.cut_row(block, event);
  if (cut != nullptr && row_.read(block.text(), *cut, 0)) return row_.fields();
  const std::string_view document(block.text() + event.begin, event.length);
  parser_.read(document, fields_, sources_);
  if (road_.cutter().wants_to_learn()) road_.cutter().learn(document, sources_);
  return fields_;
}

}  // namespace sluice
