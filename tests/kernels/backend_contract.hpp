#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/backend.hpp"
#include "kernels/row_layout.hpp"

namespace sluice::contract {

/// A backend that the contract tests run on.
struct BackendFactory {
  std::string name;  ///< letters and digits
  std::function<std::unique_ptr<Backend>(const BackendShape&)> make;
};

inline std::ostream& operator<<(std::ostream& out, const BackendFactory& factory) {
  return out << factory.name;
}

/// The backends of this test program; each program defines its own.
std::vector<BackendFactory> backend_factories();

using Key = std::pair<std::uint64_t, std::uint64_t>;  ///< low, high

/// Owner of a batch's columns, filled event by event.
class EventBatch {
 public:
  explicit EventBatch(std::uint32_t value_count = 1) : bits_(value_count), valid_(value_count) {}

  void add(EventTime time, Key key, std::optional<std::int64_t> value = 1,
           PartitionIndex partition = 0);
  /// One value a column.
  void add_values(EventTime time, Key key, std::span<const std::optional<std::int64_t>> values,
                  PartitionIndex partition = 0);

  std::size_t size() const { return time.size(); }
  std::optional<std::int64_t> value(std::size_t event, std::uint32_t column = 0) const;
  /// Leaves out what a column may leave out: high halves that are all 0, validity without nulls.
  EventColumns columns() const;
  EventBatch shuffled(std::uint32_t seed) const;

  std::vector<EventTime> time;
  std::vector<PartitionIndex> partition;
  std::vector<std::uint64_t> low;
  std::vector<std::uint64_t> high;

 private:
  std::vector<std::vector<std::int64_t>> bits_;
  std::vector<std::vector<std::uint8_t>> valid_;
};

/// Limits that own their columns. Pane `first + k` of grid g is in column `base + k`.
class Limits {
 public:
  /// One grid of tumbling windows, nothing closed yet.
  static Limits tumbling(Milliseconds size, PaneIndex first, std::uint32_t panes,
                         ColumnIndex base = 0);

  /// Adds a grid with one definition on it.
  void add_grid(const WindowSpec& window, Milliseconds length, PaneIndex first, std::uint32_t panes,
                ColumnIndex base);

  BatchLimits limits;

 private:
  std::vector<std::shared_ptr<std::vector<ColumnIndex>>> columns_;
};

/// A row as its layout means it, for layouts of one integer column.
struct Row {
  std::uint64_t count = 0;
  std::uint64_t nulls = 0;
  __int128 sum = 0;
  std::int64_t minimum = minimum_identity;
  std::int64_t maximum = maximum_identity;
  friend bool operator==(const Row&, const Row&) = default;

  void add(std::optional<std::int64_t> value);
};
std::ostream& operator<<(std::ostream& out, const Row& row);

using Rows = std::map<Key, Row>;

/// Nulls, sum, minimum and maximum of integer column 0.
RowLayout full_layout();
/// Nulls and sum of integer column 0: has an inverse.
RowLayout invertible_layout();
Row read_row(const RowLayout& layout, const std::uint64_t* words);

BackendShape small_shape(const RowLayout& layout);

/// What should become of the events: by tumbling pane of `length`, for those that `taken` admits.
std::map<PaneIndex, Rows> expected_rows(
    const EventBatch& batch, Milliseconds length,
    const std::function<bool(std::uint32_t event)>& taken = [](std::uint32_t) { return true; });

/// Fixture: makes backends, and keeps the names of the keys as the host does.
class BackendContract : public testing::TestWithParam<BackendFactory> {
 protected:
  void make(const BackendShape& shape);
  void make(const RowLayout& layout) { make(small_shape(layout)); }

  /// Stages, accumulates and releases; checks that the books balance.
  BatchReport offer(const EventBatch& batch, const BatchLimits& limits,
                    std::span<const std::uint32_t> only = {});
  void run(std::initializer_list<ColumnStep> steps, std::span<const KeySlot> only = {});
  WindowRows emit(ColumnIndex target, ColumnIndex source = no_column,
                  std::span<const KeySlot> only = {});
  /// The rows of a column by key, checked to be one a slot.
  Rows rows(ColumnIndex target, ColumnIndex source = no_column, std::span<const KeySlot> only = {});
  KeySlot slot_of(Key key) const;

  BackendShape shape_;
  std::unique_ptr<Backend> backend_;
  std::map<KeySlot, Key> keys_;
};

}  // namespace sluice::contract
