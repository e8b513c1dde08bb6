#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/decode/text_cut.hpp"

namespace sluice {

/// What the documents of one program share: the bytes between their scalar values.
///
/// Learned from a document that is valid, its encoding aside. A document whose bytes between the
/// scalars are the same, and whose scalars are plain (strings without escapes and of valid UTF-8,
/// numbers that scan_json_number accepts, true, false, null), is then valid too, has the same
/// members in the same places, and needs no parser. Whatever does not match may still be valid.
/// Quotes belong to the bytes between the scalars, so that a string and a null in its place are two
/// shapes.
///
/// A document is matched by its marks (MarkFinder): since quotes, backslashes and control
/// characters are marks, one with as many marks as the shape, all of them where the shape has them,
/// has none inside its strings.
class JsonShape {
 public:
  /// Documents with more bytes, more scalars, or none, are not worth learning.
  static constexpr std::size_t max_document = 4096;
  static constexpr std::size_t max_scalars = 128;

  /// A hash of the bytes between the scalars of an object that the parser accepted; nullopt if it
  /// is not worth learning.
  static std::optional<std::uint64_t> fingerprint(std::string_view document);

  /// Learns the shape of a document that has a fingerprint.
  /// @param sources [fields] where each field's value begins in it, nullptr where it is missing; no
  /// field may be an object or an array.
  JsonShape(std::string_view document, std::span<const char* const> sources);

  /// How many marks its documents have.
  std::size_t marks() const noexcept { return marks_; }

  /// Whether the rows, of marks() marks each, are of this shape as far as it looks at them: the
  /// fields that lay_out names, and the rows' encoding, are not looked at.
  bool matches(TextView text, const MarkedRows& rows) const noexcept;

  /// Names the fields, and behind them the scalars that nobody reads, but that must be valid
  /// scalars and no strings.
  void lay_out(const MarkedRows& rows, std::vector<FieldTexts>& fields) const;

 private:
  // A place in a document: a mark's, or the one before the document (-1) or behind it (marks_).
  struct Place {
    std::int32_t mark = -1;
    std::int32_t shift = 0;
  };
  // Up to 16 bytes that all documents share.
  struct Piece {
    Place begin;
    std::uint64_t bytes[2] = {};
    std::uint64_t mask[2] = {};
  };
  struct Extent {
    Place begin;
    Place end;
  };
  // Scalars with no marks between them, as numbers in an array have.
  struct Sequence {
    Extent extent;
    std::vector<std::string> between;
  };

  void add_pieces(Place begin, std::string_view literal);
  void add_scalars(const Extent& extent, std::string_view first, std::vector<std::string> between,
                   std::span<const char* const> sources);
  bool has_pieces(TextView text, const MarkedRows& rows) const noexcept;
  bool has_sequence(TextView text, const MarkedRows& rows, const Sequence& sequence) const noexcept;

  std::size_t marks_ = 0;
  std::uint32_t least_bytes_ = 0;  ///< of a document: what all share
  std::uint32_t before_ = 0;       ///< how far before a document pieces may be looked for
  std::uint32_t behind_ = 0;
  std::vector<Piece> pieces_;
  std::vector<std::optional<Extent>> fields_;  ///< nullopt: missing
  std::vector<Extent> checked_;
  std::vector<Sequence> sequences_;
};

}  // namespace sluice
