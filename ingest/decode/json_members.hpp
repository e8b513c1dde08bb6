#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/decode/format.hpp"

namespace sluice {

/// The names of an object's members that paths lead to or through.
class JsonMembers {
 public:
  struct Member;

  JsonMembers() = default;
  /// @param paths field by field
  explicit JsonMembers(const std::vector<FieldPath>& paths);

  /// @param name unescaped, with 8 readable bytes. @returns nullptr: no path knows it.
  const Member* find(const char* name, std::size_t length) const noexcept;

  bool empty() const noexcept { return members_.empty(); }
  std::span<const Member> all() const noexcept;

 private:
  // A name's first and last eight bytes; of a shorter one what there is, and zeros.
  struct Ends {
    Ends(const char* name, std::size_t length) noexcept;
    friend bool operator==(const Ends&, const Ends&) = default;
    std::uint64_t first;
    std::uint64_t last;
  };
  struct Place {
    Ends ends{"\0\0\0\0\0\0\0", 0};
    std::uint32_t length = nobodys;
    std::uint32_t member = 0;
  };
  static constexpr std::uint32_t nobodys = ~std::uint32_t{0};

  void add(std::span<const std::string> path, std::size_t field);
  void make_places();
  bool try_places(std::size_t count, std::uint64_t factor);
  std::size_t place_of(Ends ends, std::size_t length) const noexcept;

  std::vector<Member> members_;
  // Each name at a place of its own, by a hash; no places: none was found that keeps them apart.
  std::vector<Place> places_;
  std::uint64_t factor_ = 0;
};

struct JsonMembers::Member {
  std::string name;
  std::optional<std::size_t> field{};
  JsonMembers inner{};
};

}  // namespace sluice
