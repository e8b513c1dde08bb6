#include "ingest/decode/json_scalar.hpp"

#include <string_view>

#include "ingest/decode/number.hpp"

namespace sluice {

bool scan_json_scalar(const char* text, const char* end, Scalar& scalar) noexcept {
  const std::string_view all(text, end);
  switch (*text) {
    case '"':
      scalar.kind = Scalar::Kind::string;
      scalar.text = text + 1;
      scalar.length = static_cast<std::uint32_t>(all.size() - 2);
      scalar.valid_utf8 = true;
      return true;
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
      return scan_plain_number(text, scalar) == end;
  }
}

}  // namespace sluice
