#include "kernels/cpu/admit_keys.hpp"

#include <algorithm>

namespace sluice::cpu {
namespace {

constexpr std::size_t prefetch_distance = 8;

}  // namespace

/// Keys of a mixed tile's taken events, side by side.
struct KeyAdmission::KeyBlock {
  std::uint64_t low[tile_events];
  std::uint64_t high[tile_events];
  KeySlot slots[tile_events];
  std::uint32_t positions[tile_events];
};

KeyAdmission::KeyAdmission(Workers& workers, KeyDictionary& dictionary, PaneTable& table)
    : workers_(workers), dictionary_(dictionary), table_(table), blocks_(workers.count()) {}

KeyAdmission::~KeyAdmission() = default;

void KeyAdmission::resolve(const TiledBatch& batch, BatchReport& report) {
  workers_.each(batch.tiles.size(), [&](unsigned worker, std::size_t number) {
    find_tile(batch, number, blocks_[worker]);
  });
  for (std::size_t number = 0; number < batch.tiles.size(); ++number) {
    if (batch.tiles[number].missing != 0) admit_tile(batch, number, report);
  }
}

void KeyAdmission::find_tile(const TiledBatch& batch, std::size_t number, KeyBlock& keys) const {
  Tile& tile = batch.tiles[number];
  const std::size_t first = batch.first_of(number);
  const std::size_t size = batch.size_of(number);
  const EventColumns& events = batch.events;
  if (tile.uniform) {
    KeySlot* const slots = batch.slots + first;
    if (!dictionary_.find_all(events.key, first, size, slots)) {
      tile.missing = static_cast<std::uint32_t>(std::count(slots, slots + size, no_slot));
      std::replace(slots, slots + size, no_slot, unresolved_slot);
    }
    return;
  }
  std::size_t taken = 0;
  for (std::size_t position = first; position < first + size; ++position) {
    if (batch.slots[position] == no_slot) continue;
    const std::uint32_t event = batch.event(position);
    keys.low[taken] = events.key.low_of(event);
    keys.high[taken] = events.key.high_of(event);
    keys.positions[taken++] = static_cast<std::uint32_t>(position);
  }
  dictionary_.find_all({keys.low, events.key.high == nullptr ? nullptr : keys.high}, 0, taken,
                       keys.slots);
  for (std::size_t k = 0; k < taken; ++k) {
    if (keys.slots[k] == no_slot) ++tile.missing;
    batch.slots[keys.positions[k]] = keys.slots[k] == no_slot ? unresolved_slot : keys.slots[k];
  }
}

void KeyAdmission::admit_tile(const TiledBatch& batch, std::size_t number, BatchReport& report) {
  std::uint32_t* const positions = blocks_[0].positions;
  const std::size_t first = batch.first_of(number);
  std::size_t missing = 0;
  for (std::size_t position = first; position < first + batch.size_of(number); ++position) {
    if (batch.slots[position] == unresolved_slot) {
      positions[missing++] = static_cast<std::uint32_t>(position);
    }
  }
  for (std::size_t k = 0; k < missing; ++k) {
    if (k + prefetch_distance < missing) {
      const std::uint32_t ahead = batch.event(positions[k + prefetch_distance]);
      dictionary_.prefetch(batch.events.key.low_of(ahead), batch.events.key.high_of(ahead));
    }
    admit(batch, positions[k], report);
  }
}

void KeyAdmission::admit(const TiledBatch& batch, std::size_t position, BatchReport& report) {
  const std::uint32_t event = batch.event(position);
  const std::uint64_t low = batch.events.key.low_of(event);
  const std::uint64_t high = batch.events.key.high_of(event);
  KeySlot& slot = batch.slots[position];
  slot = dictionary_.find(low, high);
  if (slot != no_slot) return;
  if (!dictionary_.has_free_slot()) make_room(batch);
  const bool full = !dictionary_.has_free_slot();
  if (full && dictionary_.size() == dictionary_.max_keys()) {
    ++report.keys_full;
    return;
  }
  if (!full) slot = dictionary_.add(low, high);
  if (slot == no_slot) {
    report.parked.push_back(event);
    report.out_of_memory = true;
  } else {
    report.first_seen.push_back({slot, event});
  }
}

void KeyAdmission::make_room(const TiledBatch& batch) {
  if (may_collect_) collect(batch);
  // Growing while a good part is free would only put off the next collection.
  const std::size_t capacity = dictionary_.capacity();
  if (dictionary_.size() <= capacity / 4 * 3 && dictionary_.has_free_slot()) return;
  const std::size_t next = dictionary_.next_capacity();
  if (next > capacity) dictionary_.grow();
}

void KeyAdmission::collect(const TiledBatch& batch) {
  may_collect_ = false;
  std::vector<std::uint8_t> live(dictionary_.bound());
  const std::size_t chunk_rows = table_.chunk_rows();
  const std::size_t chunks = (live.size() + chunk_rows - 1) / chunk_rows;
  workers_.each(chunks, [&](unsigned, std::size_t chunk) {
    const std::span<std::uint8_t> marks =
        std::span(live)
            .subspan(chunk * chunk_rows)
            .first(std::min(chunk_rows, live.size() - chunk * chunk_rows));
    table_.mark_rows(chunk, marks);
  });
  for (std::size_t position = 0; position < batch.size(); ++position) {
    if (batch.slots[position] < live.size()) live[batch.slots[position]] = 1;
  }
  dictionary_.keep_only(live);
  table_.drop_from(dictionary_.bound());
}

}  // namespace sluice::cpu
