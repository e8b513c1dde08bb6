// Cluster Monitoring over the Google cluster trace: the CPU share that tasks ask for, by category
// (CM1), and of failed tasks by job (CM2), over the last minute, every second. The stream is drawn
// from the proportions of the trace's sample: 26.5 events a second, 4 categories, 240 jobs.
#include <array>
#include <vector>

#include "host/command/workloads/weighted_choice.hpp"
#include "host/command/workloads/workload.hpp"
#include "host/command/workloads/workload_rows.hpp"
#include "ingest/generate/random.hpp"

namespace sluice {
namespace {

constexpr double events_a_second = 26.5;
constexpr std::size_t jobs = 240;
constexpr std::size_t jobs_that_fail = 26;
constexpr WindowSpec last_minute{.size = 60'000, .slide = 1'000};
constexpr float cpu_units = 10'000;  // decimal(4)

constexpr std::array<double, 4> category_shares{81.2, 3.6, 14.9, 0.3};
constexpr std::array<double, 6> event_type_shares{32.6, 32.4, 1.2, 0.49, 27.3, 6.0};

/// Job numbers as the trace has them, ten digits long; the first has 19 % of the events.
struct Jobs {
  explicit Jobs(Random& random) {
    std::vector<double> shares;
    for (std::size_t j = 0; j < jobs; ++j) {
      ids.push_back(6'000'000'000 + static_cast<std::int64_t>(random.below(500'000'000)));
      shares.push_back(j == 0 ? 1.3 : 1.0 / static_cast<double>(j + 1));
    }
    choice = WeightedChoice(shares);
  }
  std::vector<std::int64_t> ids;
  WeightedChoice choice;
};

TaskEvent random_task(Random& random, const Jobs& all, std::int64_t second) {
  static const WeightedChoice category{category_shares};
  static const WeightedChoice event_type{event_type_shares};
  TaskEvent row{};
  row.second = second;
  row.event_type = static_cast<std::int32_t>(event_type(random));
  const std::size_t job = all.choice(random);
  row.job = all.ids[row.event_type == task_failed ? job % jobs_that_fail : job];
  row.task = static_cast<std::int64_t>(random.below(1'000));
  row.machine = static_cast<std::int64_t>(random.below(5'042));
  row.user = static_cast<std::int32_t>(random.below(74));
  row.category = static_cast<std::int32_t>(category(random));
  row.priority = static_cast<std::int32_t>(random.below(12));
  row.cpu = static_cast<float>(random.below(5'000)) / cpu_units;
  row.memory = static_cast<float>(random.below(5'000)) / cpu_units;
  row.disk = static_cast<float>(random.below(100)) / cpu_units;
  return row;
}

Milliseconds generate(std::byte* memory, std::size_t count, std::uint64_t seed) {
  auto* const rows = reinterpret_cast<TaskEvent*>(memory);
  Random random(seed, 1);
  const Jobs all(random);
  for (std::size_t i = 0; i < count; ++i) {
    // Uneven seconds: half an event on average to either side of the even distribution.
    const double due = (static_cast<double>(i) + random.fraction()) / events_a_second;
    rows[i] = random_task(random, all, static_cast<std::int64_t>(due));
  }
  return (rows[count - 1].second + 1) * 1'000;
}

/// Rounded: shares are not negative.
std::int64_t scaled_cpu(const TaskEvent& row) {
  const float nudged = row.cpu * cpu_units + 0.5F;
  return static_cast<std::int32_t>(nudged);
}

void decode_every_event(const std::byte* memory, std::size_t count, Milliseconds shift,
                        DecodedEvents& events) {
  const auto* const rows = reinterpret_cast<const TaskEvent*>(memory);
  EventTime* __restrict const time = events.time;
  std::uint64_t* __restrict const key = events.key_low;
  std::int64_t* __restrict const cpu = events.values[0];
  for (std::size_t i = 0; i < count; ++i) {
    prefetch_row(rows + i);
    time[i] = rows[i].second * 1'000 + shift;
    key[i] = static_cast<std::uint32_t>(rows[i].category);
    cpu[i] = scaled_cpu(rows[i]);
  }
  events.size = count;
}

void decode_failures(const std::byte* memory, std::size_t count, Milliseconds shift,
                     DecodedEvents& events) {
  const auto* const rows = reinterpret_cast<const TaskEvent*>(memory);
  std::size_t size = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (rows[i].event_type != task_failed) continue;
    events.time[size] = rows[i].second * 1'000 + shift;
    events.key_low[size] = static_cast<std::uint64_t>(rows[i].job);
    events.values[0][size] = scaled_cpu(rows[i]);
    ++size;
  }
  events.size = size;
}

Job cpu_by_key(std::string_view name) {
  return workload_job(name, last_minute, {{"cpu", AggregateFunction::sum, std::uint8_t{0}}},
                      {required_value("cpu", ValueType::decimal, 4)});
}

}  // namespace

Workload cluster_monitoring_1() {
  return {.name = "CM1",
          .definition = "sum(cpu) by category, 60 s by 1 s, 26.5 events a second, 4 groups",
          .row_bytes = sizeof(TaskEvent),
          .job = cpu_by_key("cm1"),
          .generate = generate,
          .decode = decode_every_event,
          .key_of = encode_integer_key,
          .post = keep_every_row};
}

Workload cluster_monitoring_2() {
  return {.name = "CM2",
          .definition =
              "failed tasks (0.5 %), sum(cpu) by job, 60 s by 1 s, 26.5 events a second, 26 groups",
          .row_bytes = sizeof(TaskEvent),
          .job = cpu_by_key("cm2"),
          .generate = generate,
          .decode = decode_failures,
          .key_of = encode_integer_key,
          .post = keep_every_row};
}

}  // namespace sluice
