/// Backend::accumulate over events x keys x skew x panes x kind of key: count, sum, minimum and
/// maximum of one int64 value. Keys are known and panes open, as in a job that has been running.
/// Bytes are those of the columns: 24 an event with dense keys, 32 with hashed ones.

#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "bench/backend_load.hpp"

namespace sluice::bench {
namespace {

// More than the caches hold, so that columns come from memory.
constexpr std::size_t batches_of_a_million = 8;

void accumulate_batches(benchmark::State& state, BackendKind kind, const LoadShape& shape) {
  std::vector<LoadBatch> batches;
  for (std::uint64_t b = 0; b < batches_of_a_million; ++b) batches.emplace_back(shape, b + 1);
  const LoadLimits limits(shape.panes);
  const auto backend =
      make_backend(kind, load_backend_shape(count_sum_minimum_maximum(), shape.events, shape.keys));
  const auto accumulate = [&](const LoadBatch& batch) {
    const Ticket ticket = backend->stage(batch.columns());
    const BatchReport report = backend->accumulate(ticket, limits.limits, {});
    backend->release(ticket);
    if (report.accepted != shape.events) state.SkipWithError("events were not accepted");
  };
  for (const LoadBatch& batch : batches) accumulate(batch);

  std::size_t next = 0;
  for (auto _ : state) accumulate(batches[next++ % batches.size()]);

  const auto events = state.iterations() * static_cast<std::int64_t>(shape.events);
  state.SetItemsProcessed(events);
  state.SetBytesProcessed(events * static_cast<std::int64_t>(batches[0].bytes_per_event()));
  state.SetLabel(backend->device());
}

std::string name_of_load(BackendKind kind, const LoadShape& shape) {
  return "accumulate/" + std::string(name_of(kind)) + "/events:" + std::to_string(shape.events) +
         "/keys:" + std::to_string(shape.keys) +
         (shape.skew == Skew::uniform ? "/uniform" : "/zipf") +
         "/panes:" + std::to_string(shape.panes) +
         (shape.key_kind == KeyKind::dense ? "/dense" : "/hashed");
}

void add(BackendKind kind, const LoadShape& shape) {
  benchmark::RegisterBenchmark(
      name_of_load(kind, shape).c_str(),
      [kind, shape](benchmark::State& state) { accumulate_batches(state, kind, shape); })
      ->UseRealTime()
      ->MeasureProcessCPUTime()
      ->Unit(benchmark::kMillisecond);
}

void add_all(BackendKind kind) {
  constexpr std::size_t million = 1'000'000;
  for (const KeyKind key_kind : {KeyKind::dense, KeyKind::hashed}) {
    for (const std::size_t keys :
         {std::size_t{1}, std::size_t{1'000}, std::size_t{100'000}, million}) {
      add(kind, {million, keys, Skew::uniform, 2, key_kind});
      if (keys > 1) add(kind, {million, keys, Skew::zipf, 2, key_kind});
    }
    add(kind, {million, 1'000, Skew::uniform, 60, key_kind});
    add(kind, {million, 1'000, Skew::uniform, 10'000, key_kind});
    for (const std::size_t events : {std::size_t{1'000}, std::size_t{30'000}}) {
      add(kind, {events, 1'000, Skew::uniform, 2, key_kind});
    }
  }
}

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) {
  return sluice::bench::run_on_every_backend(argc, argv, sluice::bench::add_all);
}
