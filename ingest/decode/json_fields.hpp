#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <simdjson.h>

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

  /// Fills fields and sources [paths]; strings live until the next call.
  /// @param document followed by simdjson::SIMDJSON_PADDING readable bytes.
  /// @param sources where each field's value begins in the document; nullptr: missing.
  /// @returns why it is no event: not valid, no object, or too deep or too large for the parser.
  std::optional<Malformed> read(std::string_view document, std::span<Scalar> fields,
                                std::span<const char*> sources);

 private:
  struct Member {
    std::string name;
    std::optional<std::size_t> field;
    std::vector<Member> members;
  };

  static void add_path(std::vector<Member>& members, std::span<const std::string> names,
                       std::size_t field);
  static const Member* find(const std::vector<Member>& members, std::string_view name) noexcept;

  const char* read_object(const simdjson::dom::object& object, const char* text,
                          const std::vector<Member>& members);
  void read_field(const simdjson::dom::element& element, const char* text, std::size_t field);
  void forget(const Member& member);

  simdjson::dom::parser parser_;
  std::vector<Member> members_;
  std::span<Scalar> fields_;
  std::span<const char*> sources_;
};

}  // namespace sluice
