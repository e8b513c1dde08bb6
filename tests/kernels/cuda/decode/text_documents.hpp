#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/ingest/decode/decoding.hpp"

namespace sluice::testing {

/// Pieces of texts, plain ones mostly.
class TextPieces {
 public:
  /// @param odd one piece in as many is not plain
  TextPieces(std::uint64_t seed, std::uint64_t odd) : random_(seed), odd_(odd) {}

  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }
  bool odd() { return below(odd_) == 0; }
  std::string pick(const std::vector<std::string>& choices) {
    return choices[below(choices.size())];
  }

  /// Up to the 18 digits that are plain, or any others.
  std::string integer() {
    if (odd()) {
      return pick({"-0", "00", "007", "9223372036854775807", "-9223372036854775808",
                   "9223372036854775808", "18446744073709551616", "123456789012345678901", "-",
                   "+1", "1e3", "999999999999999999", "-999999999999999999",
                   "1000000000000000000"});
    }
    std::string digits = std::to_string(random_() % 9 + 1);
    for (std::uint64_t left = below(18); left > 0; --left) {
      digits += static_cast<char>('0' + below(10));
    }
    return (below(4) == 0 ? "-" : "") + (below(9) == 0 ? "0" : digits);
  }

  std::string fraction() {
    if (odd()) {
      return pick({"1.", ".5", "1.5e3", "-0.0", "-0", "0.001", "1e400", "1e-400", "1E5", "nan",
                   "-inf", "3.14159265358979323846264338", "0.30000000000000004",
                   "9007199254740993", "9007199254740992.5", "12345678.123456789012345678"});
    }
    std::string text = (below(4) == 0 ? "-" : "") + std::to_string(random_() >> (20 + below(44)));
    if (below(4) != 0) {
      text += '.';
      for (std::uint64_t left = 1 + below(below(5) == 0 ? 12 : 3); left > 0; --left) {
        text += static_cast<char>('0' + below(10));
      }
    }
    return text;
  }

  /// Letters, of any length but mostly short.
  std::string word() {
    std::string text;
    const std::uint64_t longest = below(20) == 0 ? 400 : 20;
    for (std::uint64_t left = below(longest); left > 0; --left) {
      text += static_cast<char>('a' + below(26));
    }
    return text;
  }

  std::string iso_time() {
    if (odd()) return pick({"2026-11-23", "2023-02-29T00:00:00Z", "", "2026-11-23T24:00:00Z"});
    const auto two = [this](std::uint64_t least, std::uint64_t most) {
      const std::uint64_t number = least + below(most - least + 1);
      return std::string(number < 10 ? "0" : "") + std::to_string(number);
    };
    std::string text = pick({"1969", "1970", "2000", "2026", "0001", "9999"}) + "-" + two(1, 12) +
                       "-" + two(1, 31) + pick({"T", " "}) + two(0, 23) + ":" + two(0, 59) + ":" +
                       two(0, 59);
    if (below(2) == 0) text += "." + std::to_string(below(1'000'000));
    return text + pick({"", "Z", "+02:00", "-11:30"});
  }

 private:
  std::mt19937_64 random_;
  std::uint64_t odd_;
};

/// The texts as messages with other bytes between them, which belong to nobody.
inline SourceBlock scattered_block(const std::vector<std::string>& payloads, TextPieces& pieces) {
  std::vector<std::string> all;
  for (const std::string& payload : payloads) {
    all.push_back(pieces.pick({"", "\n", "\"\n", "7", "{\"t\":1}\n"}));
    all.push_back(payload);
  }
  SourceBlock block = block_of(all);
  std::vector<Message> kept;
  for (std::size_t i = 1; i < block.messages.size(); i += 2) {
    kept.push_back(block.messages[i]);
    kept.back().partition = static_cast<PartitionIndex>(pieces.below(4));
    kept.back().timestamp = static_cast<EventTime>(pieces.below(10'000));
  }
  block.messages = kept;
  return block;
}

/// Cuts `documents` into messages of lines, with empty lines between and odd line ends.
inline std::vector<std::string> in_lines(const std::vector<std::string>& documents,
                                         TextPieces& pieces) {
  std::vector<std::string> messages(1);
  for (const std::string& document : documents) {
    messages.back() += document + pieces.pick({"\n", "\n", "\n", "\r\n"});
    if (pieces.below(20) == 0) messages.back() += pieces.pick({"\n", "\r\n", "\n\n", "\r\r\n"});
    if (pieces.below(15) != 0) continue;
    if (pieces.below(2) == 0) messages.back().pop_back();
    messages.emplace_back();
  }
  return messages;
}

}  // namespace sluice::testing
