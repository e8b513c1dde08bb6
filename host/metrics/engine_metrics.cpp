#include "host/metrics/engine_metrics.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <deque>

#include <prometheus/text_serializer.h>

#include "host/metrics/backend_metrics.hpp"
#include "host/metrics/books_metrics.hpp"
#include "host/metrics/decoding_metrics.hpp"
#include "host/metrics/partition_metrics.hpp"
#include "host/metrics/process_metrics.hpp"
#include "host/metrics/series.hpp"
#include "host/version.hpp"

namespace sluice {
namespace {

using Bounds = prometheus::Histogram::BucketBoundaries;

/// Throughput is an average over this long.
constexpr Milliseconds throughput_interval = 5'000;

const Bounds batch_sizes{1, 16, 256, 1'024, 4'096, 16'384, 65'536, 262'144, 1'048'576, 4'194'304};
const Bounds durations{1e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2,
                       5e-2, 0.1,  0.25,   0.5,  1,    2.5,    5,    10};

struct Throughput {
  Milliseconds at;
  std::uint64_t events;
  double bytes;
};

}  // namespace

struct EngineMetrics::Impl {
  Impl(const Job& job_in, const Source& source, const Backend& backend, const Clock& clock_in);
  void update_throughput(std::uint64_t events);
  void update_http();

  const Job& job;
  const Clock& clock;
  Labels labels;
  prometheus::Registry registry;
  BooksMetrics books;
  PartitionMetrics partitions;
  BackendMetrics backend;
  DecodingMetrics decoding;
  ProcessMetrics process;
  std::array<prometheus::Counter*, 3> batches{};  ///< by SealedBy
  prometheus::Histogram& batch_events;
  std::array<prometheus::Histogram*, 3> stages{};   ///< fetch, decode, compute
  std::array<prometheus::Counter*, 4> stage_cpu{};  ///< in the order of StageCpu
  prometheus::Counter& bytes_read;
  prometheus::Gauge& events_per_second;
  prometheus::Gauge& bytes_per_second;
  prometheus::Gauge& blocks_free;
  prometheus::Gauge& blocks_in_flight;
  prometheus::Gauge& partitions_paused;
  prometheus::Gauge& panes;
  std::vector<prometheus::Counter*> refused;                                 ///< by definition
  std::vector<std::pair<prometheus::Counter*, prometheus::Counter*>> sinks;  ///< rows, errors
  prometheus::Family<prometheus::Counter>& sink_rows;
  prometheus::Family<prometheus::Counter>& sink_errors;
  std::deque<Throughput> history;
  std::atomic<const HttpCounters*> http{nullptr};
};

EngineMetrics::Impl::Impl(const Job& job_in, const Source& source, const Backend& backend_in,
                          const Clock& clock_in)
    : job(job_in),
      clock(clock_in),
      labels{{"pipeline", job_in.pipeline}},
      books(registry, labels),
      partitions(registry, labels, source.partitions()),
      backend(registry, labels, backend_in),
      decoding(registry, labels),
      process(registry),
      batch_events(prometheus::BuildHistogram()
                       .Name("sluice_batch_events")
                       .Help("Events in a batch.")
                       .Labels(labels)
                       .Register(registry)
                       .Add({}, batch_sizes)),
      bytes_read(
          counters(registry, "sluice_bytes_read_total", "Bytes of messages read.", labels).Add({})),
      events_per_second(gauges(registry, "sluice_throughput_events_per_second",
                               "Events read over the last 5 s.", labels)
                            .Add({})),
      bytes_per_second(gauges(registry, "sluice_throughput_bytes_per_second",
                              "Bytes read over the last 5 s.", labels)
                           .Add({})),
      blocks_free(gauges(registry, "sluice_staging_blocks",
                         "Blocks of the pool, by what they are doing.", labels)
                      .Add({{"state", "free"}})),
      blocks_in_flight(gauges(registry, "sluice_staging_blocks",
                              "Blocks of the pool, by what they are doing.", labels)
                           .Add({{"state", "in_flight"}})),
      partitions_paused(gauges(registry, "sluice_partitions_paused",
                               "Partitions paused because their events are parked.", labels)
                            .Add({})),
      panes(gauges(registry, "sluice_panes_live", "Panes that hold rows.", labels).Add({})),
      sink_rows(counters(registry, "sluice_sink_rows_total", "Rows a sink took.", labels)),
      sink_errors(counters(registry, "sluice_sink_errors_total", "Failures of a sink.", labels)) {
  gauges(registry, "sluice_build_info", "Version and commit of the program.")
      .Add({{"version", std::string(version())}, {"revision", std::string(revision())}})
      .Set(1);
  auto& by_reason =
      counters(registry, "sluice_batches_total",
               "Batches, by what sealed them: full, linger (age) or heartbeat.", labels);
  batches = {&by_reason.Add({{"sealed_by", "full"}}), &by_reason.Add({{"sealed_by", "linger"}}),
             &by_reason.Add({{"sealed_by", "heartbeat"}})};
  auto& by_stage = prometheus::BuildHistogram()
                       .Name("sluice_stage_duration_seconds")
                       .Help("Time a batch spent in a stage; fetch waits for data.")
                       .Labels(labels)
                       .Register(registry);
  stages = {&by_stage.Add({{"stage", "fetch"}}, durations),
            &by_stage.Add({{"stage", "decode"}}, durations),
            &by_stage.Add({{"stage", "compute"}}, durations)};
  auto& cpu = counters(registry, "sluice_stage_cpu_seconds_total",
                       "CPU time by stage: fetch and decompress of the lanes, decode, and compute "
                       "of the engine thread.",
                       labels);
  stage_cpu = {&cpu.Add({{"stage", "fetch"}}), &cpu.Add({{"stage", "decompress"}}),
               &cpu.Add({{"stage", "decode"}}), &cpu.Add({{"stage", "compute"}})};
  auto& late =
      counters(registry, "sluice_window_late_events_total",
               "Accepted events that came too late for some window of this definition.", labels);
  for (const WindowDefinition& window : job.windows) {
    refused.push_back(&late.Add({{"window", window.name}}));
  }
}

void EngineMetrics::Impl::update_throughput(std::uint64_t events) {
  const Milliseconds now = clock.steady();
  history.push_back({now, events, bytes_read.Value()});
  while (history.size() > 2 && now - history[1].at >= throughput_interval) history.pop_front();
  const Throughput& oldest = history.front();
  const double seconds = static_cast<double>(now - oldest.at) / 1'000;
  if (seconds <= 0) return;
  events_per_second.Set(static_cast<double>(events - oldest.events) / seconds);
  bytes_per_second.Set((bytes_read.Value() - oldest.bytes) / seconds);
}

void EngineMetrics::Impl::update_http() {
  const HttpCounters* counted = http.load(std::memory_order_acquire);
  if (counted == nullptr) return;
  auto& responses = counters(registry, "sluice_http_responses_total", "HTTP responses by status.");
  for (std::size_t status = 0; status < counted->responses.size(); ++status) {
    const auto count = counted->responses[status].load(std::memory_order_relaxed);
    if (count == 0) continue;
    advance(responses.Add({{"code", std::to_string(status)}}), static_cast<double>(count));
  }
  gauges(registry, "sluice_http_connections", "HTTP connections open.")
      .Add({})
      .Set(static_cast<double>(counted->connections_open.load(std::memory_order_relaxed)));
  advance(counters(registry, "sluice_http_connections_refused_total",
                   "HTTP connections refused over the limit.")
              .Add({}),
          static_cast<double>(counted->connections_refused.load(std::memory_order_relaxed)));
  advance(
      counters(registry, "sluice_http_timeouts_total", "HTTP clients that were too slow.").Add({}),
      static_cast<double>(counted->timeouts.load(std::memory_order_relaxed)));
}

EngineMetrics::EngineMetrics(const Job& job, const Source& source, const Backend& backend,
                             const Clock& clock)
    : impl_(std::make_unique<Impl>(job, source, backend, clock)) {}

EngineMetrics::~EngineMetrics() = default;

void EngineMetrics::batch_done(const BatchFigures& figures) {
  impl_->batches[static_cast<std::size_t>(figures.sealed_by)]->Increment();
  const StageCpu& cpu = figures.cpu;
  const std::array<double, 4> by_stage{cpu.fetch, cpu.decompress, cpu.decode, cpu.compute};
  for (std::size_t s = 0; s < by_stage.size(); ++s) {
    impl_->stage_cpu[s]->Increment(std::max(by_stage[s], 0.0));
  }
  if (figures.sealed_by == SealedBy::heartbeat) return;
  impl_->batch_events.Observe(static_cast<double>(figures.events));
  impl_->stages[0]->Observe(figures.fetch_seconds);
  impl_->stages[1]->Observe(figures.decode_seconds);
  impl_->stages[2]->Observe(figures.compute_seconds);
  impl_->bytes_read.Increment(static_cast<double>(figures.bytes));
}

void EngineMetrics::state(const PipelineView& view) {
  impl_->books.update(view.engine.books(), view.malformed);
  impl_->partitions.update(view.engine.watermark(), view.engine.watermarks(),
                           view.source.statistics());
  impl_->backend.update(view.backend.status());
  if (view.device_decoding) impl_->decoding.update(*view.device_decoding);
  impl_->process.update();
  impl_->update_throughput(view.engine.books().events_read);
  impl_->blocks_free.Set(static_cast<double>(view.batches_free));
  impl_->blocks_in_flight.Set(static_cast<double>(view.batches - view.batches_free));
  impl_->partitions_paused.Set(static_cast<double>(view.partitions_paused));
  impl_->panes.Set(static_cast<double>(view.engine.live_panes()));
  const auto refused = view.engine.refused_by_window();
  for (std::size_t w = 0; w < refused.size(); ++w) {
    advance(*impl_->refused[w], static_cast<double>(refused[w]));
  }
  for (std::size_t s = 0; s < view.sinks.size(); ++s) {
    const Labels own{{"sink", std::string(view.sinks[s]->name())}};
    if (s == impl_->sinks.size()) {
      impl_->sinks.emplace_back(&impl_->sink_rows.Add(own), &impl_->sink_errors.Add(own));
    }
    advance(*impl_->sinks[s].first, static_cast<double>(view.sinks[s]->statistics().rows));
    advance(*impl_->sinks[s].second, static_cast<double>(view.sinks[s]->statistics().errors));
  }
}

std::string EngineMetrics::text() const {
  impl_->update_http();
  return prometheus::TextSerializer().Serialize(impl_->registry.Collect());
}

void EngineMetrics::watch(const HttpCounters& http) {
  impl_->http.store(&http, std::memory_order_release);
}

}  // namespace sluice
