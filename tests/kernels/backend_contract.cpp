#include "tests/kernels/backend_contract.hpp"

#include <algorithm>
#include <numeric>
#include <random>
#include <set>

namespace sluice::contract {

void EventBatch::add(EventTime at, Key key, std::optional<std::int64_t> value,
                     PartitionIndex from) {
  add_values(at, key, {&value, 1}, from);
}

void EventBatch::add_values(EventTime at, Key key,
                            std::span<const std::optional<std::int64_t>> values,
                            PartitionIndex from) {
  time.push_back(at);
  partition.push_back(from);
  low.push_back(key.first);
  high.push_back(key.second);
  for (std::size_t v = 0; v < bits_.size(); ++v) {
    bits_[v].push_back(values[v].value_or(-77));
    valid_[v].push_back(values[v].has_value() ? 1 : 0);
  }
}

std::optional<std::int64_t> EventBatch::value(std::size_t event, std::uint32_t column) const {
  if (valid_[column][event] == 0) return std::nullopt;
  return bits_[column][event];
}

EventColumns EventBatch::columns() const {
  EventColumns columns;
  columns.size = size();
  columns.time.wide = time.data();
  const auto same = [&](PartitionIndex p) { return p == partition[0]; };
  if (std::all_of(partition.begin(), partition.end(), same)) {
    columns.single_partition = partition.empty() ? PartitionIndex{0} : partition[0];
  } else {
    columns.partition = partition.data();
  }
  columns.key.low = low.data();
  const bool wide = std::any_of(high.begin(), high.end(), [](std::uint64_t h) { return h != 0; });
  columns.key.high = wide ? high.data() : nullptr;
  columns.value_count = static_cast<std::uint32_t>(bits_.size());
  for (std::size_t v = 0; v < bits_.size(); ++v) {
    const bool nulls = std::find(valid_[v].begin(), valid_[v].end(), 0) != valid_[v].end();
    columns.values[v] = {bits_[v].data(), nulls ? valid_[v].data() : nullptr};
  }
  return columns;
}

EventBatch EventBatch::shuffled(std::uint32_t seed) const {
  std::vector<std::size_t> order(size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::shuffle(order.begin(), order.end(), std::mt19937(seed));
  EventBatch other(static_cast<std::uint32_t>(bits_.size()));
  std::vector<std::optional<std::int64_t>> values(bits_.size());
  for (const std::size_t event : order) {
    for (std::uint32_t v = 0; v < bits_.size(); ++v) values[v] = value(event, v);
    other.add_values(time[event], {low[event], high[event]}, values, partition[event]);
  }
  return other;
}

Limits Limits::tumbling(Milliseconds size, PaneIndex first, std::uint32_t panes, ColumnIndex base) {
  Limits made;
  made.add_grid({size, size, 0}, size, first, panes, base);
  return made;
}

void Limits::add_grid(const WindowSpec& window, Milliseconds length, PaneIndex first,
                      std::uint32_t panes, ColumnIndex base) {
  const auto columns = std::make_shared<std::vector<ColumnIndex>>(panes);
  std::iota(columns->begin(), columns->end(), base);
  columns_.push_back(columns);
  GridLimits& grid = limits.grids[limits.grid_count++];
  grid.grid = {window.offset, length};
  grid.first_window = limits.window_count;
  grid.window_count = 1;
  grid.first_pane = first;
  grid.pane_count = panes;
  grid.corrected_before = first;
  grid.columns = columns->data();
  limits.windows[limits.window_count++] = {window, start_of_time, start_of_time};
  limits.gaps = limits.gaps || window.slide > window.size;
}

void Row::add(std::optional<std::int64_t> value) {
  ++count;
  if (!value) {
    ++nulls;
    return;
  }
  sum += *value;
  minimum = std::min(minimum, *value);
  maximum = std::max(maximum, *value);
}

std::ostream& operator<<(std::ostream& out, const Row& row) {
  return out << "{count " << row.count << ", nulls " << row.nulls << ", sum "
             << static_cast<std::int64_t>(row.sum >> 64) << " * 2^64 + "
             << static_cast<std::uint64_t>(row.sum) << ", min " << row.minimum << ", max "
             << row.maximum << "}";
}

RowLayout full_layout() {
  const AccumulatorNeed needs[] = {{AccumulatorKind::nulls, 0},
                                   {AccumulatorKind::sum_integer, 0},
                                   {AccumulatorKind::minimum, 0},
                                   {AccumulatorKind::maximum, 0}};
  return lay_out_row(needs);
}

RowLayout invertible_layout() {
  const AccumulatorNeed needs[] = {{AccumulatorKind::nulls, 0}, {AccumulatorKind::sum_integer, 0}};
  return lay_out_row(needs);
}

Row read_row(const RowLayout& layout, const std::uint64_t* words) {
  const std::uint64_t* const cold = words + layout.hot_words;
  Row row;
  row.count = words[0];
  for (std::uint32_t k = 0; k < layout.count; ++k) {
    const AccumulatorSpec& spec = layout.accumulators[k];
    if (spec.kind == AccumulatorKind::nulls) {
      row.nulls = cold[spec.cold];
    } else if (spec.kind == AccumulatorKind::sum_integer) {
      row.sum = static_cast<std::int64_t>(words[spec.hot]) +
                (static_cast<__int128>(static_cast<std::int64_t>(cold[spec.cold])) *
                 (static_cast<__int128>(1) << 64));
    } else if (spec.kind == AccumulatorKind::minimum) {
      row.minimum = static_cast<std::int64_t>(words[spec.hot]);
    } else if (spec.kind == AccumulatorKind::maximum) {
      row.maximum = static_cast<std::int64_t>(words[spec.hot]);
    }
  }
  return row;
}

BackendShape small_shape(const RowLayout& layout) {
  BackendShape shape;
  shape.layout = layout;
  shape.max_batch_events = 70'000;
  shape.max_keys = 100'000;
  shape.max_state_bytes = std::size_t{256} << 20;
  return shape;
}

std::map<PaneIndex, Rows> expected_rows(const EventBatch& batch, Milliseconds length,
                                        const std::function<bool(std::uint32_t)>& taken) {
  std::map<PaneIndex, Rows> expected;
  for (std::uint32_t i = 0; i < batch.size(); ++i) {
    if (!taken(i)) continue;
    PaneIndex pane = batch.time[i] / length;
    if (pane * length > batch.time[i]) --pane;
    expected[pane][{batch.low[i], batch.high[i]}].add(batch.value(i));
  }
  return expected;
}

void BackendContract::make(const BackendShape& shape) {
  shape_ = shape;
  keys_.clear();
  backend_ = GetParam().make(shape);
}

BatchReport BackendContract::offer(const EventBatch& batch, const BatchLimits& limits,
                                   std::span<const std::uint32_t> only) {
  const EventColumns columns = batch.columns();
  const Ticket ticket = backend_->stage(columns);
  BatchReport report = backend_->accumulate(ticket, limits, only);
  backend_->release(ticket);
  for (const FirstSeenKey& seen : report.first_seen) {
    keys_[seen.slot] = {batch.low[seen.event], batch.high[seen.event]};
  }
  EXPECT_EQ(report.accepted + report.future + report.in_no_window + report.late + report.keys_full +
                report.parked.size(),
            only.empty() ? batch.size() : only.size());
  EXPECT_EQ(report.late, report.late_events.size());
  EXPECT_TRUE(std::is_sorted(report.parked.begin(), report.parked.end()));
  return report;
}

void BackendContract::run(std::initializer_list<ColumnStep> steps, std::span<const KeySlot> only) {
  backend_->run(StepProgram({steps.begin(), steps.size()}), only, {});
}

WindowRows BackendContract::emit(ColumnIndex target, ColumnIndex source,
                                 std::span<const KeySlot> only) {
  WindowRows rows;
  const ColumnStep step{ColumnStep::Kind::emit, target, source, 0};
  backend_->run(step, only, {&rows, 1});
  EXPECT_EQ(rows.words.size(), rows.slots.size() * shape_.layout.words());
  return rows;
}

Rows BackendContract::rows(ColumnIndex target, ColumnIndex source, std::span<const KeySlot> only) {
  const WindowRows emitted = emit(target, source, only);
  Rows rows;
  std::set<KeySlot> slots;
  for (std::size_t r = 0; r < emitted.size(); ++r) {
    EXPECT_TRUE(slots.insert(emitted.slots[r]).second) << "two rows for one slot";
    EXPECT_TRUE(keys_.contains(emitted.slots[r])) << "a row for a slot without a key";
    rows[keys_[emitted.slots[r]]] =
        read_row(shape_.layout, emitted.words.data() + r * shape_.layout.words());
  }
  EXPECT_EQ(rows.size(), emitted.size()) << "two slots for one key";
  return rows;
}

KeySlot BackendContract::slot_of(Key key) const {
  for (const auto& [slot, name] : keys_) {
    if (name == key) return slot;
  }
  ADD_FAILURE() << "no slot for key " << key.first;
  return no_slot;
}

}  // namespace sluice::contract
