/// Backend::accumulate over events x keys x spread x aggregates x panes x kind of key x width of an
/// event x where its bytes start x path. Keys are known and panes open, as in a job that has been
/// running. Items are events, bytes those of their columns.
///
/// from:host      the CPU backend reads the columns where they are
/// from:device    staged once, accumulated again and again: no copy is timed
/// from:pinned    staged while the batches before are computed, from memory of the backend
/// from:pageable  the same from plain memory

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "bench/backend_bench.hpp"
#include "bench/backend_load.hpp"
#include "bench/kernel_counters.hpp"

namespace sluice::bench {
namespace {

constexpr std::size_t million = 1'000'000;
constexpr std::size_t most_keys = 100 * million;

enum class From : std::uint8_t { host, device, pinned, pageable };
constexpr const char* names_of_from[] = {"host", "device", "pinned", "pageable"};

struct Case {
  BackendKind kind = BackendKind::cpu;
  From from = From::host;
  LoadShape shape;
  Aggregates aggregates = Aggregates::count_sum;
  AccumulatePath path = AccumulatePath::automatic;
  friend bool operator==(const Case&, const Case&) = default;
};

std::string name_of(const Case& c) {
  return "accumulate/" + std::string(sluice::name_of(c.kind)) +
         "/from:" + names_of_from[static_cast<std::size_t>(c.from)] +
         "/events:" + std::to_string(c.shape.events) + "/keys:" + std::to_string(c.shape.keys) +
         "/" + std::string(name_of(c.shape.spread)) + "/panes:" + std::to_string(c.shape.panes) +
         "/" + std::string(name_of(c.aggregates)) + "/" + std::string(name_of(c.shape.key_kind)) +
         "/bytes:" + std::to_string(c.shape.event_bytes) +
         "/path:" + std::string(sluice::name_of(c.path));
}

/// Batches whose columns lie in more memory than caches hold.
std::size_t batches_of(const LoadShape& shape) {
  constexpr std::size_t beyond_caches = std::size_t{192} << 20;
  const std::size_t bytes = shape.events * shape.event_bytes;
  return std::clamp<std::size_t>(beyond_caches / bytes, 2, 32);
}

/// A backend that has taken in every batch of a case once.
class WarmBackend {
 public:
  WarmBackend(const Case& c, std::vector<LoadBatch> batches)
      : case_(c), limits_(c.shape.panes), batches_(std::move(batches)) {
    BackendShape shape =
        load_backend_shape(c.kind, row_layout_of(c.aggregates), c.shape.events, c.shape.keys);
    shape.batches_in_flight = c.from == From::device ? batches_of(c.shape) : in_flight;
    shape.path = c.path;
    backend_ = make_backend(c.kind, shape);
    Backend* const allocator = c.from == From::pinned ? backend_.get() : nullptr;
    if (batches_.empty()) batches_ = make_batches(c.shape, batches_of(c.shape), allocator);
    meet_every_key();
    for (const LoadBatch& batch : batches_) take_in(batch);
    if (c.from != From::device) return;
    for (const LoadBatch& batch : batches_) resident_.push_back(backend_->stage(batch.columns()));
  }

  /// Takes in the next batch. @returns whether every event was accepted
  bool accumulate() {
    if (case_.from == From::device) {
      return accumulate(resident_[next_++ % resident_.size()]);
    }
    while (staged_.size() < in_flight) {
      staged_.push_back(backend_->stage(batches_[next_++ % batches_.size()].columns()));
    }
    const bool accepted = accumulate(staged_.front());
    backend_->release(staged_.front());
    staged_.pop_front();
    return accepted;
  }

  const Case& of() const { return case_; }
  const Backend& backend() const { return *backend_; }
  /// Pinned memory goes with its backend, other memory serves the next case of the same shape.
  std::vector<LoadBatch> give_batches() && { return std::move(batches_); }

 private:
  static constexpr std::size_t in_flight = 3;

  bool accumulate(Ticket ticket) {
    return backend_->accumulate(ticket, limits_.limits, {}).accepted == case_.shape.events;
  }

  void take_in(const LoadBatch& batch) {
    const Ticket ticket = backend_->stage(batch.columns());
    accumulate(ticket);
    backend_->release(ticket);
  }

  void meet_every_key() {
    LoadShape shape = case_.shape;
    shape.spread = Spread::sequential;
    shape.panes = 1;
    for (std::size_t first = 0; first < shape.keys; first += shape.events) {
      take_in(LoadBatch(shape, first, pageable_block(LoadBatch::bytes_needed(shape))));
    }
  }

  Case case_;
  LoadLimits limits_;
  std::unique_ptr<Backend> backend_;
  std::vector<LoadBatch> batches_;
  std::vector<Ticket> resident_;
  std::deque<Ticket> staged_;
  std::size_t next_ = 0;
};

/// Google Benchmark calls a benchmark several times with more and more iterations: the backend is
/// kept until another case comes.
using Kept = std::shared_ptr<std::optional<WarmBackend>>;

WarmBackend& warm(const Case& c, const Kept& kept) {
  std::optional<WarmBackend>& holder = *kept;
  if (holder && holder->of() == c) return *holder;
  std::vector<LoadBatch> batches;
  if (holder && holder->of().shape == c.shape && holder->of().from != From::pinned &&
      c.from != From::pinned) {
    batches = std::move(*holder).give_batches();
  }
  holder.reset();
  return holder.emplace(c, std::move(batches));
}

void measure(benchmark::State& state, const Case& c, const Kept& kept) {
  WarmBackend& backend = warm(c, kept);
  const KernelCounters kernels(backend.backend());
  for (auto _ : state) {
    if (!backend.accumulate()) {
      state.SkipWithError("events were not accepted");
      return;
    }
  }
  const auto events = state.iterations() * static_cast<std::int64_t>(c.shape.events);
  state.SetItemsProcessed(events);
  state.SetBytesProcessed(events * static_cast<std::int64_t>(c.shape.event_bytes));
  kernels.report(state);
  state.SetLabel(backend.backend().device() + ", " +
                 std::string(sluice::name_of(backend.backend().status().path)));
}

/// The benchmarks of one backend, in slices through the cross product.
class Slices {
 public:
  Slices(BackendKind kind, BenchSet set)
      : kind_(kind),
        full_(set == BenchSet::full),
        from_(kind == BackendKind::cuda ? From::device : From::host),
        events_(kind == BackendKind::cuda && full_ ? 16 * million : million),
        usual_bytes_(kind == BackendKind::cuda ? 16 : 24) {}

  void add_all() {
    add_keys_and_aggregates();
    add_spreads();
    add_panes();
    add_hashed_keys();
    add_events();
    if (full_) add_paths();
    add_starts_and_widths();
  }

 private:
  void add(Case c) {
    c.kind = kind_;
    const Kept kept = kept_;
    benchmark::RegisterBenchmark(name_of(c).c_str(),
                                 [c, kept](benchmark::State& state) {
                                   run_or_skip(state, [&] { measure(state, c, kept); });
                                 })
        ->UseRealTime()
        ->MeasureProcessCPUTime()
        ->Unit(benchmark::kMillisecond);
  }

  Case base() const {
    Case c;
    c.from = from_;
    c.shape = {.events = events_, .keys = 1'000, .event_bytes = usual_bytes_};
    return c;
  }

  std::vector<std::size_t> keys() const {
    if (!full_) return {1'000, 100'000, million};
    std::vector<std::size_t> all{10, 1'000, 10'000, 100'000, million, 10 * million};
    if (kind_ == BackendKind::cuda) all.push_back(most_keys);
    return all;
  }

  void add_keys_and_aggregates() {
    using enum Aggregates;
    for (const std::size_t keys : keys()) {
      for (const Aggregates aggregates : {count, count_sum, count_sum_min_max}) {
        if (!full_ && aggregates == count) continue;
        Case c = base();
        c.shape.keys = keys;
        c.aggregates = aggregates;
        if (aggregates == count) c.shape.event_bytes = 8;
        add(c);
      }
    }
  }

  void add_spreads() {
    using enum Spread;
    for (const Spread spread : {zipf_1, zipf_1_5, half_on_one, sequential}) {
      if (!full_ && (spread == zipf_1_5 || spread == sequential)) continue;
      for (const std::size_t keys : keys()) {
        if (keys < 1'000 || keys == most_keys || (!full_ && keys == 1'000)) continue;
        Case c = base();
        c.shape.keys = keys;
        c.shape.spread = spread;
        add(c);
      }
    }
  }

  void add_panes() {
    for (const std::uint32_t panes : {100u, 38'000u}) {
      for (const std::size_t keys : {std::size_t{10}, std::size_t{1'000}}) {
        if (!full_ && (panes == 100) == (keys == 10)) continue;
        Case c = base();
        c.shape.keys = keys;
        c.shape.panes = panes;
        add(c);
      }
    }
  }

  void add_hashed_keys() {
    for (const std::size_t keys : keys()) {
      if (keys < 1'000 || keys == most_keys || (!full_ && keys == 100'000)) continue;
      Case c = base();
      c.shape.keys = keys;
      c.shape.key_kind = KeyKind::hashed;
      c.shape.event_bytes = usual_bytes_ == 16 ? 28 : 32;
      add(c);
      if (!full_) continue;
      c.aggregates = Aggregates::count_sum_min_max;
      add(c);
    }
  }

  void add_events() {
    std::vector<std::size_t> sizes{30'000};
    if (full_) sizes = {30'000, 300'000, million, 4 * million};
    if (full_ && kind_ == BackendKind::cuda) sizes.push_back(64 * million);
    for (const std::size_t events : sizes) {
      Case c = base();
      if (events == c.shape.events) continue;
      c.shape.events = events;
      add(c);
    }
  }

  void add_paths() {
    using enum AccumulatePath;
    for (const AccumulatePath path : {private_tables, shared_table, partitioned}) {
      for (const std::size_t keys : keys()) {
        for (const Spread spread : {Spread::uniform, Spread::half_on_one}) {
          const bool few_only = path == private_tables && keys > 10'000;
          if (few_only || (spread == Spread::half_on_one && keys != 1'000 && keys != million)) {
            continue;
          }
          Case c = base();
          c.shape.keys = keys;
          c.shape.spread = spread;
          c.path = path;
          add(c);
        }
      }
    }
  }

  void add_starts_and_widths() {
    std::vector<From> starts{From::host};
    if (kind_ == BackendKind::cuda) starts = {From::device, From::pinned, From::pageable};
    for (const From from : starts) {
      for (const unsigned bytes : {8u, 12u, 16u, 24u}) {
        for (const std::size_t keys : {std::size_t{1'000}, std::size_t{100'000}}) {
          if (!full_ && (keys != 1'000 || bytes == 8 || bytes == 12)) continue;
          Case c = base();
          c.from = from;
          c.shape.keys = keys;
          c.shape.event_bytes = bytes;
          if (from != From::device) c.shape.events = million;  // what a job's batch holds
          c.aggregates = bytes == 8 ? Aggregates::count : Aggregates::count_sum;
          // Among keys and aggregates already.
          if (c.from == from_ && (bytes == usual_bytes_ || bytes == 8)) continue;
          add(c);
        }
      }
    }
  }

  BackendKind kind_;
  bool full_;
  From from_;
  std::size_t events_;
  unsigned usual_bytes_;  ///< of an event, as lanes hand it to this backend
  Kept kept_ = std::make_shared<std::optional<WarmBackend>>();
};

void add_all(BackendKind kind, BenchSet set) { Slices(kind, set).add_all(); }

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) {
  return sluice::bench::run_on_every_backend(argc, argv, sluice::bench::add_all);
}
