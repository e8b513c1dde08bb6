#include "ingest/decode/json_members.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "ingest/decode/eight_bytes.hpp"

namespace sluice {
namespace {

constexpr std::size_t most_places = 1024;

}  // namespace

JsonMembers::Ends::Ends(const char* name, std::size_t length) noexcept
    : first(load_eight(name)), last(load_eight(name + (length > 8 ? length - 8 : 0))) {
  const std::uint64_t own = length >= 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << 8 * length) - 1;
  first &= own;
  last &= own;
}

JsonMembers::JsonMembers(const std::vector<FieldPath>& paths) {
  for (std::size_t field = 0; field < paths.size(); ++field) add(paths[field].members, field);
  make_places();
}

std::span<const JsonMembers::Member> JsonMembers::all() const noexcept { return members_; }

const JsonMembers::Member* JsonMembers::find(const char* name, std::size_t length) const noexcept {
  if (places_.empty()) {
    const auto found = std::ranges::find(members_, std::string_view(name, length), &Member::name);
    return found == members_.end() ? nullptr : &*found;
  }
  const Ends ends(name, length);
  const Place& place = places_[place_of(ends, length)];
  if (place.length != length || place.ends != ends) return nullptr;
  const Member& member = members_[place.member];
  const bool same = length <= 16 || std::memcmp(member.name.data(), name, length) == 0;
  return same ? &member : nullptr;
}

void JsonMembers::add(std::span<const std::string> path, std::size_t field) {
  auto member = std::ranges::find(members_, path.front(), &Member::name);
  if (member == members_.end()) {
    members_.push_back({path.front()});
    member = members_.end() - 1;
  }
  if (path.size() == 1) {
    member->field = field;
  } else {
    member->inner.add(path.subspan(1), field);
  }
}

void JsonMembers::make_places() {
  for (Member& member : members_) member.inner.make_places();
  for (std::size_t count = std::bit_ceil(2 * members_.size() + 2); count <= most_places;
       count *= 2) {
    std::uint64_t factor = 0x9E37'79B9'7F4A'7C15U;  // odd, and as good as random
    for (int attempt = 0; attempt < 16; ++attempt, factor *= factor + 2) {
      if (try_places(count, factor)) return;
    }
  }
  places_.clear();
}

bool JsonMembers::try_places(std::size_t count, std::uint64_t factor) {
  places_.assign(count, {});
  factor_ = factor;
  for (std::size_t index = 0; index < members_.size(); ++index) {
    std::string name = members_[index].name;
    const std::size_t length = name.size();
    name.resize(length + 8);
    const Ends ends(name.data(), length);
    Place& place = places_[place_of(ends, length)];
    if (place.length != nobodys) return false;
    place = {ends, static_cast<std::uint32_t>(length), static_cast<std::uint32_t>(index)};
  }
  return true;
}

std::size_t JsonMembers::place_of(Ends ends, std::size_t length) const noexcept {
  const std::uint64_t mixed = (ends.first ^ std::rotl(ends.last, 29) ^ length) * factor_;
  return mixed >> 40 & (places_.size() - 1);
}

}  // namespace sluice
