#include "tests/kernels/cuda/backend_session.hpp"

#include <algorithm>
#include <ostream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::cuda {

void TestBatch::add(EventTime time, KeyValue key, std::vector<std::optional<std::int64_t>> values,
                    PartitionIndex partition) {
  time_.push_back(time);
  partition_.push_back(partition);
  low_.push_back(key.low);
  high_.push_back(key.high);
  for (std::size_t v = 0; v < values_.size(); ++v) {
    const bool present = v < values.size() && values[v].has_value();
    values_[v].push_back(present ? *values[v] : 0);
    valid_[v].push_back(present ? 1 : 0);
  }
}

EventColumns TestBatch::columns() const {
  EventColumns columns;
  columns.size = time_.size();
  columns.time.wide = time_.data();
  columns.partition = partition_.data();
  columns.key.low = low_.data();
  columns.key.high = high_.data();
  columns.value_count = static_cast<std::uint32_t>(values_.size());
  for (std::size_t v = 0; v < values_.size(); ++v) {
    columns.values[v] = {values_[v].data(), valid_[v].data()};
  }
  return columns;
}

std::ostream& operator<<(std::ostream& out, const NamedReport& report) {
  out << "accepted " << report.accepted << ", future " << report.future << ", in no window "
      << report.in_no_window << ", late " << report.late << ", keys full " << report.keys_full
      << ", out of memory " << report.out_of_memory << ", refused "
      << testing::PrintToString(report.refused) << ", maxima "
      << testing::PrintToString(report.maxima) << ", late "
      << testing::PrintToString(report.late_events) << ", parked "
      << testing::PrintToString(report.parked) << ", opened "
      << testing::PrintToString(report.opened) << ", corrections";
  for (const NamedReport::NamedCorrection& correction : report.corrections) {
    out << " (" << correction.grid << " " << correction.pane << " " << correction.key.low << ")";
  }
  return out;
}

NamedReport BackendSession::accumulate(const TestBatch& batch, const BatchLimits& limits,
                                       std::span<const std::uint32_t> only) {
  const Ticket ticket = backend_->stage(batch.columns());
  const BatchReport report = backend_->accumulate(ticket, limits, only);
  backend_->release(ticket);
  for (const FirstSeenKey& first : report.first_seen) names_[first.slot] = batch.key(first.event);
  EXPECT_EQ(report.accepted + report.future + report.in_no_window + report.late + report.keys_full +
                report.parked.size(),
            only.empty() ? batch.size() : only.size());
  return named(report);
}

NamedReport BackendSession::named(const BatchReport& report) const {
  NamedReport named{.accepted = report.accepted,
                    .future = report.future,
                    .in_no_window = report.in_no_window,
                    .late = report.late,
                    .keys_full = report.keys_full,
                    .out_of_memory = report.out_of_memory,
                    .refused = report.refused,
                    .late_events = report.late_events,
                    .parked = report.parked,
                    .opened = report.opened};
  for (const PartitionMaximum& maximum : report.maxima) {
    EXPECT_TRUE(named.maxima.emplace(maximum.partition, maximum.time).second);
  }
  for (const Correction& correction : report.corrections) {
    named.corrections.push_back({correction.grid, correction.pane, names_.at(correction.slot)});
  }
  EXPECT_TRUE(std::is_sorted(report.corrections.begin(), report.corrections.end()));
  EXPECT_TRUE(std::is_sorted(report.parked.begin(), report.parked.end()));
  std::sort(named.corrections.begin(), named.corrections.end());
  std::sort(named.late_events.begin(), named.late_events.end());
  std::sort(named.opened.begin(), named.opened.end());
  return named;
}

std::vector<NamedRows> BackendSession::run_strands(const StepProgram& program, std::size_t outputs,
                                                   std::span<const KeyValue> keys) {
  std::vector<KeySlot> slots;
  for (const auto& [slot, key] : names_) {
    if (std::find(keys.begin(), keys.end(), key) != keys.end()) slots.push_back(slot);
  }
  std::vector<WindowRows> rows(outputs);
  backend_->run(program, slots, rows);
  std::vector<NamedRows> result;
  for (const WindowRows& output : rows) result.push_back(named(output));
  return result;
}

NamedRows BackendSession::rows_of(ColumnIndex column) {
  const ColumnStep step{.kind = ColumnStep::Kind::emit, .target = column};
  return run({&step, 1}, 1)[0];
}

NamedRows BackendSession::named(const WindowRows& rows) const {
  NamedRows named;
  EXPECT_EQ(rows.words.size(), rows.size() * words_);
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const auto first = rows.words.begin() + static_cast<std::ptrdiff_t>(r * words_);
    const auto last = first + static_cast<std::ptrdiff_t>(words_);
    const bool is_new =
        named.emplace(names_.at(rows.slots[r]), std::vector<std::uint64_t>(first, last)).second;
    EXPECT_TRUE(is_new) << "two rows of key " << names_.at(rows.slots[r]).low;
  }
  return named;
}

void BackendSession::load(const StateImage& image) {
  backend_->load(image);
  names_.clear();
  for (const StateImage::Key& key : image.keys) names_[key.slot] = {key.low, key.high};
}

BatchLimits tumbling_limits(Milliseconds size, PaneIndex first_pane,
                            std::span<const ColumnIndex> columns) {
  BatchLimits limits;
  limits.window_count = 1;
  limits.grid_count = 1;
  limits.windows[0].spec = {.size = size, .slide = size};
  limits.grids[0] = {.grid = {.phase = 0, .length = size},
                     .first_window = 0,
                     .window_count = 1,
                     .first_pane = first_pane,
                     .pane_count = static_cast<std::uint32_t>(columns.size()),
                     .corrected_before = first_pane,
                     .columns = columns.data()};
  return limits;
}

}  // namespace sluice::cuda
