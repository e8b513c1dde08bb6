#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "ingest/decode/format.hpp"
#include "ingest/decode/json_members.hpp"
#include "ingest/decode/text_cut.hpp"

namespace sluice {

/// Finds the fields of plain documents of any shape by their marks (MarkFinder), in one pass
/// without a parser. A document is plain if it is an object whose strings have no surrogates
/// but pairs, whose numbers scan_json_number accepts, that has no object or array where a field is,
/// leads through no member twice, and is nested at most `max_depth` deep. Then it is valid if its
/// fields' texts are scalars, which the reader of columns finds out, and its text is UTF-8.
/// Whatever else may be valid as well.
class JsonWalk {
 public:
  static constexpr unsigned max_depth = 256;

  /// @param lines whether a document ends at its line's end
  JsonWalk(const std::vector<FieldPath>& paths, bool lines) : members_(paths), lines_(lines) {}

  /// The row begins at mark[-1] + 1, and `mark` is its first mark; the text ends at text_end, which
  /// is the last mark if it is below marks_end. Sets the row's spans.
  /// @returns the mark at which the document ends; nullptr: not a plain one.
  std::uint32_t* read(const char* base, std::uint32_t* mark, const std::uint32_t* marks_end,
                      std::uint32_t text_end, TextSpans& spans, std::size_t row) const noexcept;

 private:
  JsonMembers members_;
  bool lines_;
};

}  // namespace sluice
