#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/job.hpp"

namespace sluice::system_test {

enum class Encoding { json, csv, binary };

/// Writes the oracle's events as a user's bytes. Written from the formats' definitions, with
/// nothing of the decoders in it: nested members, nulls that are left out or spelled, quotes, ISO
/// times, microseconds, and malformed events of many kinds.
class EventText {
 public:
  /// @param sample events that show what the key columns hold
  EventText(oracle::Job job, Encoding encoding, const std::vector<oracle::Event>& sample,
            bool big_endian = false);

  /// The event as this encoding can carry it, which is what the oracle must be fed: a binary row
  /// has no nulls, CSV tells a number from a text by the column only.
  oracle::Event carried(oracle::Event event) const;

  /// The `format` section of the job file.
  std::string format_yaml(bool csv_header) const;

  /// CSV's first line, with its end.
  std::string header() const;

  /// The bytes of one event or malformed event, without a line end.
  std::string text_of(const oracle::Event& event) const;

 private:
  enum class KeyKind { integer, text, boolean, mixed };

  KeyKind kind_of(std::size_t column, const std::vector<oracle::Event>& sample) const;
  std::string json(const oracle::Event& event) const;
  std::string csv(const oracle::Event& event) const;
  std::string binary(const oracle::Event& event) const;
  std::string malformed_json(const oracle::Event& event) const;
  std::string malformed_csv(const oracle::Event& event) const;
  std::string malformed_binary(const oracle::Event& event) const;
  std::string value_text(std::size_t column, const oracle::Value& value) const;
  void append_number(std::string& row, std::uint64_t bits) const;
  void append_key(std::string& row, std::size_t column, const oracle::KeyPart& part) const;
  void append_value(std::string& row, std::size_t column,
                    const std::optional<oracle::Value>& value) const;

  oracle::Job job_;
  Encoding encoding_;
  bool big_endian_;
  std::vector<KeyKind> keys_;
};

/// A scaled integer in decimal notation: 1250 with scale 2 is 12.50.
std::string decimal_text(std::int64_t scaled, int scale);

}  // namespace sluice::system_test
