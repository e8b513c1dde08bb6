#include "ingest/decode/json_cutter.hpp"

#include <algorithm>
#include <optional>

#include "ingest/decode/json_scalar.hpp"

namespace sluice {

bool JsonCutter::wants_to_learn() noexcept {
  if (credit_ == 0) return ++offered_ % sampled_without_credit == 0;
  --credit_;
  return true;
}

void JsonCutter::learn(std::string_view document, std::span<const char* const> sources) {
  // One CR belongs to the line's end: where there are two, a shape would hold the first.
  if (lines_ && document.ends_with('\r')) return;
  const std::optional<std::uint64_t> fingerprint = JsonShape::fingerprint(document);
  if (!fingerprint || std::ranges::count(fingerprints_, *fingerprint) > 0) return;
  if (std::ranges::count(misses_, *fingerprint) == 0) {
    misses_[next_miss_++ % remembered_misses] = *fingerprint;
    return;
  }
  const auto is_container = [](const char* source) {
    return source != nullptr && (*source == '{' || *source == '[');
  };
  if (std::ranges::any_of(sources, is_container)) return;

  if (shapes_.size() < max_shapes) {
    order_[shapes_.size()] = static_cast<std::uint8_t>(shapes_.size());
    shapes_.emplace_back(document, sources);
    fingerprints_.push_back(*fingerprint);
  } else {
    shapes_[order_.back()] = JsonShape(document, sources);
    fingerprints_[order_.back()] = *fingerprint;
  }
  move_to_front(shapes_.size() - 1);
}

bool JsonCutter::knows(TextView text, const MarkedRows& rows, const MarkFinder::Sight&,
                       std::uint64_t, std::uint64_t) noexcept {
  if (shapes_.empty() || !shapes_[order_[0]].matches(text, rows)) return false;
  earn(rows.size);
  return true;
}

bool JsonCutter::cut(TextView text, std::uint32_t* mark, std::uint32_t* marks_end,
                     std::uint32_t text_end, TextSpans& spans, std::size_t row, TextCut& cut) {
  if (!shapes_.empty() && !pace_.rests()) {
    const bool known = cut_by_shape(text, mark, marks_end, text_end, spans, row, cut);
    pace_.note(1, known ? 0 : 1);
    if (known) return true;
  }
  std::uint32_t* const last = walk_.read(text.base, mark, marks_end, text_end, spans, row);
  if (last == nullptr || !ends_at(text, last, marks_end, text_end, cut)) return false;
  const std::uint32_t begin = mark[-1] + 1;
  if (wants_to_learn() && find_sources(text, spans, row)) {
    learn({text.base + begin, cut.end - begin}, sources_);
  }
  return true;
}

// @returns false: some field is no scalar, so that the document is not valid.
bool JsonCutter::find_sources(TextView text, TextSpans& spans, std::size_t row) {
  for (std::size_t field = 0; field < spans.fields(); ++field) {
    const auto [begin, end] = spans.of(field)[row];
    sources_[field] = end != 0 ? text.base + begin : nullptr;
    Scalar scalar;
    if (end == 0 || text.base[begin] == '"') continue;
    if (!scan_json_word(text.base + begin, text.base + end, scalar)) return false;
  }
  return true;
}

bool JsonCutter::cut_by_shape(TextView text, std::uint32_t* mark, std::uint32_t* marks_end,
                              std::uint32_t text_end, TextSpans& spans, std::size_t row,
                              TextCut& cut) {
  const auto found = static_cast<std::size_t>(marks_end - mark);
  for (std::size_t place = 0; place < shapes_.size(); ++place) {
    const JsonShape& shape = shapes_[order_[place]];
    const MarkedRows document{mark, 1, 1};
    if (shape.marks() >= found || !ends_at(text, mark + shape.marks(), marks_end, text_end, cut) ||
        !shape.matches(text, document)) {
      continue;
    }
    shape.lay_out(document, texts_);
    std::size_t field = 0;
    for (; field < spans.fields(); ++field) spans.of(field)[row] = texts_[field][0];
    for (; field < texts_.size(); ++field) {
      const TextSpan span = texts_[field][0];
      Scalar scalar;
      if (span.begin >= span.end ||
          !scan_json_word(text.base + span.begin, text.base + span.end, scalar)) {
        return false;
      }
    }
    move_to_front(place);
    earn(1);
    return true;
  }
  return false;
}

bool JsonCutter::ends_at(TextView text, std::uint32_t* last, const std::uint32_t* marks_end,
                         std::uint32_t text_end, TextCut& cut) const noexcept {
  if (lines_) return end_line(text.base, last, marks_end, text_end, cut);
  cut = {last + 1, text_end, text_end + 1};
  return *last == text_end;
}

void JsonCutter::earn(std::size_t documents) noexcept {
  credit_ = std::min(credit_ + documents, max_credit);
}

void JsonCutter::move_to_front(std::size_t place) noexcept {
  const std::uint8_t shape = order_[place];
  for (; place > 0; --place) order_[place] = order_[place - 1];
  order_[0] = shape;
}

}  // namespace sluice
