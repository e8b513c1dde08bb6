#include "ingest/kafka/direct/api_versions.hpp"

#include <algorithm>

#include "ingest/kafka/direct/wire.hpp"

namespace sluice {

std::optional<ApiVersions> ApiVersions::read(std::span<const std::byte> answer) {
  WireReader reader(answer);
  const std::int16_t error = reader.int16();
  ApiVersions versions;
  const std::size_t count = reader.count(3 * sizeof(std::int16_t));
  for (std::size_t i = 0; i < count; ++i) {
    const auto api = static_cast<ApiKey>(reader.int16());
    const std::int16_t least = reader.int16();
    versions.served_.push_back({api, {least, reader.int16()}});
  }
  if (!reader.good() || error != 0) {
    return std::nullopt;
  }
  return versions;
}

std::optional<std::int16_t> ApiVersions::newest(ApiKey api, VersionRange ours) const noexcept {
  const auto found = std::find_if(served_.begin(), served_.end(),
                                  [api](const Served& served) { return served.api == api; });
  if (found == served_.end()) {
    return std::nullopt;
  }
  const std::int16_t most = std::min(found->versions.most, ours.most);
  return most < std::max(found->versions.least, ours.least) ? std::nullopt : std::optional(most);
}

}  // namespace sluice
