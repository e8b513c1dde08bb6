#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "host/config/job.hpp"
#include "host/engine/books.hpp"
#include "host/log.hpp"
#include "host/pipeline/pipeline.hpp"

namespace sluice {

struct RunOptions {
  bool once = false;   ///< read to the present end of the source, close everything, end
  bool drain = false;  ///< a stop closes the open windows
  std::optional<std::string> stats_path{};  ///< final counters as JSON
};

/// What a run leaves behind.
struct RunSummary {
  Books books;
  double seconds = 0;
  std::string backend;
  std::string listening;  ///< http://address:port, or empty
  StageCpu cpu{};
  double compute_seconds = 0;  ///< of the engine thread, by the wall clock
  BackendStatus status{};      ///< at the end
};

/// Puts a job together (source, backend, sinks, metrics, listener) and runs it until it ends or
/// `stop` is requested. `views` are sinks beside the job's own.
/// @throws std::runtime_error when the environment breaks; what() says what and where.
RunSummary run_job(Job job, const RunOptions& options, Logger& logger, std::stop_token stop,
                   std::vector<std::unique_ptr<Sink>> views = {});

/// The counters of --stats (DESIGN), as one JSON object.
std::string stats_json(const Books& books);

}  // namespace sluice
