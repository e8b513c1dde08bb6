#include "host/command/run.hpp"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <memory>
#include <random>
#include <stdexcept>
#include <variant>
#include <vector>

#include "host/command/job_backend.hpp"
#include "host/command/live_view.hpp"
#include "host/command/pages.hpp"
#include "host/metrics/engine_metrics.hpp"
#include "host/sinks/prometheus_sink.hpp"
#include "host/sinks/stream_sink.hpp"
#include "host/version.hpp"
#include "ingest/file_source.hpp"
#include "ingest/generate/generator_source.hpp"
#include "ingest/kafka/kafka_source.hpp"

namespace sluice {
namespace {

template <class... Visitors>
struct Overloaded : Visitors... {
  using Visitors::operator()...;
};

void prepare_for_once(Job& job) {
  if (auto* kafka = std::get_if<KafkaSettings>(&job.source)) kafka->once = true;
  job.watermark.idle_timeout.reset();
}

std::unique_ptr<Source> make_source(Job& job, Logger& logger) {
  return std::visit(Overloaded{
                        [&](const KafkaSettings& settings) -> std::unique_ptr<Source> {
                          return make_kafka_source(settings, [&logger](const std::string& text) {
                            logger.warn(text, {{"source", "kafka"}});
                          });
                        },
                        [&](const FileSettings& settings) -> std::unique_ptr<Source> {
                          auto source = make_file_source(settings, job.format, job.engine.threads);
                          if (job.format.csv.header) job.format.csv.columns = source->columns();
                          return source;
                        },
                        [&](const GeneratorSettings& settings) -> std::unique_ptr<Source> {
                          return make_generator_source(settings, job.format.framing,
                                                       job.engine.threads);
                        },
                    },
                    job.source);
}

struct Sinks {
  std::vector<std::unique_ptr<Sink>> all;
  PrometheusSink* prometheus = nullptr;
};

Sinks make_sinks(const Job& job, const Clock& clock) {
  Sinks sinks;
  for (const SinkSettings& settings : job.sinks) {
    std::visit(Overloaded{
                   [&](const PrometheusSinkSettings& prometheus) {
                     auto sink = std::make_unique<PrometheusSink>(job, prometheus, clock);
                     sinks.prometheus = sink.get();
                     sinks.all.push_back(std::move(sink));
                   },
                   [&](const StreamSinkSettings& stream) {
                     sinks.all.push_back(std::make_unique<StreamSink>(job, stream));
                   },
               },
               settings);
  }
  return sinks;
}

void log_start(Logger& logger, const Job& job, const Source& source, const Backend& backend,
               const Decoding& decoding) {
  const std::string reason = job.engine.backend ? "" : cuda_unavailable();
  logger.info("starting", {{"version", version()},
                           {"revision", revision()},
                           {"pipeline", job.pipeline},
                           {"partitions", source.partitions().size()},
                           {"lanes", source.lanes()}});
  logger.info("backend", {{"backend", name_of(backend.kind())},
                          {"device", backend.device()},
                          {"why", job.engine.backend ? std::string_view("configured")
                                  : reason.empty()   ? std::string_view("a GPU is here")
                                                     : std::string_view(reason)}});
  logger.info("decoding", {{"where", decoding.raw ? "device" : "host"},
                           {"why", std::string_view(decoding.why)}});
  if (std::holds_alternative<KafkaSettings>(job.source)) {
    logger.warn("no checkpoints: windows that are open at a stop are lost by a restart");
  }
}

void log_end(Logger& logger, const Books& books, bool stopped) {
  logger.info(stopped ? "stopped" : "finished", {{"events_read", books.events_read},
                                                 {"events_accepted", books.events_accepted},
                                                 {"late_dropped", books.late_dropped},
                                                 {"malformed", books.malformed},
                                                 {"windows_closed", books.windows_closed},
                                                 {"rows_emitted", books.rows_emitted}});
}

bool is_loopback(const ListenAddress& address) {
  return address.host.starts_with("127.") || address.host == "::1" || address.host == "localhost";
}

/// The listener and where it can be reached.
struct Web {
  std::unique_ptr<HttpServer> server;
  std::string address;
};

Web listen(const Job& job, EngineMetrics& metrics, PrometheusSink* sink, const Pulse& pulse,
           Logger& logger) {
  if (job.listen.empty()) return {};
  const auto address = std::get<ListenAddress>(parse_listen_address(job.listen));
  Web web;
  web.server = std::make_unique<HttpServer>(address, make_routes(job, metrics, sink, pulse),
                                            Limits{}, logger);
  metrics.watch(web.server->counters());
  web.address = "http://" + job.listen.substr(0, job.listen.rfind(':')) + ":" +
                std::to_string(web.server->port());
  logger.info("listening", {{"address", web.address}});
  if (!is_loopback(address)) {
    logger.warn(
        "the listener is reachable from other machines, and results are shown without "
        "authentication",
        {{"address", web.address}});
  }
  return web;
}

void write_stats(const std::string& path, const Books& books) {
  std::ofstream file(path, std::ios::trunc);
  file << stats_json(books) << '\n';
  if (!file.flush()) throw std::runtime_error("--stats " + path + " cannot be written");
}

}  // namespace

std::string stats_json(const Books& books) {
  std::string json = "{";
  const auto add = [&](const char* name, std::uint64_t figure) {
    if (json.size() > 1) json += ',';
    json.append("\"").append(name).append("\":").append(std::to_string(figure));
  };
  add("events_read", books.events_read);
  add("events_accepted", books.events_accepted);
  add("late_dropped", books.late_dropped);
  add("malformed", books.malformed);
  add("future_dropped", books.future_dropped);
  add("keys_full", books.keys_full);
  add("state_full", books.state_full);
  add("filtered", books.filtered);
  add("tombstones", books.tombstones);
  add("in_no_window", books.in_no_window);
  add("parked", books.parked);
  add("windows_closed", books.windows_closed);
  add("rows_emitted", books.rows_emitted);
  add("rows_revised", books.rows_revised);
  add("sum_overflows", books.sum_overflows);
  return json + "}";
}

RunSummary run_job(Job job, const RunOptions& options, Logger& logger, std::stop_token stop,
                   std::vector<std::unique_ptr<Sink>> views) {
  if (options.once) prepare_for_once(job);
  // Nobody outside can know which strings would meet in the key dictionary.
  std::random_device entropy;
  job.format.key_seed = (std::uint64_t{entropy()} << 32) | entropy();
  const Clock clock = Clock::system();
  const std::unique_ptr<Source> source = make_source(job, logger);
  // Every lane may hold a block while another one computes and a third is staged.
  job.engine.batches = std::max<std::size_t>(job.engine.batches, source->lanes() + 2);
  const BackendKind kind = choose_backend(job);
  const Decoding decoding = decoding_of(job, kind, source->partitions().size());
  if (job.engine.decode == DecodePlace::device && !decoding.raw) {
    throw std::runtime_error("engine.decode: device cannot be: " + decoding.why +
                             "; set it to auto or host");
  }
  BackendShape shape = shape_of(job);
  shape.raw = decoding.raw;
  const std::unique_ptr<Backend> backend = make_backend(kind, shape);
  log_start(logger, job, *source, *backend, decoding);
  Sinks sinks = make_sinks(job, clock);
  for (auto& view : views) sinks.all.push_back(std::move(view));
  EngineMetrics metrics(job, *source, *backend, clock);
  Pulse pulse(clock);
  LiveView live(clock);
  const Web web = listen(job, metrics, sinks.prometheus, pulse, logger);

  StageCpu cpu;
  double compute_seconds = 0;
  Pipeline pipeline(job, *source, *backend, sinks.all, clock,
                    {.batch_done =
                         [&](const BatchFigures& figures) {
                           metrics.batch_done(figures);
                           cpu += figures.cpu;
                           compute_seconds += figures.compute_seconds;
                         },
                     .state =
                         [&](const PipelineView& view) {
                           pulse.beat();
                           metrics.state(view);
                           live.state(view);
                         },
                     .decoding_moved =
                         [&](bool to_device, const std::string& why) {
                           // A job that insists goes back at once, maybe after every batch.
                           if (job.engine.decode == DecodePlace::device) return;
                           logger.info("decoding moves", {{"to", to_device ? "device" : "host"},
                                                          {"why", std::string_view(why)}});
                         }});
  const auto start = std::chrono::steady_clock::now();
  try {
    pipeline.run(stop, options.drain ? OpenWindows::close : OpenWindows::keep);
  } catch (...) {
    live.close();
    if (options.stats_path) write_stats(*options.stats_path, pipeline.books());
    throw;
  }
  live.close();
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  log_end(logger, pipeline.books(), stop.stop_requested());
  if (options.stats_path) write_stats(*options.stats_path, pipeline.books());
  return {.books = pipeline.books(),
          .seconds = elapsed.count(),
          .backend = std::string(name_of(backend->kind())),
          .listening = web.address,
          .cpu = cpu,
          .compute_seconds = compute_seconds,
          .status = backend->status()};
}

}  // namespace sluice
