#include "host/engine/engine.hpp"

#include <algorithm>

#include "host/engine/limits.hpp"
#include "host/engine/window_closer.hpp"

namespace sluice {

struct Engine::Impl {
  Impl(const Job& job_in, std::size_t partitions, Backend& backend_in, Publish publish);

  BatchLimits limits_for(const EngineBatch& batch);
  BatchReport accumulate(const EngineBatch& batch, std::span<const std::uint32_t> only);
  void enter(const BatchReport& report);

  const Job& job;
  Backend& backend;
  Watermarks watermarks;
  KeyNames names;
  Books books;
  WindowCloser closer;
  std::vector<std::uint32_t> limits_order;  ///< definition of BatchLimits::windows[i]
  std::vector<std::uint64_t> refused;
};

Engine::Impl::Impl(const Job& job_in, std::size_t partitions, Backend& backend_in, Publish publish)
    : job(job_in),
      backend(backend_in),
      watermarks(partitions, job_in.watermark),
      closer(job_in, backend_in, names, books, std::move(publish)),
      refused(job_in.windows.size()) {
  for (const GridState& grid : closer.grids()) {
    limits_order.insert(limits_order.end(), grid.windows.begin(), grid.windows.end());
  }
}

BatchLimits Engine::Impl::limits_for(const EngineBatch& batch) {
  BatchLimits limits;
  if (job.watermark.max_future) limits.future_after = batch.now + *job.watermark.max_future;
  limit_windows(closer.specs(), closer.grids(), closer.watermark(), job.watermark.allowed_lateness,
                limits);
  limits.closing_columns = closer.columns_to_open();
  for (std::uint32_t g = 0; g < limits.grid_count; ++g) {
    offer_panes(batch.min_time, batch.max_time, limits, closer.grids()[g], limits.grids[g],
                closer.columns());
  }
  return limits;
}

BatchReport Engine::Impl::accumulate(const EngineBatch& batch,
                                     std::span<const std::uint32_t> only) {
  BatchReport report = backend.accumulate(batch.ticket, limits_for(batch), only);
  if (!std::is_sorted(report.opened.begin(), report.opened.end())) {
    std::sort(report.opened.begin(), report.opened.end());
  }
  for (GridState& grid : closer.grids()) grid.settle(report.opened, closer.columns());
  if (!report.first_seen.empty()) batch.name_keys(report.first_seen, names);
  enter(report);
  return report;
}

void Engine::Impl::enter(const BatchReport& report) {
  books.events_accepted += report.accepted;
  books.future_dropped += report.future;
  books.in_no_window += report.in_no_window;
  books.late_dropped += report.late;
  books.keys_full += report.keys_full;
  books.parked += report.parked.size();
  for (std::size_t i = 0; i < report.refused.size(); ++i) {
    refused[limits_order[i]] += report.refused[i];
  }
  if (report.keys_full > 0 && job.engine.on_full == OnFull::stop) {
    throw EngineFull("engine.max_keys: " + std::to_string(job.engine.max_keys) +
                     " keys are alive and another one came; raise it, or set engine.on_full: "
                     "drop_new");
  }
}

Engine::Engine(const Job& job, std::size_t partitions, Backend& backend, Publish publish)
    : impl_(std::make_unique<Impl>(job, partitions, backend, std::move(publish))) {}

Engine::~Engine() = default;

void Engine::process(const EngineBatch& batch) {
  Impl& engine = *impl_;
  engine.books.events_read += batch.size + batch.malformed + batch.tombstones + batch.filtered;
  engine.books.malformed += batch.malformed;
  engine.books.tombstones += batch.tombstones;
  engine.books.filtered += batch.filtered;
  EventTime parked_from = batch.parked_from;
  if (batch.size > 0) {
    const BatchReport report = engine.accumulate(batch, {});
    for (const PartitionMaximum& maximum : report.maxima) {
      engine.watermarks.observe(maximum.partition, maximum.time, batch.lane_clock);
    }
    engine.closer.revise(report.corrections);
    if (!report.parked.empty()) parked_from = std::min(parked_from, batch.park(report.parked));
  }
  for (const PartitionMaximum& maximum : batch.filtered_maxima) {
    engine.watermarks.observe(maximum.partition, maximum.time, batch.lane_clock);
  }
  engine.watermarks.hold(batch.held_partitions, batch.lane_clock);
  engine.watermarks.tick(batch.lane_partitions, batch.lane_clock);
  for (const PartitionIndex partition : batch.finished) engine.watermarks.finish(partition);
  // Parked events were there before the watermark moved: no window that may hold one closes.
  const EventTime watermark = engine.watermarks.advance(batch.now);
  engine.closer.move_to(parked_from == end_of_time ? watermark
                                                   : std::min(watermark, parked_from - 1));
}

std::vector<std::uint32_t> Engine::admit(const EngineBatch& batch,
                                         std::span<const std::uint32_t> parked) {
  impl_->books.parked -= parked.size();
  BatchReport report = impl_->accumulate(batch, parked);
  impl_->closer.revise(report.corrections);
  return std::move(report.parked);
}

void Engine::give_up(std::size_t parked) {
  if (impl_->job.engine.on_full == OnFull::stop) {
    throw EngineFull(
        "engine.max_state_bytes: " + std::to_string(impl_->job.engine.max_state_bytes) +
        " bytes (or " + std::to_string(max_live_panes) + " live panes) cannot hold " +
        std::to_string(parked) +
        " more events and no window can close before they are in; raise it, shorten the windows, "
        "or set engine.on_full: drop_new");
  }
  impl_->books.parked -= parked;
  impl_->books.state_full += parked;
}

const Books& Engine::books() const noexcept { return impl_->books; }
const Watermarks& Engine::watermarks() const noexcept { return impl_->watermarks; }
EventTime Engine::watermark() const noexcept { return impl_->closer.watermark(); }
std::span<const std::uint64_t> Engine::refused_by_window() const noexcept { return impl_->refused; }

std::size_t Engine::live_panes() const noexcept {
  std::size_t panes = 0;
  for (const GridState& grid : impl_->closer.grids()) panes += grid.panes.size();
  return panes;
}

}  // namespace sluice
