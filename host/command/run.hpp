#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "host/config/job.hpp"
#include "host/engine/books.hpp"
#include "host/log.hpp"
#include "host/pipeline/pipeline.hpp"

namespace sluice {

struct RunOptions {
  bool once = false;   ///< read to the present end of the source, close everything, end
  bool drain = false;  ///< a stop closes the open windows
  std::optional<std::string> stats_path;  ///< final counters as JSON
};

/// What a run leaves behind.
struct RunSummary {
  Books books;
  double seconds = 0;
  std::string backend;
  std::string listening;  ///< http://address:port, or empty
};

/// Puts a job together (source, backend, sinks, metrics, listener) and runs it until it ends or
/// `stop` is requested. `on_listening` is told the address once it is known.
/// @throws std::runtime_error when the environment breaks; what() says what and where.
RunSummary run_job(Job job, const RunOptions& options, Logger& logger, std::stop_token stop,
                   const std::function<void(const std::string&)>& on_listening = {});

/// The backend a job gets here: its own choice, or CUDA where it can be used.
BackendKind choose_backend(const Job& job);
BackendShape shape_of(const Job& job);

/// The counters of --stats (DESIGN), as one JSON object.
std::string stats_json(const Books& books);

}  // namespace sluice
