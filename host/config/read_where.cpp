#include <algorithm>
#include <string_view>

#include "host/config/job_sections.hpp"

namespace sluice {
namespace {

/// Bytes of a filter that are shown with a fault.
constexpr std::size_t shown_bytes = 24;

bool continues_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80; }

/// Where in the text: `at character 3, "= 'x'"`.
std::string place_in(std::string_view text, std::size_t position) {
  if (position >= text.size()) return "at its end";
  std::size_t character = 1;
  for (const char byte : text.substr(0, position)) character += continues_character(byte) ? 0U : 1U;
  std::string_view rest = text.substr(position);
  rest = rest.substr(0, rest.find('\n'));
  std::size_t shown = std::min(rest.size(), shown_bytes);
  while (shown < rest.size() && continues_character(rest[shown])) ++shown;
  return "at character " + std::to_string(character) +
         ", before: " + std::string(rest.substr(0, shown)) + (shown < rest.size() ? "..." : "");
}

FilterProgram compile(const std::string& text, const Format& format) {
  FilterProgram program = plan_filter(parse_filter(text), format);
  for (const FilterField& field : program.fields) {
    if (const auto fault = unknown_column(format, field.path.text)) {
      throw FilterError(*fault, field.position);
    }
  }
  return program;
}

}  // namespace

void read_where(Section& root, Job& job) {
  const std::string text = root.text("where", "");
  if (!root.has("where") || !root.node("where").IsScalar()) return;
  try {
    job.where = Where{.text = text, .program = compile(text, job.format)};
    job.format.filter = job.where->program.fields;
  } catch (const FilterError& error) {
    root.fault("where", std::string(error.what()) + ", " + place_in(text, error.position()));
  }
}

}  // namespace sluice
