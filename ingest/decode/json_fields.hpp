#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "ingest/decode/decoded_events.hpp"
#include "ingest/decode/format.hpp"
#include "ingest/decode/scalar.hpp"

namespace sluice {

/// Finds the configured paths in any JSON document: simdjson's DOM parser judges the whole of it
/// and gives names and strings; numbers are read from the text itself, since decimals and times
/// need all of their digits. Single-threaded; memory grows with the largest document.
class JsonFields {
 public:
  explicit JsonFields(const std::vector<FieldPath>& paths);
  JsonFields(JsonFields&&) noexcept;
  ~JsonFields();

  /// Fills fields and sources [paths]; strings live until the next call.
  /// @param document followed by block_padding readable bytes.
  /// @param sources where each field's value begins in the document; nullptr: missing.
  /// @returns why it is no event: not valid, no object, or too deep or too large for the parser.
  std::optional<Malformed> read(std::string_view document, std::span<Scalar> fields,
                                std::span<const char*> sources);

 private:
  // Keeps simdjson's types out of this header: their layout depends on its macros.
  class Reader;
  std::unique_ptr<Reader> reader_;
};

}  // namespace sluice
