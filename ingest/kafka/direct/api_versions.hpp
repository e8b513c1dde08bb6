#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace sluice {

/// The requests that the direct path makes.
enum class ApiKey : std::int16_t {
  fetch = 1,
  metadata = 3,
  sasl_handshake = 17,
  api_versions = 18,
  offset_for_leader_epoch = 23,
  sasl_authenticate = 36,
};

/// An inclusive range of versions of a request, without flexible ones.
struct VersionRange {
  std::int16_t least = 0;
  std::int16_t most = 0;
};

/// Which versions of each request a broker serves: the answer to ApiVersions, version 0, whose
/// request has no body.
class ApiVersions {
 public:
  /// nullopt when the answer is torn or an error.
  static std::optional<ApiVersions> read(std::span<const std::byte> answer);

  /// The newest version that both sides know; nullopt when there is none.
  std::optional<std::int16_t> newest(ApiKey api, VersionRange ours) const noexcept;

 private:
  struct Served {
    ApiKey api;
    VersionRange versions;
  };
  std::vector<Served> served_;
};

}  // namespace sluice
