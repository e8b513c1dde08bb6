#include "host/metrics/backend_metrics.hpp"

namespace sluice {

BackendMetrics::BackendMetrics(prometheus::Registry& registry, const Labels& labels,
                               const Backend& backend)
    : keys_(gauges(registry, "sluice_state_keys", "Key slots in use.", labels).Add({})),
      key_capacity_(gauges(registry, "sluice_state_key_capacity",
                           "Key slots before the dictionary grows.", labels)
                        .Add({})),
      state_bytes_(gauges(registry, "sluice_state_bytes",
                          "Memory of rows, directories and dictionary.", labels)
                       .Add({})),
      pool_bytes_(gauges(registry, "sluice_state_pool_bytes",
                         "Memory for rows that was had, in use or free.", labels)
                      .Add({})),
      sealed_bytes_(gauges(registry, "sluice_state_sealed_bytes",
                           "Of sluice_state_bytes: rows in sealed form.", labels)
                        .Add({})),
      staging_bytes_(gauges(registry, "sluice_device_staging_bytes",
                            "Device memory of the batches in flight.", labels)
                         .Add({})),
      result_bytes_(gauges(registry, "sluice_device_result_bytes",
                           "Device memory of closing programs and of what they emit.", labels)
                        .Add({})),
      columns_(gauges(registry, "sluice_state_columns", "Panes and working values that hold rows.",
                      labels)
                   .Add({})),
      rehashes_(counters(registry, "sluice_state_rehashes_total", "Rebuilds of the key dictionary.",
                         labels)
                    .Add({})),
      path_switches_(counters(registry, "sluice_accumulate_path_switches_total",
                              "Changes of the path that batches take into the rows.", labels)
                         .Add({})) {
  auto& paths =
      gauges(registry, "sluice_accumulate_path", "1: the path that the last batch took.", labels);
  for (const AccumulatePath path : {AccumulatePath::private_tables, AccumulatePath::shared_table,
                                    AccumulatePath::partitioned}) {
    paths_.emplace_back(path, &paths.Add({{"path", std::string(name_of(path))}}));
  }
  const Labels place{{"backend", std::string(name_of(backend.kind()))},
                     {"device", backend.device()}};
  gauges(registry, "sluice_backend_info", "The backend in use.", labels).Add(place).Set(1);
  auto& launches =
      counters(registry, "sluice_kernel_launches_total", "Launches of a kernel.", labels);
  auto& timed = counters(registry, "sluice_kernel_timed_launches_total",
                         "Launches that duration, bytes and events cover.", labels);
  auto& seconds = counters(registry, "sluice_kernel_duration_seconds_total",
                           "Time spent in a kernel, over its timed launches.", labels);
  auto& bytes = counters(registry, "sluice_kernel_bytes_total",
                         "Bytes a kernel must move by its model, over its timed launches.", labels);
  auto& events = counters(registry, "sluice_kernel_events_total",
                          "Events a kernel took, over its timed launches.", labels);
  auto& rate = gauges(registry, "sluice_kernel_achieved_bytes_per_second",
                      "Bytes over time since the last report.", labels);
  for (const KernelStatistics& kernel : backend.status().kernels) {
    Labels own = place;
    own["kernel"] = std::string(kernel.name);
    kernels_.push_back({.launches = &launches.Add(own),
                        .timed_launches = &timed.Add(own),
                        .seconds = &seconds.Add(own),
                        .bytes = &bytes.Add(own),
                        .events = &events.Add(own),
                        .bytes_per_second = &rate.Add(own),
                        .last = {}});
  }
}

void BackendMetrics::update(const BackendStatus& status) {
  keys_.Set(static_cast<double>(status.keys));
  key_capacity_.Set(static_cast<double>(status.key_capacity));
  state_bytes_.Set(static_cast<double>(status.state_bytes));
  pool_bytes_.Set(static_cast<double>(status.pool_bytes));
  sealed_bytes_.Set(static_cast<double>(status.sealed_bytes));
  staging_bytes_.Set(static_cast<double>(status.staging_bytes));
  result_bytes_.Set(static_cast<double>(status.result_bytes));
  columns_.Set(static_cast<double>(status.columns));
  advance(rehashes_, static_cast<double>(status.rehashes));
  advance(path_switches_, static_cast<double>(status.path_switches));
  for (const auto& [path, gauge] : paths_) gauge->Set(path == status.path ? 1 : 0);
  for (std::size_t k = 0; k < kernels_.size(); ++k) {
    const KernelStatistics& now = status.kernels[k];
    Kernel& kernel = kernels_[k];
    advance(*kernel.launches, static_cast<double>(now.launches));
    advance(*kernel.timed_launches, static_cast<double>(now.timed_launches));
    advance(*kernel.seconds, now.seconds);
    advance(*kernel.bytes, static_cast<double>(now.bytes));
    advance(*kernel.events, static_cast<double>(now.events));
    if (now.seconds > kernel.last.seconds) {
      kernel.bytes_per_second->Set(static_cast<double>(now.bytes - kernel.last.bytes) /
                                   (now.seconds - kernel.last.seconds));
    }
    kernel.last = now;
  }
}

}  // namespace sluice
