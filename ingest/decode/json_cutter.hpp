#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "ingest/decode/json_shape.hpp"
#include "ingest/decode/marks.hpp"
#include "ingest/decode/scalar.hpp"
#include "ingest/decode/text_cut.hpp"

namespace sluice {

/// Makes out the fields of documents whose shape (JsonShape) was learned (TextRoad). Keeps a few
/// shapes, most recent first: enough for what one topic mixes, while a miss stays cheap.
class JsonCutter {
 public:
  /// @param lines whether a document ends at its line's end; else at the text's
  explicit JsonCutter(bool lines) : lines_(lines) {}

  /// A document that the parser accepted and no shape fits. A shape is learned when it comes a
  /// second time: one document proves nothing. Where shapes do not repeat, only a few documents are
  /// looked at.
  /// @param sources where each field's value begins in it, nullptr where it is missing.
  void learn(std::string_view document, std::span<const Scalar> fields,
             std::span<const char* const> sources);

  bool ready() const noexcept { return !shapes_.empty(); }
  std::size_t marks() const noexcept { return shapes_[order_[0]].marks(); }
  bool knows(TextView text, const MarkedRows& rows, const MarkFinder::Sight& sight,
             std::uint64_t line_ends, std::uint64_t carriage_returns) noexcept;
  void lay_out(const MarkedRows& rows, TextBlock& block) const {
    shapes_[order_[0]].lay_out(rows, block.fields);
  }
  bool cut(TextView text, std::uint32_t* mark, std::uint32_t* marks_end, std::uint32_t text_end,
           TextSpans& spans, std::size_t row, TextCut& cut);

 private:
  static constexpr std::size_t max_shapes = 8;
  static constexpr std::size_t remembered_misses = 8;
  static constexpr std::uint64_t max_credit = 1024;
  static constexpr std::uint64_t sampled_without_credit = 64;

  bool ends_at(TextView text, std::uint32_t* last, const std::uint32_t* marks_end,
               std::uint32_t text_end, TextCut& cut) const noexcept;
  void earn(std::size_t documents) noexcept;
  void move_to_front(std::size_t place) noexcept;

  bool lines_;
  std::vector<JsonShape> shapes_;
  std::vector<std::uint64_t> fingerprints_;       ///< [shapes_]
  std::array<std::uint8_t, max_shapes> order_{};  ///< indices into shapes_, most recent first
  std::array<std::uint64_t, remembered_misses> misses_{};
  std::size_t next_miss_ = 0;
  std::uint64_t credit_ = max_credit;  ///< learning spends it, documents of known shapes earn it
  std::uint64_t offered_ = 0;
  std::vector<FieldTexts> texts_;
};

}  // namespace sluice
