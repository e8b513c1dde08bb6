#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <stop_token>
#include <string>
#include <vector>

#include "host/pipeline/pipeline.hpp"
#include "tests/host/pipeline/scripted_source.hpp"

namespace sluice {

/// The job of these tests, JSON events as of `event` from Kafka, with `windows` and options of
/// watermark and engine as YAML.
struct JobText {
  std::string windows = "{name: w, type: tumbling, size: 10ms}";
  std::string watermark = "out_of_orderness: 0s, idle_timeout: off, max_future: off";
  std::string engine = "batch_events: 64, batch_bytes: 64KiB";
  std::string format = "type: json";
  std::string where = {};  ///< the whole option, with its line end
};
Job job_of(const JobText& text);

/// An event as JSON.
std::string event(EventTime time, const std::string& key = "a", std::int64_t value = 1);
ScriptedMessage message(PartitionIndex partition, EventTime time, const std::string& key = "a",
                        std::int64_t value = 1);

/// A published row.
struct PublishedRow {
  EventTime start = 0;
  std::string key;  ///< of one string column
  std::int64_t events = 0;
  std::int64_t sum = 0;
  std::uint32_t revision = 0;
  friend auto operator<=>(const PublishedRow&, const PublishedRow&) = default;
};
std::ostream& operator<<(std::ostream& out, const PublishedRow& row);

/// Makes a job's backend. @param shape without what it needs to decode
using MakeBackend = std::function<std::unique_ptr<Backend>(const Job& job, std::size_t partitions,
                                                           BackendShape shape)>;
std::unique_ptr<Backend> make_cpu_backend(const Job& job, std::size_t partitions,
                                          const BackendShape& shape);

/// Runs a pipeline over a script.
class PipelineRun {
 public:
  PipelineRun(const JobText& text, std::size_t partitions, std::vector<ScriptedBlock> script,
              Afterwards afterwards = Afterwards::finish,
              const MakeBackend& make_backend = make_cpu_backend);
  ~PipelineRun();

  /// Called after each batch, by the engine thread.
  std::function<void(const PipelineRun&)> after_batch;

  /// Runs to the end, or until stop() was called.
  void run(OpenWindows on_stop = OpenWindows::keep);
  void stop() { stop_.request_stop(); }

  const Books& books() const { return pipeline_->books(); }
  /// As it was told last; of a backend that decodes.
  const DeviceDecoding& decoding() const { return decoding_; }
  /// What was told of moves of the decoding: "device: why" or "host: why".
  const std::vector<std::string>& moves() const { return moves_; }
  ScriptedSource& source() { return source_; }
  const ScriptedSource& source() const { return source_; }
  /// In order of start, key and revision.
  std::vector<PublishedRow> rows() const;

 private:
  class Rows;

  Job job_;
  FakeClock fake_;
  Clock clock_;
  ScriptedSource source_;
  std::unique_ptr<Backend> backend_;
  std::vector<std::unique_ptr<Sink>> sinks_;
  std::unique_ptr<Pipeline> pipeline_;
  DeviceDecoding decoding_;
  std::vector<std::string> moves_;
  std::stop_source stop_;
};

}  // namespace sluice
