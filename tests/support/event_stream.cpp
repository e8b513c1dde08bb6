#include "tests/support/event_stream.hpp"

#include <algorithm>
#include <limits>
#include <string>

namespace sluice::oracle {
namespace {

std::int64_t largest_size(const Job& job) {
  std::int64_t largest = 1;
  for (const WindowDefinition& window : job.windows) {
    largest = std::max(largest, window.size);
  }
  return largest;
}

}  // namespace

EventStream::EventStream(const Job& job, std::int64_t base, const ScenarioLimits& limits,
                         std::uint64_t seed)
    : job_(job),
      limits_(limits),
      random_(seed),
      base_(base),
      largest_size_(largest_size(job)),
      newest_(base) {
  partitions_.resize(job.partitions, {.front = base});
  for (const Column& column : job.columns) {
    styles_.push_back(random_style(column));
  }
  for (std::int64_t i = random_.up_to(limits.key_columns); i > 0; --i) {
    key_styles_.push_back(limits.string_keys ? random_.pick({KeyStyle::integer, KeyStyle::text,
                                                             KeyStyle::boolean, KeyStyle::mixed})
                                             : KeyStyle::integer);
  }
}

Arrival EventStream::next() {
  if (drawn_++ % 32 == 0) {
    mute_some();
  }
  Arrival arrival{.event = random_event(speaking_partition())};
  const auto open = std::count_if(partitions_.begin(), partitions_.end(),
                                  [](const Partition& p) { return !p.ended; });
  if (limits_.beyond_bound && open > 1 && random_.below(200) == 0) {
    partitions_[arrival.event.partition].ended = true;
    arrival.ends_partition = true;
  }
  return arrival;
}

KeyPart EventStream::key_part(KeyStyle style, std::uint64_t id) {
  const auto number = static_cast<std::int64_t>(id);
  switch (style) {
    case KeyStyle::integer:
      return id % 2 == 0 ? number : -number * 1'000'000'007;
    case KeyStyle::text:
      return id % 11 == 5 ? std::string() : "k" + std::to_string(id);
    case KeyStyle::boolean:
      return id % 2 == 0;
    case KeyStyle::mixed:
      break;
  }
  if (id % 7 == 3) {
    return std::monostate{};
  }
  return id % 2 == 0 ? KeyPart(number / 2) : KeyPart(std::to_string(number / 2));
}

EventStream::ValueStyle EventStream::random_style(const Column& column) {
  ValueStyle style;
  style.null_percent = random_.pick({0, 10, 50});
  style.extreme = column.type != ValueType::real && random_.chance(15);
  style.centre = random_.pick<std::int64_t>({0, 1000, -1'000'000, 1'000'000'000});
  style.spread = random_.pick<std::int64_t>({1, 100, 1'000'000});
  return style;
}

void EventStream::mute_some() {
  for (Partition& partition : partitions_) {
    partition.muted = limits_.beyond_bound && random_.chance(25);
  }
}

// One that is not muted if there is one; never one that has ended.
std::uint32_t EventStream::speaking_partition() {
  auto index = static_cast<std::uint32_t>(random_.below(partitions_.size()));
  for (std::size_t tries = 0; tries < 2 * partitions_.size(); ++tries) {
    const bool muted = partitions_[index].muted && tries < partitions_.size();
    if (!partitions_[index].ended && !muted) {
      break;
    }
    index = (index + 1) % static_cast<std::uint32_t>(partitions_.size());
  }
  return index;
}

Event EventStream::random_event(std::uint32_t index) {
  Partition& partition = partitions_[index];
  Event event{.time = random_time(partition),
              .partition = index,
              .offset = partition.next_offset++,
              .key = random_key()};
  for (std::size_t i = 0; i < job_.columns.size(); ++i) {
    event.values.push_back(random_value(job_.columns[i], styles_[i]));
  }
  if (limits_.dropped_events) {
    spoil(event);
  }
  return event;
}

std::int64_t EventStream::random_time(Partition& partition) {
  // Partitions keep together, so that the watermark follows the stream.
  partition.front = std::max(partition.front, newest_ - 2 * largest_size_);
  if (!random_.chance(20)) {  // otherwise a burst: the time stands still
    partition.front += random_.between(0, largest_size_ / 8 + 1);
  }
  std::int64_t disorder = job_.watermark.out_of_orderness;
  if (limits_.beyond_bound) {
    if (random_.below(200) == 0) {
      partition.front += random_.between(0, 20) * largest_size_;
    }
    if (random_.chance(10)) {
      disorder += job_.watermark.allowed_lateness + 4 * largest_size_;
    }
  }
  newest_ = std::max(newest_, partition.front);
  return partition.front - random_.between(0, disorder);
}

Key EventStream::random_key() {
  const std::uint64_t keys = std::max<std::size_t>(limits_.keys, 1);
  const std::uint64_t id = std::min(random_.below(keys), random_.below(keys));
  Key key;
  for (const KeyStyle style : key_styles_) {
    key.push_back(key_part(style, id + key.size()));
  }
  return key;
}

std::optional<Value> EventStream::random_value(const Column& column, const ValueStyle& style) {
  if (random_.chance(style.null_percent)) {
    return std::nullopt;
  }
  if (column.type == ValueType::real) {
    return static_cast<double>(style.centre) +
           static_cast<double>(style.spread) * random_.fraction();
  }
  if (style.extreme) {
    constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();
    return random_.chance(50) ? largest - random_.between(0, 10)
                              : -largest - 1 + random_.between(0, 10);
  }
  return style.centre + random_.between(-style.spread, style.spread);
}

void EventStream::spoil(Event& event) {
  switch (random_.below(50)) {
    case 0:
      event.kind = EventKind::malformed;
      break;
    case 1:
      event.kind = limits_.filtered ? EventKind::filtered : EventKind::event;
      break;
    case 2:
      event.kind = EventKind::tombstone;
      break;
    case 3:
      if (job_.watermark.max_future) {
        event.time = base_ + future_lead + event.time % 1000;
      }
      break;
    default:
      break;
  }
}

}  // namespace sluice::oracle
