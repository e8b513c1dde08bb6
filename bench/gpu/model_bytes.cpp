// Prints, as Markdown, the bytes that each stage of accumulate must move for an event, by the model
// that its achieved bandwidth is computed from. Runs over the emulator: the model needs no GPU.

#include <cstdio>
#include <map>
#include <memory>
#include <string>

#include "bench/backend_load.hpp"
#include "kernels/cuda/cuda_backend.hpp"

namespace sluice::bench {
namespace {

constexpr std::size_t batch_events = 4'000;
constexpr int batches = 9;  // every eighth launch is measured, the first one too

struct Case {
  KeyKind key_kind;
  unsigned event_bytes;
  Aggregates aggregates;
};

/// Bytes an event by stage, once keys are known and panes open.
std::map<std::string, double> model_of(const Case& c, AccumulatePath path) {
  const LoadShape shape{.events = batch_events,
                        .keys = 500,
                        .spread = Spread::sequential,
                        .key_kind = c.key_kind,
                        .event_bytes = c.event_bytes};
  BackendShape backend_shape =
      load_backend_shape(BackendKind::cuda, row_layout_of(c.aggregates), shape.events, shape.keys);
  backend_shape.path = path;
  const auto backend = cuda::make_backend(backend_shape);
  const LoadBatch batch(shape, 0, pageable_block(LoadBatch::bytes_needed(shape)));
  const LoadLimits limits(shape.panes);
  BackendStatus first;
  for (int b = 0; b < batches; ++b) {
    const Ticket ticket = backend->stage(batch.columns());
    backend->accumulate(ticket, limits.limits, {});
    backend->release(ticket);
    if (b == 0) first = backend->status();
  }
  const BackendStatus last = backend->status();
  std::map<std::string, double> bytes;
  for (std::size_t k = 0; k < last.kernels.size(); ++k) {
    const std::uint64_t events = last.kernels[k].events - first.kernels[k].events;
    if (events == 0) continue;
    bytes[std::string(last.kernels[k].name)] =
        static_cast<double>(last.kernels[k].bytes - first.kernels[k].bytes) /
        static_cast<double>(events);
  }
  return bytes;
}

void print_row(const Case& c, AccumulatePath path, const char* path_name) {
  std::string stages;
  double all = 0;
  for (const auto& [name, bytes] : model_of(c, path)) {
    char text[64];
    std::snprintf(text, sizeof text, "%s%s %.1f", stages.empty() ? "" : ", ", name.c_str(), bytes);
    stages += text;
    all += bytes;
  }
  std::printf("| %s, %u B | %s | %s | %s | %.1f |\n", std::string(name_of(c.key_kind)).c_str(),
              c.event_bytes, std::string(name_of(c.aggregates)).c_str(), path_name, stages.c_str(),
              all);
}

void print_table() {
  using enum Aggregates;
  using enum AccumulatePath;
  std::printf(
      "| event | aggregates | path | stages, bytes an event | all |\n|---|---|---|---|---|\n");
  for (const Case& c :
       {Case{KeyKind::dense, 8, count}, Case{KeyKind::dense, 12, count_sum},
        Case{KeyKind::dense, 16, count_sum}, Case{KeyKind::dense, 16, count_sum_min_max},
        Case{KeyKind::dense, 24, count_sum}, Case{KeyKind::hashed, 28, count_sum},
        Case{KeyKind::hashed, 28, count_sum_min_max}}) {
    print_row(c, private_tables, "private");
    print_row(c, shared_table, "shared");
    print_row(c, partitioned, "partitioned");
  }
}

}  // namespace
}  // namespace sluice::bench

int main() { sluice::bench::print_table(); }
