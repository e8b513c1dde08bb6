#include "bench/group_rows.hpp"

#include <algorithm>
#include <unordered_map>

#include "kernels/row_layout.hpp"

namespace sluice::bench {

std::vector<GroupRow> groups_of(Backend& backend, Aggregates aggregates, std::uint32_t keys) {
  const StateImage image = backend.save();
  const RowLayout layout = row_layout_of(aggregates);
  const auto word = [&](AccumulatorKind kind) {
    const AccumulatorSpec* const found = find_accumulator(layout, {kind, 0});
    return found == nullptr ? -1 : int{found->hot};
  };
  const int sum = word(AccumulatorKind::sum_integer);
  const int minimum = word(AccumulatorKind::minimum);
  const int maximum = word(AccumulatorKind::maximum);

  std::unordered_map<KeySlot, std::uint32_t> key_of;
  for (const StateImage::Key& key : image.keys) {
    key_of[key.slot] = static_cast<std::uint32_t>(key.low);
  }
  std::vector<GroupRow> groups;
  for (const StateImage::Column& column : image.columns) {
    for (std::size_t r = 0; r < column.rows.size(); ++r) {
      const std::uint64_t* const words = &column.rows.words[r * layout.words()];
      const auto value = [&](int at) {
        return at < 0 ? std::int64_t{0} : static_cast<std::int64_t>(words[at]);
      };
      groups.push_back({column.column * keys + key_of.at(column.rows.slots[r]), words[0],
                        value(sum), value(minimum), value(maximum)});
    }
  }
  std::sort(groups.begin(), groups.end(),
            [](const GroupRow& a, const GroupRow& b) { return a.group < b.group; });
  return groups;
}

}  // namespace sluice::bench
