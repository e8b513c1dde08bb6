#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "ingest/decode/format.hpp"
#include "ingest/decode/json_shape.hpp"
#include "ingest/decode/json_walk.hpp"
#include "ingest/decode/marks.hpp"
#include "ingest/decode/pace.hpp"
#include "ingest/decode/text_cut.hpp"

namespace sluice {

/// Makes out the fields of documents (TextRoad) whose shape was learned (JsonShape), and of other
/// plain ones (JsonWalk). Keeps a few shapes, most recent first: enough for what one topic mixes,
/// while a miss stays cheap.
class JsonCutter {
 public:
  /// @param lines whether a document ends at its line's end; else at the text's
  JsonCutter(const std::vector<FieldPath>& paths, bool lines)
      : lines_(lines), walk_(paths, lines), sources_(paths.size()) {}

  /// Whether another document that no shape fits is worth a look. Where shapes do not repeat, only
  /// a few are.
  bool wants_to_learn() noexcept;
  /// A document that no shape fits, and that is valid, its encoding aside. A shape is learned when
  /// it comes a second time: one document proves nothing.
  /// @param sources where each field's value begins in it, nullptr where it is missing.
  void learn(std::string_view document, std::span<const char* const> sources);

  bool ready() const noexcept { return true; }
  std::size_t marks() const noexcept { return shapes_.empty() ? 0 : shapes_[order_[0]].marks(); }
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

  bool cut_by_shape(TextView text, std::uint32_t* mark, std::uint32_t* marks_end,
                    std::uint32_t text_end, TextSpans& spans, std::size_t row, TextCut& cut);
  bool find_sources(TextView text, TextSpans& spans, std::size_t row);
  bool ends_at(TextView text, std::uint32_t* last, const std::uint32_t* marks_end,
               std::uint32_t text_end, TextCut& cut) const noexcept;
  void earn(std::size_t documents) noexcept;
  void move_to_front(std::size_t place) noexcept;

  bool lines_;
  JsonWalk walk_;
  Pace pace_;  ///< of trying shapes on single rows
  std::vector<JsonShape> shapes_;
  std::vector<std::uint64_t> fingerprints_;       ///< [shapes_]
  std::array<std::uint8_t, max_shapes> order_{};  ///< indices into shapes_, most recent first
  std::array<std::uint64_t, remembered_misses> misses_{};
  std::size_t next_miss_ = 0;
  std::uint64_t credit_ = max_credit;  ///< learning spends it, documents of known shapes earn it
  std::uint64_t offered_ = 0;
  std::vector<FieldTexts> texts_;
  std::vector<const char*> sources_;
};

}  // namespace sluice
