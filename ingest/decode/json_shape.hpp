#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/decode/scalar.hpp"

namespace sluice {

/// What the documents of one program share: the bytes between their scalar values.
///
/// Learned from a document that simdjson's DOM parser accepted. A document whose bytes between the
/// scalars are the same, and whose scalars are plain (strings without escapes, numbers without an
/// exponent and of at most 19 digits, true, false, null), is then valid too, has the same members
/// in the same places, and needs no parser. Whatever does not match may still be valid.
class JsonShape {
 public:
  /// Documents with more bytes or more scalars are not worth learning.
  static constexpr std::size_t max_document = 4096;
  static constexpr std::size_t max_scalars = 128;

  /// A hash of the bytes between the scalars of an object that the parser accepted; nullopt if it
  /// is not worth learning.
  static std::optional<std::uint64_t> fingerprint(std::string_view document);

  /// Learns the shape of a document that has a fingerprint.
  /// @param sources [fields] where each field's value begins in it, nullptr where it is missing; no
  /// field may be an object or an array.
  JsonShape(std::string_view document, std::span<const char* const> sources);

  /// Reads a document of this shape at `text`: sets every field. Reads up to 64 bytes past `end`.
  /// @returns the document's end, at most `end`; nullptr: another shape, fields are undefined.
  const char* match(const char* text, const char* end, std::span<Scalar> fields) const noexcept;

 private:
  struct Step {
    std::uint32_t literal = 0;  ///< begin in literals_, a multiple of 8
    std::uint32_t length = 0;
    std::int32_t field = -1;  ///< of the scalar after the literal; -1: nobody reads it
  };

  bool starts_with(const char* text, const char* end, const Step& step) const noexcept;

  std::vector<Step> steps_;  ///< the last one has no scalar
  std::string literals_;     ///< each zero-padded to a multiple of 8
};

}  // namespace sluice
