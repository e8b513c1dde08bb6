#include "host/engine/window_values.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>
#include <ostream>
#include <span>
#include <vector>

#include <gtest/gtest.h>

#include "host/engine/window_clock.hpp"
#include "tests/support/random.hpp"

namespace sluice {

std::ostream& operator<<(std::ostream& out, const WindowSpec& spec) {
  return out << "size " << spec.size << " slide " << spec.slide << " offset " << spec.offset;
}

namespace {

using Kind = ColumnStep::Kind;

/// What the tests aggregate: count and sum have an inverse, the maximum has none.
struct Row {
  std::int64_t count = 0;
  std::int64_t sum = 0;
  std::int64_t most = std::numeric_limits<std::int64_t>::min();

  void add(const Row& other) {
    count += other.count;
    sum += other.sum;
    most = std::max(most, other.most);
  }
  friend bool operator==(const Row&, const Row&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Row& row) {
    return out << row.count << " events, sum " << row.sum << ", most " << row.most;
  }
};

using Rows = std::map<KeySlot, Row>;

/// Columns in memory, and an interpreter of the programs.
class Table {
 public:
  void lift(ColumnIndex column, KeySlot slot, std::int64_t value) {
    columns_[column][slot].add({.count = 1, .sum = value, .most = value});
  }

  void run(const std::vector<ColumnStep>& steps, std::span<const KeySlot> only,
           std::vector<Rows>& outputs) {
    for (const ColumnStep& step : steps) {
      for (KeySlot slot = 0; slot < slots; ++slot) {
        if (!only.empty() && std::find(only.begin(), only.end(), slot) == only.end()) continue;
        run(step, slot, outputs);
      }
      if (step.kind != Kind::emit && step.kind != Kind::drop) ++merges_;
    }
  }

  /// Combine, remove and reset steps so far.
  std::size_t merges() const { return merges_; }
  bool empty() const {
    return std::all_of(columns_.begin(), columns_.end(), [](const auto& column) {
      return std::all_of(column.second.begin(), column.second.end(),
                         [](const auto& entry) { return entry.second.count == 0; });
    });
  }

  static constexpr KeySlot slots = 3;

 private:
  void run(const ColumnStep& step, KeySlot slot, std::vector<Rows>& outputs) {
    Row& target = columns_[step.target][slot];
    switch (step.kind) {
      case Kind::combine:
        target.add(columns_[step.source][slot]);
        break;
      case Kind::remove:
        target.count -= columns_[step.source][slot].count;
        target.sum -= columns_[step.source][slot].sum;
        break;
      case Kind::reset:
      case Kind::drop:
        target = {};
        break;
      case Kind::seal:
        break;
      case Kind::emit: {
        Row row = target;
        if (step.source != no_column) row.add(columns_[step.source][slot]);
        if (row.count != 0) outputs[step.output].emplace(slot, row);
        break;
      }
    }
  }

  std::map<ColumnIndex, Rows> columns_;
  std::size_t merges_ = 0;
};

struct Event {
  EventTime time;
  KeySlot slot;
  std::int64_t value;
};

/// One definition driven as the engine does it, with every event kept for comparison.
class Stream {
 public:
  Stream(const WindowSpec& spec, bool invertible, Milliseconds allowed_lateness = 0)
      : spec_(spec),
        allowed_lateness_(allowed_lateness),
        grid_{.phase = spec.offset, .length = std::gcd(spec.size, spec.slide)},
        invertible_(invertible),
        values_(spec, grid_, invertible, pool_) {}

  EventTime first_open() const { return first_open_start(spec_, watermark_); }

  /// Adds a batch of events of which every one is in a window that has not passed.
  void add(const std::vector<Event>& batch) {
    std::vector<KeySlot> slots;
    for (const Event& event : batch) {
      const PaneIndex pane = grid_.pane_of(event.time);
      if (panes_[pane] == no_column) panes_.add(pane, pool_.take());
      table_.lift(panes_[pane], event.slot, event.value);
      events_.push_back(event);
      if (values_.holds(pane)) slots.push_back(event.slot);
    }
    if (slots.empty()) return;
    values_.repair(panes_, steps_);
    run(slots);
  }

  /// @param windows_a_strand 0: one strand
  void move_to(EventTime watermark, std::int64_t windows_a_strand = 0) {
    std::int64_t closed = 0;
    for (EventTime start = first_open(); start < first_open_start(spec_, watermark);
         start += spec_.slide, ++closed) {
      if (windows_a_strand != 0 && closed != 0 && closed % windows_a_strand == 0) {
        values_.begin_strand();
      }
      values_.close(start, panes_, 0, steps_);
      expect_window(start, run({}));
    }
    values_.end_strands(steps_);
    watermark_ = watermark;
    values_.forget_before(grid_.pane_of(first_open()), panes_, steps_);
    const EventTime live = first_live_start(spec_, watermark_, allowed_lateness_);
    while (!panes_.empty() && panes_.first() < grid_.pane_of(live)) {
      const ColumnIndex column = panes_.remove(panes_.first());
      steps_.push_back({.kind = Kind::drop, .target = column});
      pool_.give_back(column);
    }
    run({});
  }

  void expect_revised(EventTime start) {
    values_.revise(start, panes_, 0, steps_);
    expect_window(start, run({}));
  }
  void end_revisions() {
    values_.end_revisions(steps_);
    run({});
  }

  const Table& table() const { return table_; }

 private:
  Rows run(std::span<const KeySlot> only) {
    std::vector<Rows> outputs(1);
    table_.run(steps_, only, outputs);
    steps_.clear();
    return outputs[0];
  }

  void expect_window(EventTime start, Rows actual) const {
    Rows expected;
    for (const Event& event : events_) {
      if (event.time < start || event.time >= start + spec_.size) continue;
      expected[event.slot].add({.count = 1, .sum = event.value, .most = event.value});
    }
    if (invertible_) {
      for (Rows* rows : {&expected, &actual}) {
        for (auto& entry : *rows) entry.second.most = 0;
      }
    }
    EXPECT_EQ(actual, expected) << spec_ << ", window at " << start;
  }

  WindowSpec spec_;
  Milliseconds allowed_lateness_;
  PaneGrid grid_;
  bool invertible_;
  ColumnPool pool_;
  WindowValues values_;
  PaneColumns panes_;
  Table table_;
  std::vector<ColumnStep> steps_;
  std::vector<Event> events_;
  EventTime watermark_ = -200;
};

TEST(WindowValues, CombinesFewPanesAfresh) {
  EXPECT_EQ(WindowValues::method_for({.size = 10, .slide = 10}, true),
            WindowValues::Method::direct);
  EXPECT_EQ(WindowValues::method_for({.size = 10, .slide = 5}, false),
            WindowValues::Method::direct);
  EXPECT_EQ(WindowValues::method_for({.size = 5, .slide = 10}, true), WindowValues::Method::direct);
}

TEST(WindowValues, KeepsARunningValueWhereThereIsAnInverse) {
  EXPECT_EQ(WindowValues::method_for({.size = 15, .slide = 5}, true),
            WindowValues::Method::running);
  EXPECT_EQ(WindowValues::method_for({.size = 15, .slide = 5}, false),
            WindowValues::Method::two_stacks);
}

TEST(WindowValues, EmitsAWindowOfEmptyAndFullPanes) {
  for (const bool invertible : {true, false}) {
    Stream stream({.size = 30, .slide = 10}, invertible);
    stream.add({{0, 0, 5}, {3, 1, 7}, {25, 0, -2}, {61, 2, 1}});
    stream.move_to(100);
  }
}

TEST(WindowValues, TakesALateEventIntoTheWindowsThatAreStillToClose) {
  for (const bool invertible : {true, false}) {
    Stream stream({.size = 40, .slide = 10}, invertible);
    stream.add({{5, 0, 1}, {15, 0, 2}, {25, 0, 3}, {35, 0, 4}, {45, 0, 5}, {55, 1, 6}});
    stream.move_to(49);
    stream.add({{22, 0, 100}, {12, 1, 50}});
    stream.move_to(200);
  }
}

TEST(WindowValues, TakesALateEventOfAPaneThatWasEmptyInsideTheFront) {
  Stream stream({.size = 40, .slide = 10}, false);
  stream.add({{5, 0, 1}, {35, 0, 9}, {45, 0, 5}});
  stream.move_to(39);
  stream.add({{15, 0, 3}, {25, 1, 4}});
  stream.move_to(200);
}

TEST(WindowValues, RevisesWithoutTouchingTheWorkingValues) {
  for (const bool invertible : {true, false}) {
    Stream stream({.size = 40, .slide = 10}, invertible, 30);
    stream.add({{5, 0, 1}, {15, 0, 2}, {25, 1, 3}, {35, 0, 4}, {45, 2, 5}});
    stream.move_to(59);
    stream.add({{16, 0, 10}, {27, 2, 20}, {48, 1, 30}});
    stream.expect_revised(10);
    stream.expect_revised(20);
    stream.end_revisions();
    stream.move_to(200);
  }
}

struct Case {
  WindowSpec spec;
  bool invertible;
};

class RandomWindows : public testing::TestWithParam<Case> {};

TEST_P(RandomWindows, EmitWhatBruteForceGives) {
  const auto& [spec, invertible] = GetParam();
  for (std::uint64_t seed = 0; seed < 40 && !HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    oracle::Random random(seed);
    Stream stream(spec, invertible);
    EventTime watermark = -200;
    for (int batch = 0; batch < 40 && !HasFailure(); ++batch) {
      std::vector<Event> events;
      for (std::int64_t i = random.between(0, 6); i > 0; --i) {
        const EventTime time = stream.first_open() + random.between(0, spec.size + 3 * spec.slide);
        if (!spec.covers(time)) continue;
        events.push_back({time, static_cast<KeySlot>(random.below(Table::slots)),
                          random.between(-1'000, 1'000)});
      }
      stream.add(events);
      watermark += random.between(0, random.chance(10) ? 5 * spec.size : 2 * spec.slide);
      stream.move_to(watermark, random.chance(30) ? random.between(1, 5) : 0);
    }
    stream.move_to(watermark + 20 * spec.size);
    EXPECT_TRUE(stream.table().empty()) << "rows are left behind";
  }
}

INSTANTIATE_TEST_SUITE_P(
    Methods, RandomWindows,
    testing::Values(Case{{.size = 10, .slide = 10}, true}, Case{{.size = 10, .slide = 5}, true},
                    Case{{.size = 10, .slide = 7, .offset = 3}, false},
                    Case{{.size = 3, .slide = 10}, true},
                    Case{{.size = 60, .slide = 10, .offset = -7}, true},
                    Case{{.size = 60, .slide = 10, .offset = -7}, false},
                    Case{{.size = 50, .slide = 20}, true}, Case{{.size = 50, .slide = 20}, false},
                    Case{{.size = 31, .slide = 7}, true}, Case{{.size = 31, .slide = 7}, false},
                    Case{{.size = 100, .slide = 1}, true}, Case{{.size = 100, .slide = 1}, false}));

/// Combines, removals and resets per slide of a stream without gaps.
double merges_per_slide(std::int64_t panes_per_window, bool invertible) {
  Stream stream({.size = 10 * panes_per_window, .slide = 10}, invertible);
  const std::int64_t slides = 4 * panes_per_window;
  for (std::int64_t slide = 0; slide < slides; ++slide) {
    stream.add({{slide * 10, 0, 1}});
    stream.move_to(slide * 10);
  }
  return static_cast<double>(stream.table().merges()) / static_cast<double>(slides);
}

TEST(WindowValues, ASlideCostsAsMuchInALongWindowAsInAShortOne) {
  for (const bool invertible : {true, false}) {
    for (const std::int64_t panes : {10, 100, 1'000}) {
      EXPECT_LE(merges_per_slide(panes, invertible), invertible ? 3 : 5)
          << (invertible ? "running" : "two stacks") << ", " << panes << " panes";
    }
  }
}

}  // namespace
}  // namespace sluice
