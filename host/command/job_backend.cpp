#include "host/command/job_backend.hpp"

#include "host/engine/lowering.hpp"
#include "ingest/decode/raw_plan.hpp"

namespace sluice {

BackendKind choose_backend(const Job& job) {
  if (job.engine.backend) return *job.engine.backend;
  return cuda_unavailable().empty() ? BackendKind::cuda : BackendKind::cpu;
}

BackendShape shape_of(const Job& job) {
  return {.layout = layout_of(job),
          .max_batch_events = job.engine.batch_events,
          .batches_in_flight = job.engine.batches,
          .max_keys = job.engine.max_keys,
          .max_state_bytes = job.engine.max_state_bytes,
          .threads = job.engine.threads,
          .path = job.engine.path};
}

Decoding decoding_of(const Job& job, BackendKind kind, std::size_t partitions) {
  if (job.engine.decode == DecodePlace::host) return {std::nullopt, "configured"};
  if (kind == BackendKind::cpu) return {std::nullopt, "the cpu backend has no device"};
  const RawPlan raw = raw_plan(job.format, job.where ? &job.where->program : nullptr);
  if (!raw.plan) return {std::nullopt, "only the host reads " + raw.why_not};
  return {RawShape{.plan = *raw.plan,
                   .max_bytes = job.engine.batch_bytes,
                   .max_messages = job.engine.batch_events,
                   .partitions = partitions,
                   .filter = raw.filter},
          "the device can read this format"};
}

}  // namespace sluice
