#include "host/pipeline/raw_batches.hpp"

#include <algorithm>
#include <utility>

#include "ingest/decode/copied_messages.hpp"

namespace sluice {
namespace {

/// Documents of a batch that shapes are learned from.
constexpr std::size_t most_lessons = 64;

std::optional<EventFilter> filter_of(const Job& job) {
  if (!job.where) return std::nullopt;
  return EventFilter(job.where->program, job.watermark.max_future);
}

std::uint32_t values_of(const Job& job) {
  return static_cast<std::uint32_t>(job.format.values.size());
}

/// Listed events and messages left out, each bounded by most_listed.
std::size_t listed_capacity(const Job& job) { return 2 * most_listed(job.engine.batch_events); }

}  // namespace

RawBatches::RawBatches(const Job& job, const DecodePlan& plan, Backend& backend,
                       DecodingMoved moved)
    : job_(job),
      plan_(plan),
      backend_(backend),
      raw_(*backend.raw_staging()),
      moved_(std::move(moved)),
      listed_(job.format, plan,
              backend.allocate_staging(
                  DecodedEvents::bytes_needed(listed_capacity(job), values_of(job))),
              listed_capacity(job), filter_of(job)),
      shapes_(job.format),
      choice_(job.engine.decode == DecodePlace::device) {}

bool RawBatches::take(Batch& batch) const {
  const SourceBlock& block = batch.block;
  batch.raw = !block.messages.empty() && on_device_.load(std::memory_order_relaxed) &&
              batch.table->take(block, plan_) &&
              batch.table->left_out().size() <= most_listed(job_.engine.batch_events);
  return batch.raw;
}

Ticket RawBatches::stage(const Batch& batch) {
  RawEvents events = batch.table->events();
  if (job_.watermark.max_future) {
    events.future_after = batch.block.now + *job_.watermark.max_future;
  }
  return raw_.stage(events);
}

bool RawBatches::settle(Batch& batch) {
  const RawOutcome outcome = raw_.decoded(*batch.ticket);
  if (outcome.refused) {
    backend_.release(*batch.ticket);
    batch.ticket.reset();
    batch.raw = false;
    figures_.refused += outcome.events;
    choice_.device_batch(outcome.events, outcome.events);
    follow_choice(outcome.events > job_.engine.batch_events
                      ? "blocks hold more events than engine.batch_events"
                      : "the device refused a batch: too many events need the host");
    return false;
  }
  listed_.decode(batch.block, *batch.table, outcome.listed);
  batch.events.size = raw_.settle(*batch.ticket, listed_.columns());
  enter(batch, outcome);
  figures_.listed += outcome.listed.size();
  figures_.decoded += outcome.events - outcome.listed.size();
  choice_.device_batch(outcome.events, outcome.listed.size());
  if (choice_.on_device()) learn_listed(batch, outcome.listed);
  follow_choice("too many events were left to the host");
  return true;
}

void RawBatches::enter(Batch& batch, const RawOutcome& outcome) {
  DecodedEvents& events = batch.events;
  const bool any_plain = outcome.events > outcome.listed.size() + outcome.filtered;
  events.min_time = any_plain ? outcome.min_time : listed_.min_time();
  events.max_time = any_plain ? outcome.max_time : listed_.max_time();
  if (any_plain && listed_.accepted() > 0) {
    events.min_time = std::min(events.min_time, listed_.min_time());
    events.max_time = std::max(events.max_time, listed_.max_time());
  }
  events.tombstones = batch.table->tombstones();
  events.malformed = listed_.malformed();
  events.malformed_events = listed_.malformed_events();
  batch.filtered.count = outcome.filtered + listed_.filtered().count;
  batch.filtered.maxima = outcome.filtered_maxima;
  const auto& more = listed_.filtered().maxima;
  batch.filtered.maxima.insert(batch.filtered.maxima.end(), more.begin(), more.end());
}

void RawBatches::learn_listed(const Batch& batch, std::span<const ListedEvent> listed) {
  if (plan_.format != RawFormat::json || shapes_.full()) return;
  bool learned = false;
  for (const ListedEvent& event : listed.first(std::min(listed.size(), most_lessons))) {
    learned = shapes_.offer(listed_.document(batch.block, *batch.table, event)) || learned;
  }
  if (learned) raw_.take_shapes(shapes_.shapes());
}

void RawBatches::learn(const Batch& batch) {
  const std::size_t size = batch.events.size;
  if (size == 0) return;
  if (choice_.is_due() && plan_.format == RawFormat::json) {
    for (std::size_t lesson = 0; lesson < std::min(size, most_lessons); ++lesson) {
      const EventExtent extent = batch.events.extents[lesson * size / std::min(size, most_lessons)];
      shapes_.offer({batch.block.text() + extent.begin, extent.length});
    }
    raw_.take_shapes(shapes_.shapes());
  }
  choice_.host_batch(raw_.ready() &&
                     (plan_.format != RawFormat::json || !shapes_.shapes().empty()));
  follow_choice("the device can decode this stream");
}

std::vector<EventExtent> RawBatches::extents(const Batch& batch,
                                             std::span<const std::uint32_t> events) {
  std::vector<EventExtent> extents;
  extents.reserve(events.size());
  for (const RawExtent& raw : raw_.extents(*batch.ticket, events)) {
    extents.push_back({raw.begin, raw.length, batch.table->sources()[raw.message]});
  }
  return extents;
}

DecodedEvents RawBatches::columns(const Batch& batch, std::span<const EventExtent> extents) {
  CopiedMessages copies;
  for (const EventExtent& extent : extents) copies.add(batch.block, extent);
  DecodedEvents events(
      backend_.allocate_staging(DecodedEvents::bytes_needed(extents.size(), values_of(job_))),
      extents.size(), values_of(job_));
  Decoder(job_.format).decode(copies.block(), 0, events);
  return events;
}

DeviceDecoding RawBatches::figures() const noexcept {
  DeviceDecoding figures = figures_;
  figures.moves = choice_.moves();
  figures.listed_ratio = choice_.listed_ratio();
  figures.on_device = choice_.on_device();
  return figures;
}

void RawBatches::follow_choice(const std::string& why) {
  const bool to_device = choice_.on_device();
  if (on_device_.exchange(to_device) == to_device) return;
  // What comes back later may have other shapes.
  if (!to_device) shapes_.forget();
  if (moved_) moved_(to_device, why);
}

}  // namespace sluice
