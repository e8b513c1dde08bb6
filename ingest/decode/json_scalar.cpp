#include "ingest/decode/json_scalar.hpp"

#include <cstring>
#include <string_view>

#include "ingest/decode/json_escape.hpp"
#include "ingest/decode/number.hpp"

namespace sluice {

bool scan_json_word(const char* text, const char* end, Scalar& scalar) noexcept {
  const std::string_view all(text, end);
  switch (*text) {
    case 'n':
      scalar.kind = Scalar::Kind::null;
      return all == "null";
    case 't':
      scalar.kind = Scalar::Kind::boolean;
      scalar.digits = 1;
      return all == "true";
    case 'f':
      scalar.kind = Scalar::Kind::boolean;
      scalar.digits = 0;
      return all == "false";
    default:
      return scan_plain_number(text, scalar) == end || scan_json_number(all, scalar) == end;
  }
}

bool scan_json_scalar(const char* text, const char* end, char*& unescaped,
                      Scalar& scalar) noexcept {
  if (*text != '"') return scan_json_word(text, end, scalar);
  std::string_view contents(text + 1, end - 1);
  if (has_json_escape(contents.data(), contents.size())) {
    const char* const begin = unescaped;
    unescaped = unescape_json(contents, unescaped);
    contents = {begin, unescaped};
  }
  scalar.kind = Scalar::Kind::string;
  scalar.text = contents.data();
  scalar.length = static_cast<std::uint32_t>(contents.size());
  scalar.valid_utf8 = true;
  return true;
}

bool has_json_escape(const char* text, std::size_t length) noexcept {
  return std::memchr(text, '\\', length) != nullptr;
}

}  // namespace sluice
