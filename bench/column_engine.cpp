#include "bench/column_engine.hpp"

#include <stdexcept>

#include "host/command/job_backend.hpp"
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
  engine_.process({
      .ticket = ticket,
      .size = columns.size,
      .min_time = min_time,
      .max_time = max_time,
      .lane_partitions = {&only_partition, 1},
      .name_keys =
          [&](std::span<const FirstSeenKey> keys, KeyNames& names) {
            for (const FirstSeenKey& key : keys) {
              std::string encoded;
              append_key_column(encoded, static_cast<std::int64_t>(columns.key.low_of(key.event)));
              names.set(key.slot, std::move(encoded));
            }
          },
      .park = [](std::span<const std::uint32_t>) -> EventTime {
        throw std::runtime_error("the state is too small");
      },
  });
  backend_->release(ticket);
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
