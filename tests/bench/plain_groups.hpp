#pragma once

#include <algorithm>
#include <map>
#include <vector>

#include "bench/group_rows.hpp"

namespace sluice::bench {

/// The groups of a batch, by a loop that is easy to believe.
inline std::vector<GroupRow> plain_groups(const EventColumns& events, std::uint32_t keys,
                                          Aggregates aggregates) {
  std::map<std::uint32_t, GroupRow> groups;
  for (std::size_t i = 0; i < events.size; ++i) {
    const auto pane = static_cast<std::uint32_t>(events.time[i] / pane_length);
    const std::uint32_t group = pane * keys + static_cast<std::uint32_t>(events.key.low_of(i));
    const std::int64_t value = events.values[0][i];
    GroupRow& row = groups.try_emplace(group, GroupRow{group, 0, 0, value, value}).first->second;
    ++row.count;
    row.sum += value;
    row.minimum = std::min(row.minimum, value);
    row.maximum = std::max(row.maximum, value);
  }
  std::vector<GroupRow> rows;
  for (auto& [group, row] : groups) {
    if (aggregates != Aggregates::count_sum_min_max) row.minimum = row.maximum = 0;
    rows.push_back(row);
  }
  return rows;
}

}  // namespace sluice::bench
