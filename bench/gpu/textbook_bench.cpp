/// The same device-resident events through the CUDA backend ("sluice") and through Thrust's sort
/// and reduction ("thrust"), one after the other, and their results compared. Items are events,
/// bytes those of their columns (16 an event).
///
/// `--small` is for machines without a GPU, where this runs over the emulator: its times mean
/// nothing, but both ways are exercised and compared.

#include "bench/gpu/textbook.hpp"

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "bench/backend_load.hpp"
#include "bench/group_rows.hpp"
#include "bench/kernel_counters.hpp"
#include "kernels/cuda/cuda_backend.hpp"

namespace sluice::bench {
namespace {

struct Case {
  LoadShape shape;
  Aggregates aggregates = Aggregates::count_sum;

  std::uint32_t keys() const { return static_cast<std::uint32_t>(shape.keys); }
};

std::string name_of(const std::string& way, const Case& c) {
  return "textbook/" + way + "/events:" + std::to_string(c.shape.events) +
         "/keys:" + std::to_string(c.shape.keys) + "/" + std::string(name_of(c.shape.spread)) +
         "/panes:" + std::to_string(c.shape.panes) + "/" + std::string(name_of(c.aggregates));
}

void set_work(benchmark::State& state, const Case& c) {
  const auto events = state.iterations() * static_cast<std::int64_t>(c.shape.events);
  state.SetItemsProcessed(events);
  state.SetBytesProcessed(events * static_cast<std::int64_t>(c.shape.event_bytes));
}

/// A backend that has one batch staged and taken in once.
class Resident {
 public:
  Resident(const Case& c, const LoadBatch& batch)
      : limits_(c.shape.panes),
        backend_(cuda::make_backend(load_backend_shape(
            BackendKind::cuda, row_layout_of(c.aggregates), c.shape.events, c.shape.keys))),
        ticket_(backend_->stage(batch.columns())) {
    accumulate();
  }

  void accumulate() { backend_->accumulate(ticket_, limits_.limits, {}); }
  Backend& backend() { return *backend_; }

 private:
  LoadLimits limits_;
  std::unique_ptr<Backend> backend_;
  Ticket ticket_;
};

void run_sluice(benchmark::State& state, const Case& c) {
  const std::vector<LoadBatch> batches = make_batches(c.shape, 1, nullptr);
  Resident resident(c, batches[0]);
  const KernelCounters kernels(resident.backend());
  for (auto _ : state) resident.accumulate();
  set_work(state, c);
  kernels.report(state);
}

void run_thrust(benchmark::State& state, const Case& c) {
  const std::vector<LoadBatch> batches = make_batches(c.shape, 1, nullptr);
  cuda::Textbook textbook(c.shape.events, c.keys());
  textbook.load(batches[0].columns());
  textbook.run(c.aggregates);
  if (groups_of(Resident(c, batches[0]).backend(), c.aggregates, c.keys()) != textbook.rows()) {
    state.SkipWithError("the results differ");
    return;
  }
  for (auto _ : state) textbook.run(c.aggregates);
  set_work(state, c);
  state.SetLabel("results agree");
}

using Way = void (*)(benchmark::State&, const Case&);

void add(const std::string& way, Way run, const Case& c) {
  benchmark::RegisterBenchmark(
      name_of(way, c).c_str(),
      [=](benchmark::State& state) { run_or_skip(state, [&] { run(state, c); }); })
      ->UseRealTime()
      ->Unit(benchmark::kMillisecond);
}

void add(const Case& c) {
  add("sluice", run_sluice, c);
  add("thrust", run_thrust, c);
}

void add_all(bool small) {
  const std::size_t events = small ? 3'000 : 16'000'000;
  const auto shape = [&](std::size_t keys, Spread spread, std::uint32_t panes) {
    return LoadShape{events, keys, spread, panes, KeyKind::dense, 16};
  };
  using enum Aggregates;
  std::vector<std::size_t> keys{10};
  if (!small) keys = {10, 1'000, 100'000, 1'000'000, 10'000'000};
  for (const std::size_t count : keys) {
    add({shape(count, Spread::uniform, 1), count_sum});
    add({shape(count, Spread::uniform, 1), count_sum_min_max});
  }
  add({shape(keys.back() / 10, Spread::zipf_1, 1), count_sum});
  add({shape(keys.back() / 10, Spread::half_on_one, 1), count_sum});
  add({shape(10, Spread::uniform, small ? 30 : 38'000), count_sum});
}

int run(int argc, char** argv) {
  const bool small = take_flag(argc, argv, "--small");
  if (const std::string reason = cuda::unavailable(); !reason.empty()) {
    std::fprintf(stderr, "bench_textbook: %s\n", reason.c_str());
    return 2;
  }
  add_all(small);
  benchmark::AddCustomContext("device", cuda::device_info(0).name);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) { return sluice::bench::run(argc, argv); }
