// The text of a `where`: it is a filter, or is refused with its place.

#include <array>

#include "ingest/filter/filter.hpp"
#include "tests/fuzz/fuzz_target.hpp"
#include "tests/ingest/decode/decoding.hpp"

namespace sluice::fuzz {
namespace {

using testing::decimal_value;
using testing::double_value;
using testing::int64_value;
using testing::key;

constexpr std::size_t event_count = 8;

// Judges events whose fields are null, extreme, or neither.
void judge(FilterProgram program) {
  constexpr std::array<std::int64_t, event_count> bits = {0,
                                                          1,
                                                          -1,
                                                          7,
                                                          std::numeric_limits<std::int64_t>::max(),
                                                          std::numeric_limits<std::int64_t>::min(),
                                                          100,
                                                          3};
  constexpr std::array<double, event_count> numbers = {0, 1, -1, 0.5, 1e300, -1e300, 100, 3};
  constexpr std::array<std::uint8_t, event_count> ones_and_zeros = {1, 1, 0, 1, 1, 1, 0, 1};
  constexpr std::array<std::string_view, event_count> strings = {"",  "a",    "view", "it's",
                                                                 "b", "\xC3", "%",    "7"};
  EventColumns events;
  events.size = event_count;
  events.value_count = 3;
  for (ValueColumn* column = events.values; column < events.values + 3; ++column) {
    *column = {bits.data(), ones_and_zeros.data()};
  }
  Filter filter(std::move(program));
  const std::vector<FilterColumn> fields(
      filter.fields().size(),
      {ones_and_zeros.data(), ones_and_zeros.data(), bits.data(), numbers.data(), strings.data()});
  std::array<std::uint8_t, event_count> passes{};
  require(filter.judge(events, fields, passes.data()) <= event_count, "more pass than there are");
}

void read(const std::string& text) {
  Format format = testing::format_of(FormatType::json, Framing::message);
  format.keys = {key("user"), key("id", KeyType::int64), key("region", KeyType::string)};
  format.values = {int64_value("n"), decimal_value("price", 2), double_value("ratio")};
  try {
    judge(plan_filter(parse_filter(text), format));
  } catch (const FilterError& error) {
    require(error.position() <= text.size(), "a place outside the text");
  }
}

}  // namespace
}  // namespace sluice::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sluice::fuzz::read(std::string(reinterpret_cast<const char*>(data), size));
  return 0;
}
