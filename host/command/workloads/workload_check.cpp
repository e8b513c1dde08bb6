#include "host/command/workloads/workload_check.hpp"

#include <algorithm>
#include <new>

#include "host/command/workloads/column_sums.hpp"

namespace sluice {
namespace {

constexpr std::uint64_t batches_checked = 8;

struct Sums {
  std::uint64_t events = 0;
  std::uint64_t values = 0;
};

StagingBlock plain_memory(std::size_t bytes) {
  constexpr std::align_val_t alignment{64};
  auto* const memory = static_cast<std::byte*>(::operator new(bytes, alignment));
  return {memory, bytes, [](std::byte* block) noexcept { ::operator delete(block, alignment); }};
}

Sums sums_of_input(const Workload& workload, const RowMemory& rows, std::uint64_t count) {
  const auto values = static_cast<std::uint32_t>(workload.job.format.values.size());
  DecodedEvents events(plain_memory(DecodedEvents::bytes_needed(count, values)), count, values);
  workload.decode(rows.row(0), count, 0, events);
  Sums sums{.events = events.size};
  if (values == 0) return sums;
  for (std::size_t i = 0; i < events.size; ++i) {
    sums.values += static_cast<std::uint64_t>(events.values[0][i]);
  }
  return sums;
}

}  // namespace

std::string check_workload(const Workload& workload, const RowMemory& rows,
                           const WorkloadSetup& setup) {
  Workload summing = workload;
  summing.job.aggregates = {{"events", AggregateFunction::count, {}}};
  const bool has_value = !workload.job.format.values.empty();
  if (has_value) {
    summing.job.aggregates.push_back({"total", AggregateFunction::sum, std::uint8_t{0}});
  }
  Sums rows_out;
  WorkloadRun run(summing, rows, setup, [&](const WindowResult& result) {
    rows_out.events += sum_of_words(result.columns[0].bits);
    if (has_value) rows_out.values += sum_of_words(result.columns[1].bits);
  });
  run.process(std::min<std::uint64_t>(batches_checked, rows.rows() / setup.batch_events));
  run.finish();

  const Sums in = sums_of_input(workload, rows, run.rows_read());
  const WindowSpec& window = workload.job.windows[0].spec;
  const auto windows = static_cast<std::uint64_t>(window.size / window.slide);
  if (!run.books().balance() || run.books().events_accepted != in.events) {
    return workload.name + ": not every event was accepted";
  }
  if (rows_out.events != in.events * windows || rows_out.values != in.values * windows) {
    return workload.name + ": the rows do not add up to the events";
  }
  return {};
}

}  // namespace sluice
