#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kernels/backend.hpp"

namespace sluice::cuda {

/// A key as events carry it.
struct KeyValue {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  friend auto operator<=>(const KeyValue&, const KeyValue&) = default;
};

/// The columns of a batch, built event by event.
class TestBatch {
 public:
  explicit TestBatch(std::uint32_t values = 0) : values_(values), valid_(values) {}

  /// @param values one per value column; nullopt is null. Missing ones are null.
  void add(EventTime time, KeyValue key, std::vector<std::optional<std::int64_t>> values = {},
           PartitionIndex partition = 0);

  [[nodiscard]] std::size_t size() const noexcept { return time_.size(); }
  [[nodiscard]] KeyValue key(std::size_t event) const { return {low_[event], high_[event]}; }
  /// Valid until the batch changes or goes.
  [[nodiscard]] EventColumns columns() const;

 private:
  std::vector<EventTime> time_;
  std::vector<PartitionIndex> partition_;
  std::vector<std::uint64_t> low_;
  std::vector<std::uint64_t> high_;
  std::vector<std::vector<std::int64_t>> values_;
  std::vector<std::vector<std::uint8_t>> valid_;
};

/// A report in words that do not depend on which slots the keys have.
struct NamedReport {
  struct NamedCorrection {
    std::uint32_t grid;
    PaneIndex pane;
    KeyValue key;
    friend auto operator<=>(const NamedCorrection&, const NamedCorrection&) = default;
  };
  std::uint64_t accepted = 0;
  std::uint64_t future = 0;
  std::uint64_t in_no_window = 0;
  std::uint64_t late = 0;
  std::uint64_t keys_full = 0;
  bool out_of_memory = false;
  std::vector<std::uint64_t> refused = {};
  std::map<PartitionIndex, EventTime> maxima = {};
  std::vector<NamedCorrection> corrections = {};
  std::vector<std::uint32_t> late_events = {};
  std::vector<std::uint32_t> parked = {};
  std::vector<ColumnIndex> opened = {};
  friend bool operator==(const NamedReport&, const NamedReport&) = default;
};
std::ostream& operator<<(std::ostream& out, const NamedReport& report);

/// Rows of one output by key.
using NamedRows = std::map<KeyValue, std::vector<std::uint64_t>>;

/// Feeds a backend and keeps the names of its slots, as the engine does.
class BackendSession {
 public:
  BackendSession(std::unique_ptr<Backend> backend, const RowLayout& layout)
      : backend_(std::move(backend)), words_(layout.words()) {}

  Backend& backend() noexcept { return *backend_; }

  /// Stages, accumulates and releases. Fails the test if the books do not balance.
  NamedReport accumulate(const TestBatch& batch, const BatchLimits& limits,
                         std::span<const std::uint32_t> only = {});
  /// @param keys none: every slot
  std::vector<NamedRows> run(std::span<const ColumnStep> steps, std::size_t outputs,
                             std::span<const KeyValue> keys = {}) {
    return run_strands(steps, outputs, keys);
  }
  std::vector<NamedRows> run_strands(const StepProgram& program, std::size_t outputs,
                                     std::span<const KeyValue> keys = {});
  NamedRows rows_of(ColumnIndex column);

  /// Loads an image from any backend.
  void load(const StateImage& image);

 private:
  NamedReport named(const BatchReport& report) const;
  NamedRows named(const WindowRows& rows) const;

  std::unique_ptr<Backend> backend_;
  std::size_t words_;
  std::map<KeySlot, KeyValue> names_;
};

/// Limits for one tumbling window of `size`, with nothing closed yet: pane p lies in column
/// columns[p - first_pane].
BatchLimits tumbling_limits(Milliseconds size, PaneIndex first_pane,
                            std::span<const ColumnIndex> columns);

}  // namespace sluice::cuda
