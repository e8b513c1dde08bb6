#include "tests/support/workload_oracle.hpp"

#include <cmath>
#include <functional>
#include <map>
#include <optional>
#include <stdexcept>
#include <vector>

#include "host/command/workloads/ad_table.hpp"
#include "host/command/workloads/workload_rows.hpp"
#include "ingest/key.hpp"
#include "tests/support/oracle.hpp"
#include "tests/support/rows_match.hpp"

namespace sluice::oracle {
namespace {

/// An event of one row that is `shift` later, or nothing where the query filters it out.
using EventOf = std::function<std::optional<Event>(const std::byte* row, std::int64_t shift)>;

std::int64_t scaled(float value, double units) { return std::llround(double{value} * units); }

EventOf views_by_campaign() {
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::int64_t> campaigns;
  const AdTable table;
  for (const Uuid& ad : table.ads()) {
    campaigns.emplace(std::pair(ad.low, ad.high),
                      static_cast<std::int64_t>(campaigns.size() / AdTable::ads_a_campaign));
  }
  return [campaigns](const std::byte* memory, std::int64_t shift) -> std::optional<Event> {
    const AdEvent& row = *reinterpret_cast<const AdEvent*>(memory);
    if (row.event_type != 0) return std::nullopt;
    return Event{.time = row.time + shift,
                 .key = {campaigns.at({row.ad.low, row.ad.high})},
                 .values = {row.time + shift}};
  };
}

Event cpu_event(const TaskEvent& row, std::int64_t key) {
  return {.time = row.second * 1'000, .key = {key}, .values = {scaled(row.cpu, 1e4)}};
}

std::optional<Event> by_category(const TaskEvent& row) { return cpu_event(row, row.category); }

std::optional<Event> failure_by_job(const TaskEvent& row) {
  if (row.event_type != 3) return std::nullopt;
  return cpu_event(row, row.job);
}

std::optional<Event> of_all(const MeterReading& row) {
  return Event{.time = row.second * 1'000, .values = {scaled(row.value, 1e3)}};
}

std::optional<Event> by_plug(const MeterReading& row) {
  return Event{
      .time = row.second * 1'000,
      .key = {std::int64_t{row.house}, std::int64_t{row.household}, std::int64_t{row.plug}},
      .values = {scaled(row.value, 1e3)}};
}

std::optional<Event> by_segment(const PositionReport& row) {
  return Event{.time = row.second * 1'000,
               .key = {std::int64_t{row.highway}, std::int64_t{row.direction},
                       std::int64_t{row.position / 5'280}},
               .values = {std::llround(row.speed)}};
}

std::optional<Event> bid(const AuctionEvent& row) {
  if (row.kind != 2) return std::nullopt;
  return Event{.time = row.time, .key = {row.auction}};
}

std::optional<Event> priced_bid(const AuctionEvent& row) {
  auto event = bid(row);
  if (event) event->values = {row.price};
  return event;
}

template <class Row>
EventOf from_rows(std::optional<Event> (*of)(const Row&)) {
  return [of](const std::byte* row, std::int64_t shift) {
    std::optional<Event> event = of(*reinterpret_cast<const Row*>(row));
    if (event) event->time += shift;
    return event;
  };
}

EventOf definition_of(const std::string& workload) {
  if (workload == "YSB") return views_by_campaign();
  if (workload == "CM1") return from_rows(by_category);
  if (workload == "CM2") return from_rows(failure_by_job);
  if (workload == "SG1") return from_rows(of_all);
  if (workload == "SG2") return from_rows(by_plug);
  if (workload == "LRB1") return from_rows(by_segment);
  if (workload == "NBQ5" || workload == "Q5") return from_rows(bid);
  if (workload == "Q7") return from_rows(priced_bid);
  throw std::invalid_argument("no definition of " + workload);
}

Function function_of(AggregateFunction function) {
  switch (function) {
    case AggregateFunction::count:
      return Function::count;
    case AggregateFunction::sum:
      return Function::sum;
    case AggregateFunction::max:
      return Function::max;
    case AggregateFunction::avg:
      return Function::avg;
    default:
      throw std::invalid_argument("no workload has this aggregate");
  }
}

Job oracle_job(const sluice::Job& job) {
  Job made;
  for (const sluice::WindowDefinition& window : job.windows) {
    made.windows.push_back({window.name, window.spec.size, window.spec.slide, window.spec.offset});
  }
  for (const ValueField& field : job.format.values) {
    made.columns.push_back(
        {.type = field.type == sluice::ValueType::decimal ? ValueType::decimal : ValueType::int64,
         .scale = static_cast<int>(field.scale),
         .required = true});
  }
  for (const sluice::Aggregate& aggregate : job.aggregates) {
    Aggregate added{.as = aggregate.name, .function = function_of(aggregate.function)};
    if (aggregate.value) added.column = *aggregate.value;
    made.aggregates.push_back(added);
  }
  return made;
}

Key key_of(std::string_view encoded) {
  Key key;
  for (const KeyScalar& column : decode_key(encoded)) {
    key.emplace_back(std::get<std::int64_t>(column));
  }
  return key;
}

void keep(const sluice::Job& job, const WindowResult& result, std::vector<ActualRow>& rows) {
  const std::size_t width = job.aggregates.size();
  for (std::size_t r = 0; r < result.size(); ++r) {
    ActualRow row{.window = job.windows[result.window].name,
                  .start = result.start,
                  .end = result.end,
                  .key = key_text(key_of(result.key(r))),
                  .revision = result.revision};
    for (std::size_t a = 0; a < width; ++a) {
      const ResultValue value = result.value(r, a);
      if (value.kind == ResultValue::Kind::null) {
        row.values.emplace_back();
      } else if (value.kind == ResultValue::Kind::real) {
        row.values.emplace_back(value.real);
      } else {
        row.values.emplace_back(value.integer);
      }
    }
    rows.push_back(std::move(row));
  }
}

}  // namespace

std::string workload_differences(const Workload& workload, const RowMemory& rows,
                                 const WorkloadSetup& setup, std::uint64_t batches) {
  std::vector<ActualRow> actual;
  WorkloadRun run(workload, rows, setup,
                  [&](const WindowResult& result) { keep(workload.job, result, actual); });
  run.process(batches);
  run.finish();

  const EventOf event_of = definition_of(workload.name);
  Oracle oracle(oracle_job(workload.job));
  for (std::uint64_t row = 0; row < run.rows_read();) {
    Batch batch;
    for (std::size_t i = 0; i < setup.batch_events; ++i, ++row) {
      const auto replay = static_cast<std::int64_t>(row / rows.rows());
      if (auto event = event_of(rows.row(row % rows.rows()), replay * rows.span())) {
        batch.events.push_back(std::move(*event));
      }
    }
    oracle.feed(batch);
  }
  oracle.end_of_input();
  return differences(oracle.job(), oracle.rows(), actual);
}

}  // namespace sluice::oracle
