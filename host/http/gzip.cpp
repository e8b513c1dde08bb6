#include "host/http/gzip.hpp"

#include <algorithm>
#include <cassert>
#include <limits>
#include <new>
#include <stdexcept>

#include <zlib.h>

namespace sluice {
namespace {

class Deflater {
 public:
  Deflater() {
    constexpr int gzip_wrapper = 16;
    if (deflateInit2(&stream_, Z_BEST_SPEED, Z_DEFLATED, MAX_WBITS + gzip_wrapper, 9,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
      throw std::bad_alloc();
    }
  }
  ~Deflater() { deflateEnd(&stream_); }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  z_stream& stream() { return stream_; }

 private:
  z_stream stream_{};
};

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Cuts the part before `separator` off `rest`, trimmed.
std::string_view take_until(std::string_view& rest, char separator) {
  const std::size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return trimmed(part);
}

bool is_same_word(std::string_view a, std::string_view lower_case) {
  return std::equal(a.begin(), a.end(), lower_case.begin(), lower_case.end(), [](char x, char y) {
    return (x >= 'A' && x <= 'Z' ? static_cast<char>(x - 'A' + 'a') : x) == y;
  });
}

/// Of "q=0.5" and the like: a weight refuses its coding if no digit of it is above 0.
bool is_refused(std::string_view parameters) {
  while (!parameters.empty()) {
    std::string_view parameter = take_until(parameters, ';');
    if (!is_same_word(take_until(parameter, '='), "q")) continue;
    return parameter.find_first_of("123456789") == parameter.npos;
  }
  return false;
}

}  // namespace

std::string gzip(std::string_view body) {
  if (body.size() > std::numeric_limits<uInt>::max()) throw std::length_error("gzip: over 4 GiB");
  Deflater deflater;
  z_stream& stream = deflater.stream();
  std::string compressed(deflateBound(&stream, body.size()), '\0');
  // zlib takes a non-const pointer for historical reasons; it only reads.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
  stream.avail_in = static_cast<uInt>(body.size());
  stream.next_out = reinterpret_cast<Bytef*>(compressed.data());
  stream.avail_out = static_cast<uInt>(compressed.size());
  [[maybe_unused]] const int status = deflate(&stream, Z_FINISH);
  assert(status == Z_STREAM_END);  // deflateBound made room for all of it
  compressed.resize(stream.total_out);
  return compressed;
}

bool accepts_gzip(std::string_view accept_encoding) {
  bool any_coding = false;
  while (!accept_encoding.empty()) {
    std::string_view parameters = take_until(accept_encoding, ',');
    const std::string_view coding = take_until(parameters, ';');
    if (is_same_word(coding, "gzip") || is_same_word(coding, "x-gzip"))
      return !is_refused(parameters);
    if (coding == "*") any_coding = !is_refused(parameters);
  }
  return any_coding;
}

}  // namespace sluice
