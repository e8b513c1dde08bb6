#include "tests/support/oracle.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

namespace sluice::oracle {
namespace {

constexpr std::int64_t largest_time = std::int64_t{1} << 53;

std::int64_t floor_mod(std::int64_t value, std::int64_t modulus) {
  const std::int64_t rest = value % modulus;
  return rest < 0 ? rest + modulus : rest;
}

void require(bool condition, const std::string& message) {
  if (!condition) {
    throw std::invalid_argument("oracle: " + message);
  }
}

void check_job(const Job& job) {
  require(job.partitions > 0, "a job needs a partition");
  for (const WindowDefinition& window : job.windows) {
    require(window.size > 0 && window.slide > 0, "size and slide of " + window.name);
  }
  for (const Aggregate& aggregate : job.aggregates) {
    require(aggregate.column ? *aggregate.column < job.columns.size()
                             : aggregate.function == Function::count,
            "column of " + aggregate.as);
  }
}

bool fits(const std::optional<Value>& value, const Column& column) {
  return !value || std::holds_alternative<double>(*value) == (column.type == ValueType::real);
}

void check_event(const Job& job, const Event& event) {
  require(event.partition < job.partitions, "an event of an unknown partition");
  if (event.kind != EventKind::event) {
    return;
  }
  require(event.values.size() == job.columns.size(), "an event with other columns than the job's");
  for (std::size_t i = 0; i < event.values.size(); ++i) {
    require(fits(event.values[i], job.columns[i]), "a value of another type than its column's");
  }
}

}  // namespace

std::uint64_t Books::of(Verdict verdict) const {
  const auto found = verdicts.find(verdict);
  return found == verdicts.end() ? 0 : found->second;
}

bool Books::balance() const {
  std::uint64_t sum = parked;
  for (const auto& [verdict, count] : verdicts) {
    sum += count;
  }
  return sum == read;
}

Oracle::Oracle(Job job)
    : job_(std::move(job)),
      watermark_(job_),
      ranges_(job_.columns.size()),
      last_now_(job_.started_at) {
  check_job(job_);
  books_.partly_late_events.resize(job_.windows.size());
  books_.refusals.resize(job_.windows.size());
}

Outcome Oracle::feed(const Batch& batch) {
  require(!progress().ended, "a batch after the end of the input");
  const std::vector<std::int64_t> clocks =
      batch.partition_clocks.empty() ? std::vector<std::int64_t>(job_.partitions, batch.now)
                                     : batch.partition_clocks;
  require(clocks.size() == job_.partitions, "one clock for each partition");

  Outcome outcome;
  for (const Event& event : batch.admitted) {
    require(books_.parked > 0, "an event admitted that was never parked");
    --books_.parked;
    outcome.admitted.push_back(admit(event));
    ++books_.verdicts[outcome.admitted.back()];
  }
  for (const Event& event : batch.events) {
    check_event(job_, event);
    ++books_.read;
    outcome.events.push_back(judge(event, batch.now));
    ++books_.verdicts[outcome.events.back()];
  }
  for (const Event& event : batch.parked) {
    park(event, batch.now);
  }
  for (const std::uint32_t partition : batch.ended) {
    watermark_.end(partition);
  }

  // Windows touched in this batch that had closed before it, then those that close now.
  emit_revisions(outcome.rows);
  watermark_.move(batch.now, clocks);
  close(outcome.rows);
  retire();

  last_now_ = batch.now;
  rows_.insert(rows_.end(), outcome.rows.begin(), outcome.rows.end());
  return outcome;
}

Outcome Oracle::end_of_input() {
  Batch batch;
  batch.now = last_now_;
  for (std::uint32_t partition = 0; partition < job_.partitions; ++partition) {
    batch.ended.push_back(partition);
  }
  return feed(batch);
}

Verdict Oracle::judge(const Event& event, std::int64_t now) {
  if (event.kind == EventKind::tombstone) {
    return Verdict::tombstone;
  }
  if (is_malformed(event)) {
    return Verdict::malformed;
  }
  widen_ranges(event);
  if (watermark_.is_future(event.time, now)) {
    return Verdict::future;
  }
  watermark_.hear(event.partition, event.time);
  if (event.kind == EventKind::filtered) {
    return Verdict::filtered;
  }
  return admit(event);
}

void Oracle::park(const Event& event, std::int64_t now) {
  check_event(job_, event);
  require(event.kind == EventKind::event && !is_malformed(event) &&
              !watermark_.is_future(event.time, now),
          "only an event with a pane is parked");
  widen_ranges(event);
  ++books_.read;
  ++books_.parked;
  watermark_.hear(event.partition, event.time);
}

Verdict Oracle::admit(const Event& event) {
  std::vector<WindowId> windows = windows_of(event.time);
  if (windows.empty()) {
    return Verdict::in_no_window;
  }
  const auto first_refused = std::stable_partition(
      windows.begin(), windows.end(), [this](const WindowId& id) { return !has_passed(id); });
  const std::vector<WindowId> refused(first_refused, windows.end());
  windows.erase(first_refused, windows.end());
  if (windows.empty()) {
    return Verdict::late;
  }
  if (job_.max_keys && live_keys_.size() >= *job_.max_keys &&
      !live_keys_.contains(key_text(event.key))) {
    return Verdict::keys_full;
  }
  if (event.no_room) {
    return Verdict::state_full;
  }
  count_refusals(refused);
  add(event, windows);
  return Verdict::accepted;
}

bool Oracle::is_malformed(const Event& event) const {
  if (event.kind == EventKind::malformed || event.time < -largest_time ||
      event.time > largest_time) {
    return true;
  }
  for (std::size_t i = 0; i < event.values.size(); ++i) {
    const std::optional<Value>& value = event.values[i];
    if (!value && job_.columns[i].required) {
      return true;
    }
    if (value && std::holds_alternative<double>(*value) &&
        !std::isfinite(std::get<double>(*value))) {
      return true;
    }
  }
  return false;
}

void Oracle::widen_ranges(const Event& event) {
  for (std::size_t i = 0; i < event.values.size(); ++i) {
    if (event.values[i] && std::holds_alternative<double>(*event.values[i])) {
      const double value = std::get<double>(*event.values[i]);
      Range range = ranges_[i].value_or(Range{value, value});
      range.smallest = std::min(range.smallest, value);
      range.largest = std::max(range.largest, value);
      ranges_[i] = range;
    }
  }
}

std::vector<Oracle::WindowId> Oracle::windows_of(std::int64_t time) const {
  std::vector<WindowId> windows;
  for (std::size_t i = 0; i < job_.windows.size(); ++i) {
    const WindowDefinition& definition = job_.windows[i];
    const std::int64_t last = time - floor_mod(time - definition.offset, definition.slide);
    for (std::int64_t start = last; time < start + definition.size; start -= definition.slide) {
      windows.push_back({.end = start + definition.size, .definition = i, .start = start});
    }
  }
  return windows;
}

bool Oracle::has_closed(const WindowId& id) const { return progress().has_passed(id.end - 1); }

bool Oracle::has_passed(const WindowId& id) const {
  return progress().has_passed(id.end - 1 + job_.watermark.allowed_lateness);
}

void Oracle::count_refusals(const std::vector<WindowId>& refused) {
  std::set<std::size_t> definitions;
  for (const WindowId& id : refused) {
    ++books_.refusals[id.definition];
    definitions.insert(id.definition);
  }
  for (const std::size_t definition : definitions) {
    ++books_.partly_late_events[definition];
  }
}

void Oracle::add(const Event& event, const std::vector<WindowId>& windows) {
  const Event& kept = accepted_.emplace_back(event);
  const std::string key = key_text(event.key);
  for (const WindowId& id : windows) {
    // A closed window that is not there yet has closed empty: with revision 0, as any other.
    Window& window = has_closed(id) ? closed_[id] : open_[id];
    if (has_closed(id)) {
      window.touched.insert(key);
    }
    std::vector<const Event*>& events = window.events[key];
    if (events.empty()) {
      ++live_keys_[key];
    }
    events.push_back(&kept);
  }
}

void Oracle::emit_revisions(std::vector<Row>& rows) {
  for (auto& [id, window] : closed_) {
    if (!window.touched.empty()) {
      ++window.revision;
      for (const std::string& key : window.touched) {
        emit(id, window, key, rows);
      }
      window.touched.clear();
    }
  }
}

void Oracle::close(std::vector<Row>& rows) {
  while (!open_.empty() && has_closed(open_.begin()->first)) {
    auto node = open_.extract(open_.begin());
    for (const auto& [key, events] : node.mapped().events) {
      emit(node.key(), node.mapped(), key, rows);
    }
    closed_.insert(std::move(node));
  }
}

void Oracle::retire() {
  while (!closed_.empty() && has_passed(closed_.begin()->first)) {
    for (const auto& [key, events] : closed_.begin()->second.events) {
      if (--live_keys_.at(key) == 0) {
        live_keys_.erase(key);
      }
    }
    closed_.erase(closed_.begin());
  }
}

void Oracle::emit(const WindowId& id, Window& window, const std::string& key,
                  std::vector<Row>& rows) {
  Row row{.window = job_.windows[id.definition].name,
          .start = id.start,
          .end = id.end,
          .key = key,
          .values = {},
          .revision = window.revision};
  bool overflow = false;
  for (const Aggregate& aggregate : job_.aggregates) {
    const auto range = aggregate.column ? ranges_[*aggregate.column] : std::nullopt;
    row.values.push_back(
        expected_value(job_, aggregate, window.events.at(key),
                       range ? static_cast<long double>(range->largest) - range->smallest : 0.0L));
    overflow = overflow || row.values.back().overflow;
    books_.overflow_values += row.values.back().overflow ? 1U : 0U;
  }
  rows.push_back(std::move(row));
  ++books_.rows_emitted;
  books_.rows_revised += window.revision > 0 ? 1 : 0;
  books_.overflow_rows += overflow ? 1 : 0;
  books_.windows_closed += window.has_rows ? 0 : 1;
  window.has_rows = true;
}

}  // namespace sluice::oracle
