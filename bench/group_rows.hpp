#pragma once

#include <cstdint>
#include <vector>

#include "bench/backend_load.hpp"
#include "kernels/backend.hpp"

namespace sluice::bench {

/// What one group of events comes to. The group of an event is pane * keys + key.
struct GroupRow {
  std::uint32_t group = 0;
  std::uint64_t count = 0;
  std::int64_t sum = 0;
  std::int64_t minimum = 0;  ///< 0 where it is not asked for, as maximum
  std::int64_t maximum = 0;
  friend bool operator==(const GroupRow&, const GroupRow&) = default;
};

/// Everything a backend holds, by group; its columns are the panes, its keys dense.
std::vector<GroupRow> groups_of(Backend& backend, Aggregates aggregates, std::uint32_t keys);

}  // namespace sluice::bench
