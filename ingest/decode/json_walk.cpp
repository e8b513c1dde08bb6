#include "ingest/decode/json_walk.hpp"

#include <array>
#include <string_view>

#include "ingest/decode/eight_bytes.hpp"
#include "ingest/decode/json_escape.hpp"
#include "ingest/decode/json_scalar.hpp"
#include "ingest/decode/number.hpp"

namespace sluice {
namespace {

// Where a walk stands: a character, and the first mark from it on. No text: not plain.
struct Stand {
  const char* text = nullptr;
  std::uint32_t* mark = nullptr;
};

bool is_word(std::string_view word) noexcept {
  return word == "true" || word == "false" || word == "null";
}

// One document. A walk that leaves the text is found out at the next mark that it meets: those that
// it knows are inside.
class Walk {
 public:
  Walk(const char* base, const std::uint32_t* marks_end, std::uint32_t text_end, bool lines,
       TextSpans& spans, std::size_t row) noexcept
      : base_(base),
        marks_end_(marks_end),
        text_end_(text_end),
        lines_(lines),
        spans_(spans),
        row_(row) {}

  bool has(const std::uint32_t* mark) const noexcept { return mark < marks_end_; }

  // From an object's brace.
  Stand read_object(Stand at, const JsonMembers& members, unsigned depth) const noexcept {
    at = skip_space({at.text + 1, at.mark});
    if (*at.text == '}') return {at.text + 1, at.mark};
    for (;;) {
      const JsonMembers::Member* member = nullptr;
      at = read_name(at, members, member);
      if (at.text == nullptr) return {};
      at = skip_space(at);
      if (*at.text != ':') return {};
      at = read_member(skip_space({at.text + 1, at.mark}), member, depth);
      if (at.text == nullptr) return {};
      at = skip_space(at);
      if (*at.text != ',') break;
      at = skip_space({at.text + 1, at.mark});
    }
    return *at.text == '}' ? Stand{at.text + 1, at.mark} : Stand{};
  }

 private:
  Stand read_name(Stand at, const JsonMembers& members,
                  const JsonMembers::Member*& member) const noexcept {
    Stand end = skip_string(at);
    const bool is_plain = end.text != nullptr;
    if (!is_plain) end = skip_any_string(at);
    if (end.text == nullptr) return {};
    const std::string_view name(at.text + 1, end.text - 1);
    member = is_plain ? members.find(name.data(), name.size()) : find_unescaped(members, name);
    return end;
  }

  [[gnu::noinline]] static const JsonMembers::Member* find_unescaped(
      const JsonMembers& members, std::string_view name) noexcept {
    std::array<char, TextBlock::most_row_bytes + 8> unescaped;  // find() reads 8 bytes
    const char* const end = unescape_json(name, unescaped.data());
    return members.find(unescaped.data(), static_cast<std::size_t>(end - unescaped.data()));
  }

  Stand read_member(Stand at, const JsonMembers::Member* member, unsigned depth) const noexcept {
    if (member == nullptr) return skip_value(at, depth);
    if (!member->inner.empty()) {
      if (is_known(member->inner)) return {};
      if (*at.text == '{') {
        if (member->field || depth == JsonWalk::max_depth) return {};
        return read_object(at, member->inner, depth + 1);
      }
      if (!member->field) return skip_value(at, depth);
    }
    TextSpan& span = spans_.of(*member->field)[row_];
    if (*at.text == '{' || *at.text == '[') return {};
    // Of repeated members the last wins, but all of them have to be valid.
    Scalar scalar;
    if (span.end != 0 && base_[span.begin] != '"' &&
        !scan_json_word(base_ + span.begin, base_ + span.end, scalar)) {
      return {};
    }
    const Stand end = *at.text == '"' ? skip_any_string(at) : skip_word(at);
    if (end.text == nullptr || end.text == at.text) return {};
    if (end.mark - at.mark > 2) spans_.note_escapes();
    span = {static_cast<std::uint32_t>(at.text - base_),
            static_cast<std::uint32_t>(end.text - base_)};
    return end;
  }

  // Whether a member of that name was met before, with something in it.
  bool is_known(const JsonMembers& members) const noexcept {
    for (const JsonMembers::Member& member : members.all()) {
      if (member.field && spans_.of(*member.field)[row_].end != 0) return true;
      if (is_known(member.inner)) return true;
    }
    return false;
  }

  Stand skip_value(Stand at, unsigned depth) const noexcept {
    if (at.text >= base_ + text_end_) return {};
    switch (*at.text) {
      case '"':
        return skip_any_string(at);
      case '{':
      case '[':
        if (depth == JsonWalk::max_depth) return {};
        return *at.text == '{' ? read_object(at, no_members, depth + 1) : skip_array(at, depth + 1);
      case 't':
      case 'f':
      case 'n': {
        const Stand end = skip_word(at);
        return end.text != nullptr && is_word({at.text, end.text}) ? end : Stand{};
      }
      default: {
        Scalar number;
        const char* end = scan_plain_number(at.text, number);
        if (end == nullptr) end = scan_json_number({at.text, base_ + text_end_}, number);
        return {end, at.mark};
      }
    }
  }

  Stand skip_array(Stand at, unsigned depth) const noexcept {
    at = skip_space({at.text + 1, at.mark});
    if (*at.text == ']') return {at.text + 1, at.mark};
    for (;;) {
      at = skip_value(at, depth);
      if (at.text == nullptr) return {};
      at = skip_space(at);
      if (*at.text != ',') break;
      at = skip_space({at.text + 1, at.mark});
    }
    return *at.text == ']' ? Stand{at.text + 1, at.mark} : Stand{};
  }

  // Behind a number, true, false or null, whatever it is.
  Stand skip_word(Stand at) const noexcept {
    for (const char* const end = base_ + text_end_; at.text < end; at.text += 8) {
      const std::uint64_t word = load_eight(at.text);
      const std::uint64_t stop = bytes_below(word, ' ' + 1) | bytes_equal(word, ',') |
                                 bytes_equal(word | every_byte * 0x20, '}');  // or ]
      if (stop != 0) return {at.text + first_byte(stop), at.mark};
    }
    return {};
  }

  // A string without escapes.
  Stand skip_string(Stand at) const noexcept {
    if (marks_end_ - at.mark < 2 || base_ + at.mark[0] != at.text || at.mark[1] >= text_end_ ||
        *at.text != '"') {
      return {};
    }
    const char* const last = base_ + at.mark[1];
    return *last == '"' ? Stand{last + 1, at.mark + 2} : Stand{};
  }

  // Any string that is surely valid.
  Stand skip_any_string(Stand at) const noexcept {
    if (!has(at.mark) || base_ + *at.mark != at.text || *at.text != '"') return {};
    for (++at.mark; has(at.mark) && *at.mark < text_end_; ++at.mark) {
      const char* const text = base_ + *at.mark;
      if (*text == '"') return {text + 1, at.mark + 1};
      const char* const behind = *text == '\\' ? skip_json_escape(text) : nullptr;
      if (behind == nullptr) return {};
      // A quote, a backslash, or that of a pair's second half is a mark, too.
      at.mark += text[1] == '"' || text[1] == '\\' || behind - text == 12;
    }
    return {};
  }

  Stand skip_space(Stand at) const noexcept {
    if (static_cast<unsigned char>(*at.text) > ' ') [[likely]]
      return at;
    for (const char* const end = base_ + text_end_; at.text < end; ++at.text) {
      if (*at.text == ' ') continue;
      const bool is_space = *at.text == '\t' || (!lines_ && (*at.text == '\n' || *at.text == '\r'));
      if (!is_space || !has(at.mark) || base_ + *at.mark != at.text) break;
      ++at.mark;
    }
    return at;
  }

  static const JsonMembers no_members;

  const char* base_;
  const std::uint32_t* marks_end_;
  std::uint32_t text_end_;
  bool lines_;
  TextSpans& spans_;
  std::size_t row_;
};

const JsonMembers Walk::no_members;

}  // namespace

std::uint32_t* JsonWalk::read(const char* base, std::uint32_t* mark, const std::uint32_t* marks_end,
                              std::uint32_t text_end, TextSpans& spans,
                              std::size_t row) const noexcept {
  const char* const text = base + (mark[-1] + 1);
  if (*text != '{') return nullptr;
  for (std::size_t field = 0; field < spans.fields(); ++field) spans.of(field)[row] = {};
  const Walk walk(base, marks_end, text_end, lines_, spans, row);
  const Stand end = walk.read_object({text, mark}, members_, 1);
  if (end.text == nullptr || !walk.has(end.mark) || base + *end.mark != end.text) return nullptr;
  return end.mark;
}

}  // namespace sluice
