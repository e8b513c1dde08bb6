#include "host/config/units.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <utility>

namespace sluice {
namespace {

using Unit = std::pair<std::string_view, std::int64_t>;

constexpr std::array<Unit, 5> time_units{
    {{"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
constexpr std::array<Unit, 5> byte_units{{{"B", 1},
                                          {"KiB", std::int64_t{1} << 10},
                                          {"MiB", std::int64_t{1} << 20},
                                          {"GiB", std::int64_t{1} << 30},
                                          {"TiB", std::int64_t{1} << 40}}};

/// Takes digits and a unit off the front of `text`.
template <std::size_t N>
std::optional<std::int64_t> take_term(std::string_view& text, const std::array<Unit, N>& units) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || number < 0) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  const std::size_t length = std::min(text.find_first_of("0123456789"), text.size());
  for (const auto& [name, factor] : units) {
    if (text.substr(0, length) != name) continue;
    text.remove_prefix(length);
    if (number > std::numeric_limits<std::int64_t>::max() / factor) return std::nullopt;
    return number * factor;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Milliseconds> parse_duration(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  Milliseconds total = 0;
  while (!text.empty()) {
    const auto term = take_term(text, time_units);
    if (!term || *term > max_event_time - total) return std::nullopt;
    total += *term;
  }
  return negative ? -total : total;
}

std::optional<std::size_t> parse_bytes(std::string_view text) {
  std::uint64_t plain = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), plain);
  if (error == std::errc{} && end == text.data() + text.size()) return plain;
  const auto bytes = take_term(text, byte_units);
  if (!bytes || !text.empty()) return std::nullopt;
  return static_cast<std::size_t>(*bytes);
}

}  // namespace sluice
