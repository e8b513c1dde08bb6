#include "tests/support/scenario.hpp"

#include <algorithm>
#include <sstream>
#include <utility>

#include "tests/support/event_stream.hpp"
#include "tests/support/random.hpp"

namespace sluice::oracle {
namespace {

// Far ahead of every event, and far behind those that EventStream makes future.
constexpr std::int64_t wall_clock_lead = std::int64_t{1} << 45;
constexpr std::int64_t idle_timeout = 1000;

WindowDefinition random_window(std::size_t index, std::int64_t unit, Random& random) {
  WindowDefinition window{.name = "w" + std::to_string(index)};
  switch (random.below(5)) {
    case 0:  // size a multiple of slide
      window.slide = unit * random.between(1, 10);
      window.size = window.slide * random.between(2, 6);
      break;
    case 1: {  // size no multiple of slide
      const std::int64_t slide = random.between(2, 10);
      window.slide = unit * slide;
      window.size = window.slide * random.between(1, 4) + unit * random.between(1, slide - 1);
      break;
    }
    case 2:  // gaps between the windows
      window.size = unit * random.between(1, 10);
      window.slide = window.size + unit * random.between(1, 20);
      break;
    default:
      window.size = unit * random.between(1, 30);
      window.slide = window.size;
  }
  if (random.chance(40)) {
    window.offset = unit * random.between(-40, 40);
  }
  if (unit <= 10 && random.chance(20)) {
    window.offset += random.between(-3, 3);
  }
  return window;
}

WatermarkSettings random_watermark(std::int64_t unit, const ScenarioLimits& limits,
                                   Random& random) {
  WatermarkSettings settings;
  settings.out_of_orderness = random.chance(30) ? 0 : unit * random.between(1, 10);
  settings.allowed_lateness = random.chance(40) ? 0 : unit * random.between(1, 30);
  if (limits.beyond_bound && random.chance(70)) {
    settings.idle_timeout = idle_timeout;
    settings.on_all_idle = random.pick({OnAllIdle::hold, OnAllIdle::advance});
  }
  if (random.chance(60)) {
    settings.max_future = 3'600'000;
  }
  return settings;
}

Aggregate random_aggregate(std::size_t index, std::size_t columns, Random& random) {
  Aggregate aggregate{.as = "a" + std::to_string(index), .function = Function::sum, .column = {}};
  aggregate.column = random.below(columns);
  aggregate.function = random.pick(
      {Function::count, Function::sum, Function::sum, Function::min, Function::max, Function::avg,
       Function::variance, Function::variance_pop, Function::stddev, Function::stddev_pop});
  return aggregate;
}

Job random_job(std::int64_t base, const ScenarioLimits& limits, Random& random) {
  const auto unit = random.pick<std::int64_t>({1, 10, 1000, 60'000});
  Job job;
  for (std::int64_t i = random.up_to(limits.windows); i > 0; --i) {
    job.windows.push_back(random_window(job.windows.size(), unit, random));
  }
  for (std::int64_t i = random.up_to(limits.columns); i > 0; --i) {
    Column column;
    column.type = random.pick({ValueType::int64, ValueType::decimal,
                               limits.doubles ? ValueType::real : ValueType::int64});
    column.scale = column.type == ValueType::decimal ? static_cast<int>(random.between(0, 6)) : 0;
    job.columns.push_back(column);
  }
  job.aggregates.push_back({.as = "a0", .function = Function::count, .column = {}});
  for (std::int64_t i = random.up_to(limits.aggregates); i > 1; --i) {
    job.aggregates.push_back(random_aggregate(job.aggregates.size(), job.columns.size(), random));
  }
  job.watermark = random_watermark(unit, limits, random);
  job.partitions = static_cast<std::uint32_t>(random.up_to(limits.partitions));
  job.started_at = base + wall_clock_lead;
  return job;
}

/// Cuts the stream into batches and lets the clocks run.
class Cutter {
 public:
  Cutter(const Job& job, const ScenarioLimits& limits, std::uint64_t seed)
      : limits_(limits),
        random_(seed),
        now_(job.started_at),
        clock_(job.started_at),
        partitions_(job.partitions),
        pauses_(limits.beyond_bound && random_.chance(30)) {}

  Batch next_batch() {
    const bool gap = limits_.beyond_bound && random_.chance(10);
    const std::int64_t pause =
        gap ? random_.between(idle_timeout / 2, idle_timeout + 500) : random_.between(0, 200);
    const std::int64_t elapsed = std::exchange(started_, true) ? pause : 0;
    now_ += elapsed;
    clock_ += pauses_ && random_.chance(20) ? 0 : elapsed;
    Batch batch;
    batch.now = now_;
    batch.partition_clocks.assign(partitions_, clock_);
    return batch;
  }

  std::size_t next_size() {
    return random_.chance(15) ? 0 : static_cast<std::size_t>(random_.up_to(limits_.batch_events));
  }

 private:
  ScenarioLimits limits_;
  Random random_;
  std::int64_t now_;
  std::int64_t clock_;  // of every partition
  std::uint32_t partitions_;
  bool pauses_;
  bool started_ = false;
};

std::vector<std::uint32_t> all_partitions(const Job& job) {
  std::vector<std::uint32_t> partitions;
  for (std::uint32_t i = 0; i < job.partitions; ++i) {
    partitions.push_back(i);
  }
  return partitions;
}

}  // namespace

Scenario random_scenario(std::uint64_t seed, const ScenarioLimits& limits) {
  Random random(seed);
  const std::int64_t base =
      random.pick<std::int64_t>({0, -1'000'000, 1'700'000'000'000, -300, 86'399'999});
  Scenario scenario{.seed = seed, .job = random_job(base, limits, random), .batches = {}};
  const bool bounded = !limits.beyond_bound || random.chance(80);

  EventStream stream(scenario.job, base, limits, seed + 1);
  Cutter cutter(scenario.job, limits, seed + 2);
  for (std::size_t drawn = 0; drawn < limits.events;) {
    Batch batch = cutter.next_batch();
    for (std::size_t i = cutter.next_size(); i > 0 && drawn < limits.events; --i, ++drawn) {
      Arrival arrival = stream.next();
      if (arrival.ends_partition) {
        batch.ended.push_back(arrival.event.partition);
      }
      batch.events.push_back(std::move(arrival.event));
    }
    scenario.batches.push_back(std::move(batch));
  }
  if (bounded) {
    scenario.batches.push_back(cutter.next_batch());
    scenario.batches.back().ended = all_partitions(scenario.job);
  }
  return scenario;
}

Scenario recut(const Scenario& scenario, std::uint64_t seed, std::size_t batch_events) {
  Random random(seed);
  Scenario result{.seed = scenario.seed, .job = scenario.job, .batches = {}};
  std::size_t room = 0;
  for (const Batch& batch : scenario.batches) {
    for (const Event& event : batch.events) {
      if (room == 0) {
        room = static_cast<std::size_t>(random.up_to(batch_events));
        result.batches.emplace_back();
      }
      --room;
      result.batches.back().now = batch.now;
      result.batches.back().events.push_back(event);
    }
  }
  result.batches.emplace_back();
  result.batches.back().now = scenario.batches.back().now;
  result.batches.back().ended = scenario.batches.back().ended;
  return result;
}

Scenario shuffled_inside_batches(const Scenario& scenario, std::uint64_t seed) {
  Random random(seed);
  Scenario result = scenario;
  for (Batch& batch : result.batches) {
    for (std::size_t i = batch.events.size(); i > 1; --i) {
      std::swap(batch.events[i - 1], batch.events[random.below(i)]);
    }
  }
  return result;
}

std::string describe(const Scenario& scenario) {
  constexpr const char* functions[] = {"count",    "sum",          "min",    "max",       "avg",
                                       "variance", "variance_pop", "stddev", "stddev_pop"};
  constexpr const char* types[] = {"int64", "decimal", "double"};
  const Job& job = scenario.job;
  std::ostringstream text;
  text << "seed " << scenario.seed << ", " << job.partitions << " partitions, "
       << scenario.batches.size() << " batches\n";
  for (const WindowDefinition& window : job.windows) {
    text << "  window " << window.name << ": size " << window.size << " slide " << window.slide
         << " offset " << window.offset << '\n';
  }
  for (const Aggregate& aggregate : job.aggregates) {
    text << "  " << aggregate.as << ": " << functions[static_cast<int>(aggregate.function)];
    if (aggregate.column) {
      const Column& column = job.columns[*aggregate.column];
      text << " of column " << *aggregate.column << ", " << types[static_cast<int>(column.type)]
           << " scale " << column.scale;
    }
    text << '\n';
  }
  text << "  out_of_orderness " << job.watermark.out_of_orderness << " allowed_lateness "
       << job.watermark.allowed_lateness << " idle_timeout "
       << job.watermark.idle_timeout.value_or(-1) << " on_all_idle "
       << (job.watermark.on_all_idle == OnAllIdle::hold ? "hold" : "advance") << " max_future "
       << job.watermark.max_future.value_or(-1) << " (-1: off)\n";
  return text.str();
}

}  // namespace sluice::oracle
