#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "ingest/source_block.hpp"

namespace sluice {

/// Finds the bytes that a text is cut at, 64 bytes at a time with the widest instructions that this
/// machine has.
class MarkFinder {
 public:
  enum class Instructions : std::uint8_t { plain, avx2, avx512 };
  static Instructions best_instructions() noexcept;

  /// The marks of JSON: quotes, backslashes, and bytes below 0x20.
  static MarkFinder of_json(Instructions instructions = best_instructions()) noexcept;
  /// The marks of CSV: its delimiter and quote, CR and LF.
  static MarkFinder of_csv(char delimiter, char quote,
                           Instructions instructions = best_instructions()) noexcept;

  /// Most places that are written for a text, those that mean nothing included.
  static constexpr std::size_t room_for(std::size_t bytes) noexcept { return bytes + 128; }

  /// What is known of texts that were looked through.
  struct Sight {
    std::uint64_t above_ascii = 0;       ///< not 0: there may be bytes above 0x7F
    std::uint64_t quotes = 0;            ///< CSV; not 0: there are some
    std::uint64_t carriage_returns = 0;  ///< CSV: how many
    std::uint64_t line_ends = 0;         ///< CSV: how many
  };

  /// Writes the places of the marks in base[begin, end), counted from `base`. Reads up to 63 bytes
  /// past `end`. @param sight is added to. @returns behind the last one.
  std::uint32_t* find(const char* base, std::uint32_t begin, std::uint32_t end,
                      std::uint32_t* places, Sight& sight) const noexcept {
    return find_(bytes_, base, begin, end, places, sight);
  }

  /// The same of rows that are a message each. Of each row are written: the place before it, its
  /// marks, its end. @param first_marks [rows + 1] where each one's marks begin; behind the last
  /// one where another's would
  void find_rows(const char* base, std::span<const Message> rows, std::uint32_t** first_marks,
                 std::uint32_t* places, Sight& sight) const noexcept {
    find_rows_(bytes_, base, rows, first_marks, places, sight);
  }

 private:
  using Bytes = std::array<char, 2>;  ///< CSV: delimiter, quote
  using Find = std::uint32_t* (*)(const Bytes&, const char*, std::uint32_t, std::uint32_t,
                                  std::uint32_t*, Sight&) noexcept;

  using FindRows = void (*)(const Bytes&, const char*, std::span<const Message>, std::uint32_t**,
                            std::uint32_t*, Sight&) noexcept;

  MarkFinder(const Bytes& bytes, Find one, FindRows rows) noexcept
      : bytes_(bytes), find_(one), find_rows_(rows) {}

  Bytes bytes_;
  Find find_;
  FindRows find_rows_;
};

}  // namespace sluice
