#include "bench/column_engine.hpp"

#include <stdexcept>

#include "host/command/run.hpp"
#include "ingest/key.hpp"

namespace sluice::bench {
namespace {

constexpr PartitionIndex only_partition = 0;

}  // namespace

Job column_job(WindowSpec window, std::vector<Aggregate> aggregates) {
  Job job;
  ValueField value;
  value.name = "v";
  value.required = true;
  job.format.values = {value};
  job.watermark.out_of_orderness = 0;
  job.watermark.idle_timeout.reset();
  job.watermark.max_future.reset();
  job.windows = {{"w", window}};
  job.aggregates = std::move(aggregates);
  return job;
}

ColumnEngine::ColumnEngine(BackendKind kind, const Job& job, Publish publish)
    : backend_(make_backend(kind, shape_of(job))), engine_(job, 1, *backend_, std::move(publish)) {}

void ColumnEngine::process(const EventColumns& columns, EventTime min_time, EventTime max_time) {
  const Ticket ticket = backend_->stage(columns);
  const BatchOutcome outcome = engine_.process({
      .ticket = ticket,
      .size = columns.size,
      .min_time = min_time,
      .max_time = max_time,
      .times = columns.time,
      .lane_partitions = {&only_partition, 1},
      .key_of =
          [&](std::uint32_t event) {
            std::string encoded;
            append_key_column(encoded, static_cast<std::int64_t>(columns.key.low_of(event)));
            return encoded;
          },
  });
  backend_->release(ticket);
  if (!outcome.parked.empty()) throw std::runtime_error("the state is too small");
}

void ColumnEngine::finish() {
  EngineBatch end;
  end.finished = {&only_partition, 1};
  engine_.process(end);
  if (books().events_accepted != books().events_read) {
    throw std::runtime_error("not every event was accepted");
  }
}

std::int64_t integer_of(std::string_view key) {
  return std::get<std::int64_t>(decode_key(key).at(0));
}

}  // namespace sluice::bench
