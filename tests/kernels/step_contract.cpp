#include "tests/kernels/step_contract.hpp"

#include <algorithm>
#include <random>

namespace sluice::contract {

std::map<KeySlot, Row> StepContract::by_slot(const WindowRows& rows) const {
  std::map<KeySlot, Row> read;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    read[rows.slots[r]] = read_row(shape_.layout, rows.words.data() + r * shape_.layout.words());
  }
  return read;
}

EventBatch StepContract::two_panes() {
  EventBatch batch;
  batch.add(1, {1, 0}, 10);
  batch.add(2, {1, 0}, 20);
  batch.add(3, {2, 0}, std::nullopt);
  batch.add(11, {1, 0}, -5);
  batch.add(12, {3, 0}, 7);
  return batch;
}

Rows added(Rows rows, const Rows& others) {
  for (const auto& [key, row] : others) {
    Row& sum = rows[key];
    sum.count += row.count;
    sum.nulls += row.nulls;
    sum.sum += row.sum;
    sum.minimum = std::min(sum.minimum, row.minimum);
    sum.maximum = std::max(sum.maximum, row.maximum);
  }
  return rows;
}

EventBatch scattered_batch(std::uint32_t seed, std::uint64_t keys, std::uint32_t events,
                           EventTime end) {
  std::mt19937_64 random(seed);
  EventBatch batch;
  for (std::uint32_t i = 0; i < events; ++i) {
    const auto value = static_cast<std::int64_t>(random()) >> (random() % 64);
    batch.add(static_cast<EventTime>(random() % static_cast<std::uint64_t>(end)),
              {random() % keys, 0},
              random() % 10 == 0 ? std::nullopt : std::optional<std::int64_t>(value));
  }
  return batch;
}

}  // namespace sluice::contract
