#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/support/expected_value.hpp"
#include "tests/support/job.hpp"
#include "tests/support/watermark_oracle.hpp"

namespace sluice::oracle {

/// What an event is counted as: the first that applies, in this order; else accepted.
enum class Verdict {
  tombstone,
  malformed,
  future,
  filtered,
  in_no_window,
  late,
  keys_full,
  state_full,
  accepted
};

/// One row as the engine must emit it.
struct Row {
  std::string window = {};
  std::int64_t start = 0;
  std::int64_t end = 0;
  std::string key = {};               ///< key_text
  std::vector<Expected> values = {};  ///< one for each of the job's aggregates
  std::uint64_t revision = 0;
};

struct Books {
  std::uint64_t read = 0;
  std::map<Verdict, std::uint64_t> verdicts = {};
  std::uint64_t parked = 0;  ///< read, and not yet admitted

  /// Of accepted events, by definition: events that at least one of its windows refused as passed,
  /// and how many of its windows refused one.
  std::vector<std::uint64_t> partly_late_events = {};
  std::vector<std::uint64_t> refusals = {};

  std::uint64_t windows_closed = 0;   ///< (definition, start) that emitted rows, each counted once
  std::uint64_t rows_emitted = 0;     ///< revisions too
  std::uint64_t rows_revised = 0;     ///< rows with a revision above 0
  std::uint64_t overflow_rows = 0;    ///< marked rows
  std::uint64_t overflow_values = 0;  ///< marked aggregates of all rows

  std::uint64_t of(Verdict verdict) const;
  /// read = the sum of all verdicts + parked
  bool balance() const;
};

/// What one batch led to.
struct Outcome {
  std::vector<Verdict> admitted = {};  ///< one for each of Batch::admitted
  std::vector<Verdict> events = {};    ///< one for each of Batch::events
  std::vector<Row> rows = {};  ///< in the order of closing; inside a window the order is free
};

/// Says what the right answer is, by brute force: every event is kept in a list for each of its
/// windows, and a row is computed from such a list by the definitions. It is fed the batches that
/// the engine is fed, since events are judged against the watermark as it stood before their batch.
///
/// Which keys `max_keys` refuses depends on the order inside a batch. The oracle takes keys as they
/// come in it, so a test gives the engine no choice: one event a batch, or new keys that all fit.
class Oracle {
 public:
  /// @throws std::invalid_argument if the job has a window or an aggregate that cannot be.
  explicit Oracle(Job job);
  Oracle(const Oracle&) = delete;
  Oracle& operator=(const Oracle&) = delete;

  /// Judges the events, moves the watermark, emits revisions and then closings.
  /// @throws std::invalid_argument if the batch does not fit the job.
  Outcome feed(const Batch& batch);

  /// An empty batch at which every partition ends.
  Outcome end_of_input();

  const Job& job() const { return job_; }
  const Progress& progress() const { return watermark_.progress(); }
  const Books& books() const { return books_; }
  const std::vector<Row>& rows() const { return rows_; }  ///< of all batches

 private:
  // Ordered as windows close: by end, then by the order of the definitions.
  struct WindowId {
    std::int64_t end;
    std::size_t definition;
    std::int64_t start;
    auto operator<=>(const WindowId&) const = default;
  };
  struct Window {
    std::map<std::string, std::vector<const Event*>> events;  // by key
    std::set<std::string> touched;  // keys, by the batch that is going on, once it has closed
    std::uint64_t revision = 0;
    bool has_rows = false;
  };
  using Windows = std::map<WindowId, Window>;

  Verdict judge(const Event& event, std::int64_t now);
  Verdict admit(const Event& event);
  void park(const Event& event, std::int64_t now);
  bool is_malformed(const Event& event) const;
  void widen_ranges(const Event& event);
  std::vector<WindowId> windows_of(std::int64_t time) const;
  bool has_closed(const WindowId& id) const;
  bool has_passed(const WindowId& id) const;
  void add(const Event& event, const std::vector<WindowId>& windows);
  void count_refusals(const std::vector<WindowId>& refused);
  void emit_revisions(std::vector<Row>& rows);
  void close(std::vector<Row>& rows);
  void retire();
  void emit(const WindowId& id, Window& window, const std::string& key, std::vector<Row>& rows);

  struct Range {
    double smallest;
    double largest;
  };

  Job job_;
  WatermarkOracle watermark_;
  std::deque<Event> accepted_;
  Windows open_;
  Windows closed_;                                // not yet passed
  std::map<std::string, std::size_t> live_keys_;  // in how many windows of open_ and closed_
  std::vector<std::optional<Range>> ranges_;      // of the columns that hold doubles
  std::int64_t last_now_;
  Books books_;
  std::vector<Row> rows_;
};

}  // namespace sluice::oracle
