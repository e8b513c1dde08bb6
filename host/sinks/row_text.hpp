#pragma once

#include <string>
#include <string_view>

#include "host/engine/window_result.hpp"
#include "ingest/key.hpp"

namespace sluice {

/// Appends text as a JSON string, quotes included. Input is UTF-8.
void append_json_string(std::string& out, std::string_view text);

/// Appends a value's number: integers as digits, decimals with exactly their scale, doubles in the
/// shortest form that reads back the same. The value is not null and finite.
void append_number(std::string& out, const ResultValue& value);

/// Appends a value as JSON: NaN and infinities as strings, null as null.
void append_json_value(std::string& out, const ResultValue& value);

/// Appends a key column as JSON.
void append_json_scalar(std::string& out, const KeyScalar& scalar);

}  // namespace sluice
