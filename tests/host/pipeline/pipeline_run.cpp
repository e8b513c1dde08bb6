#include "tests/host/pipeline/pipeline_run.hpp"

#include <algorithm>
#include <variant>

#include "host/config/load_job.hpp"
#include "host/engine/lowering.hpp"
#include "ingest/key.hpp"
#include "kernels/cpu/cpu_backend.hpp"

namespace sluice {

class PipelineRun::Rows : public Sink {
 public:
  std::string_view name() const noexcept override { return "rows"; }
  void publish(const WindowResult& result) override {
    for (std::size_t r = 0; r < result.size(); ++r) {
      const KeyScalar key = decode_key(result.key(r))[0];
      rows_.push_back({.start = result.start,
                       .key = std::string(std::get<std::string_view>(key)),
                       .events = result.value(r, 0).integer,
                       .sum = result.value(r, 1).integer,
                       .revision = result.revision});
    }
  }
  void flush() override {}
  SinkStatistics statistics() const noexcept override { return {}; }

  const std::vector<PublishedRow>& rows() const { return rows_; }

 private:
  std::vector<PublishedRow> rows_;
};

Job job_of(const JobText& text) {
  return parse_job(
      "source: {type: kafka, brokers: b, topics: [topic], start: earliest}\n"
      "format: {event_time: {field: t, unit: ms}, key: k, values: {v: int64}, " +
          text.format + "}\n" + text.where + "watermark: {" + text.watermark + "}\nwindows: [" +
          text.windows +
          "]\naggregates: [{as: n, fn: count}, {as: s, fn: sum, of: v}]\n"
          "engine: {backend: cpu, threads: 1, batches: 3, " +
          text.engine + "}\n",
      "job.yaml");
}

std::string event(EventTime time, const std::string& key, std::int64_t value) {
  return "{\"t\":" + std::to_string(time) + ",\"k\":\"" + key +
         "\",\"v\":" + std::to_string(value) + "}";
}

ScriptedMessage message(PartitionIndex partition, EventTime time, const std::string& key,
                        std::int64_t value) {
  return {.partition = partition, .payload = event(time, key, value)};
}

std::ostream& operator<<(std::ostream& out, const PublishedRow& row) {
  return out << row.start << ' ' << row.key << ": " << row.events << " events, sum " << row.sum
             << ", revision " << row.revision;
}

std::unique_ptr<Backend> make_cpu_backend(const Job&, std::size_t, const BackendShape& shape) {
  return std::make_unique<cpu::CpuBackend>(shape);
}

PipelineRun::PipelineRun(const JobText& text, std::size_t partitions,
                         std::vector<ScriptedBlock> script, Afterwards afterwards,
                         const MakeBackend& make_backend)
    : job_(job_of(text)),
      clock_(fake_.clock()),
      source_(partitions, std::move(script), afterwards, fake_),
      backend_(make_backend(job_, partitions,
                            {.layout = layout_of(job_),
                             .max_batch_events = job_.engine.batch_events,
                             .batches_in_flight = job_.engine.batches,
                             .max_keys = job_.engine.max_keys,
                             .max_state_bytes = job_.engine.max_state_bytes,
                             .threads = job_.engine.threads})) {
  sinks_.push_back(std::make_unique<Rows>());
  pipeline_ = std::make_unique<Pipeline>(
      job_, source_, *backend_, sinks_, clock_,
      PipelineObserver{.batch_done =
                           [this](const BatchFigures& figures) {
                             if (figures.sealed_by != SealedBy::heartbeat) source_.processed();
                             if (after_batch) after_batch(*this);
                           },
                       .state =
                           [this](const PipelineView& view) {
                             decoding_ = view.device_decoding.value_or(DeviceDecoding());
                           },
                       .decoding_moved =
                           [this](bool to_device, const std::string& why) {
                             moves_.push_back((to_device ? "device: " : "host: ") + why);
                           }});
}

PipelineRun::~PipelineRun() = default;

void PipelineRun::run(OpenWindows on_stop) { pipeline_->run(stop_.get_token(), on_stop); }

std::vector<PublishedRow> PipelineRun::rows() const {
  std::vector<PublishedRow> rows = static_cast<const Rows&>(*sinks_[0]).rows();
  std::sort(rows.begin(), rows.end());
  return rows;
}

}  // namespace sluice
