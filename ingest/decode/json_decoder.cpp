#include "ingest/decode/json_decoder.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

namespace sluice {
namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

}  // namespace

JsonDecoder::JsonDecoder(const Format& format)
    : framing_(format.framing), parser_(FieldPlan(format).paths) {
  fields_.resize(FieldPlan(format).paths.size());
  sources_.resize(fields_.size());
}

void JsonDecoder::decode(const SourceBlock& block, const Message& message, EventWriter& writer) {
  if (framing_ == Framing::lines) {
    decode_lines(block, message, writer);
    return;
  }
  const std::string_view document = block.bytes_of(message);
  const char* const end = document.data() + document.size();
  if (match_shape(document.data(), end) == end) {
    writer.write(fields_, message.begin, message.length);
  } else {
    decode_document(document, message.begin, writer);
  }
}

void JsonDecoder::decode_lines(const SourceBlock& block, const Message& message,
                               EventWriter& writer) {
  const char* const block_begin = block.text();
  const char* line = block_begin + message.begin;
  const char* const end = line + message.length;
  while (line < end && !writer.overflowed()) {
    const auto begin = static_cast<std::uint32_t>(line - block_begin);
    // A shape holds no line end, so that what matches ends in this line.
    const char* const behind = match_shape(line, end);
    if (behind != nullptr && (behind == end || *behind == '\n')) {
      writer.write(fields_, begin, static_cast<std::uint32_t>(behind - line));
      line = behind + 1;
      continue;
    }
    const void* const found = std::memchr(line, '\n', static_cast<std::size_t>(end - line));
    const char* const line_end = found != nullptr ? static_cast<const char*>(found) : end;
    std::string_view document(line, line_end);
    if (document.ends_with('\r')) document.remove_suffix(1);
    if (behind != nullptr && behind == document.end()) {
      writer.write(fields_, begin, static_cast<std::uint32_t>(document.size()));
    } else if (!document.empty()) {
      decode_document(document, begin, writer);
    }
    line = line_end + 1;
  }
}

void JsonDecoder::decode_document(std::string_view document, std::uint32_t begin,
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
  learn(document);
}

std::span<const Scalar> JsonDecoder::fields_of(const SourceBlock& block, const EventExtent& event) {
  const std::string_view document(block.text() + event.begin, event.length);
  if (match_shape(document.data(), document.data() + document.size()) != document.end()) {
    parser_.read(document, fields_, sources_);
  }
  return fields_;
}

const char* JsonDecoder::match_shape(const char* text, const char* end) noexcept {
  for (std::size_t place = 0; place < shapes_.size(); ++place) {
    const char* const behind = shapes_[order_[place]].match(text, end, fields_);
    if (behind == nullptr) continue;
    move_to_front(place);
    credit_ = std::min(credit_ + 1, max_credit);
    return behind;
  }
  return nullptr;
}

void JsonDecoder::learn(std::string_view document) {
  if (credit_ == 0 && parsed_documents_ % sampled_without_credit != 0) return;
  credit_ -= credit_ > 0;
  const std::optional<std::uint64_t> fingerprint = JsonShape::fingerprint(document);
  if (!fingerprint || std::ranges::count(fingerprints_, *fingerprint) > 0) return;
  // One document proves nothing: a shape is learned the second time it comes up.
  if (std::ranges::count(misses_, *fingerprint) == 0) {
    misses_[next_miss_++ % remembered_misses] = *fingerprint;
    return;
  }
  const auto is_container = [](const Scalar& field) {
    return field.kind == Scalar::Kind::container;
  };
  if (std::ranges::any_of(fields_, is_container)) return;

  if (shapes_.size() < max_shapes) {
    order_[shapes_.size()] = static_cast<std::uint8_t>(shapes_.size());
    shapes_.emplace_back(document, sources_);
    fingerprints_.push_back(*fingerprint);
  } else {
    shapes_[order_.back()] = JsonShape(document, sources_);
    fingerprints_[order_.back()] = *fingerprint;
  }
  move_to_front(shapes_.size() - 1);
}

void JsonDecoder::move_to_front(std::size_t place) noexcept {
  const std::uint8_t shape = order_[place];
  for (; place > 0; --place) order_[place] = order_[place - 1];
  order_[0] = shape;
}

}  // namespace sluice
