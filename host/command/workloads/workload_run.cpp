#include "host/command/workloads/workload_run.hpp"

#include <atomic>
#include <stdexcept>
#include <stop_token>
#include <thread>
#include <vector>

#include "host/command/job_backend.hpp"
#include "host/pipeline/batch_pool.hpp"
#include "host/pipeline/batch_queue.hpp"

namespace sluice {
namespace {

constexpr PartitionIndex only_partition = 0;

unsigned cores_or(unsigned threads) {
  return threads != 0 ? threads : std::max(1u, std::thread::hardware_concurrency());
}

Job job_of(const Workload& workload, const WorkloadSetup& setup) {
  Job job = workload.job;
  job.engine.batch_events = setup.batch_events;
  job.engine.threads = cores_or(setup.threads);
  // Every lane may fill one while another one computes and a third is staged.
  job.engine.batches = job.engine.threads + 2;
  return job;
}

BatchPool make_pool(const Job& job, Backend& backend) {
  const auto values = static_cast<std::uint32_t>(job.format.values.size());
  std::vector<std::unique_ptr<Batch>> batches;
  for (std::size_t i = 0; i < job.engine.batches; ++i) {
    batches.push_back(std::make_unique<Batch>(
        StagingBlock(),
        backend.allocate_staging(DecodedEvents::bytes_needed(job.engine.batch_events, values)),
        job.engine.batch_events, values));
  }
  return BatchPool(std::move(batches));
}

}  // namespace

struct WorkloadRun::Impl {
  Impl(const Workload& workload_in, const RowMemory& rows_in, const WorkloadSetup& setup,
       Publish publish)
      : workload(workload_in),
        rows(rows_in),
        job(job_of(workload, setup)),
        backend(make_backend(setup.backend, shape_of(job))),
        engine(job, 1, *backend, std::move(publish)),
        pool(make_pool(job, *backend)) {}

  void decode(Batch& batch, std::uint64_t number) const;
  void work(BatchQueue& queue, std::atomic<std::uint64_t>& sequence, std::uint64_t batches,
            const std::stop_token& stop);
  void stage_ahead(BatchQueue& queue, Batch& batch);
  void compute(Batch& batch);

  const Workload& workload;
  const RowMemory& rows;
  Job job;
  std::unique_ptr<Backend> backend;
  Engine engine;
  BatchPool pool;
  std::uint64_t processed = 0;  ///< batches
};

void WorkloadRun::Impl::decode(Batch& batch, std::uint64_t number) const {
  const std::uint64_t batches_a_replay = rows.rows() / job.engine.batch_events;
  const std::uint64_t replay = number / batches_a_replay;
  const std::uint64_t first = number % batches_a_replay * job.engine.batch_events;
  DecodedEvents& events = batch.events;
  workload.decode(rows.row(first), job.engine.batch_events,
                  static_cast<Milliseconds>(replay) * rows.span(), events);
  if (events.size == 0) return;
  events.min_time = events.time[0];
  events.max_time = events.time[events.size - 1];
  events.partition[0] = only_partition;
  if (backend->wants_narrow()) events.narrow();
}

void WorkloadRun::Impl::work(BatchQueue& queue, std::atomic<std::uint64_t>& sequence,
                             std::uint64_t batches, const std::stop_token& stop) {
  try {
    while (Batch* const batch = pool.acquire(stop)) {
      batch->block.sequence = sequence.fetch_add(1);
      if (batch->block.sequence >= batches) {
        pool.give_back(*batch);
        break;
      }
      decode(*batch, processed + batch->block.sequence);
      queue.push(*batch);
    }
  } catch (...) {
    queue.fail(std::current_exception());
  }
  queue.lane_done();
}

void WorkloadRun::Impl::stage_ahead(BatchQueue& queue, Batch& batch) {
  if (!batch.ticket) batch.ticket = backend->stage(batch.events.columns());
  for (Batch* next : queue.ready(job.engine.batches - 1)) {
    if (!next->ticket) next->ticket = backend->stage(next->events.columns());
  }
}

void WorkloadRun::Impl::compute(Batch& batch) {
  const EventColumns columns = batch.events.columns();
  engine.process({
      .ticket = *batch.ticket,
      .size = columns.size,
      .min_time = batch.events.min_time,
      .max_time = batch.events.max_time,
      .lane_partitions = {&only_partition, 1},
      .name_keys =
          [&](std::span<const FirstSeenKey> keys, KeyNames& names) {
            for (const FirstSeenKey& key : keys) {
              names.set(key.slot, workload.key_of(columns.key.low_of(key.event)));
            }
          },
      .park = [&](std::span<const std::uint32_t>) -> EventTime {
        throw std::runtime_error(workload.name + ": the state is too small");
      },
  });
  backend->release(*batch.ticket);
  batch.ticket.reset();
  pool.give_back(batch);
}

WorkloadRun::WorkloadRun(const Workload& workload, const RowMemory& rows,
                         const WorkloadSetup& setup, Publish publish)
    : impl_(std::make_unique<Impl>(workload, rows, setup, std::move(publish))) {}

WorkloadRun::~WorkloadRun() = default;

void WorkloadRun::process(std::uint64_t batches) {
  Impl& run = *impl_;
  const unsigned lanes = run.job.engine.threads;
  BatchQueue queue(lanes);
  std::atomic<std::uint64_t> sequence{0};
  std::vector<std::jthread> threads;
  for (unsigned lane = 0; lane < lanes; ++lane) {
    threads.emplace_back(
        [&](const std::stop_token& stop) { run.work(queue, sequence, batches, stop); });
  }
  while (Batch* const batch = queue.pop()) {
    run.stage_ahead(queue, *batch);
    run.compute(*batch);
  }
  run.processed += batches;
}

void WorkloadRun::finish() {
  EngineBatch end;
  end.finished = {&only_partition, 1};
  impl_->engine.process(end);
}

std::uint64_t WorkloadRun::rows_read() const noexcept {
  return impl_->processed * impl_->job.engine.batch_events;
}

const Books& WorkloadRun::books() const noexcept { return impl_->engine.books(); }
const Backend& WorkloadRun::backend() const noexcept { return *impl_->backend; }

}  // namespace sluice
