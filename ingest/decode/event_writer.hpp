#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/decode/decoded_events.hpp"
#include "ingest/decode/filter_columns.hpp"
#include "ingest/decode/format.hpp"
#include "ingest/decode/key_columns.hpp"
#include "ingest/decode/scalar.hpp"
#include "ingest/source_block.hpp"

namespace sluice {

/// Writes events into a DecodedEvents: reads each column's scalar as the column's type, or lists
/// the event as malformed with the first fault, in the order time, keys, values. Every event,
/// accepted or malformed, takes one place of the capacity. Single-threaded.
class EventWriter {
 public:
  explicit EventWriter(const Format& format);

  /// Names the batch that is written into, and the message that the next events are of.
  void open(DecodedEvents& events);
  void begin_message(const Message& message, std::uint32_t index) noexcept;
  /// The index it was begun with.
  std::uint32_t message() const noexcept { return message_; }
  /// Takes back everything of the message since begin_message.
  void undo_message() noexcept;

  /// @param fields [FieldPlan::paths of the format] in that order.
  void write(std::span<const Scalar> fields, std::uint32_t begin, std::uint32_t length);
  void reject(Malformed reason, std::uint32_t begin, std::uint32_t length,
              std::string_view field = {});

  /// For events whose columns are written as a block, column by column, behind events().size: time,
  /// key_low, values, all of filter(), and of the others those that are written. `accept` takes
  /// them in.
  DecodedEvents& events() noexcept { return *events_; }
  FilterColumns& filter() noexcept { return filter_; }
  /// How many events the batch still takes.
  std::size_t places() const noexcept { return places_; }

  /// Takes in `count` > 0 events of the message, at most places(). Their bytes lie back to back.
  void accept(std::size_t count, std::uint32_t begin, std::uint32_t row_bytes, EventTime min_time,
              EventTime max_time);
  /// Takes in events, at most places(), of messages of one partition.
  void accept(std::span<const EventExtent> extents);

  /// A block that was written, some of whose events may be taken in, one by one and in order, with
  /// others written in between.
  struct Draft {
    std::size_t first;  ///< the place of its first event
    bool key_high;      ///< whether the column is written
    std::array<bool, max_values> valid;
  };
  Draft draft() const noexcept { return {events_->size, events_->any_key_high, events_->any_null}; }
  /// Takes in the draft's event `event`, counted from its first one.
  void accept(const Draft& draft, std::size_t event, const EventExtent& extent);

  /// An event of the message had no place left.
  bool overflowed() const noexcept { return overflowed_; }
  /// The batch held nothing when the message began.
  bool began_empty() const noexcept { return start_.size + start_.malformed == 0; }

  /// The key that `fields` spell, encoded (ingest/key.hpp).
  std::string encoded_key(std::span<const Scalar> fields) const { return keys_.encoded(fields); }

 private:
  struct Start {
    std::size_t size = 0;
    std::size_t malformed = 0;
    EventTime min_time = 0;
    EventTime max_time = 0;
    bool one_partition = true;
  };
  void count_places() noexcept;
  void take_in(std::size_t count, EventTime min_time, EventTime max_time) noexcept;
  Fault write_columns(std::span<const Scalar> fields);
  std::optional<Malformed> write_time(std::span<const Scalar> fields);
  Fault write_key(std::span<const Scalar> fields);
  void write_null(std::size_t index);
  std::optional<Malformed> write_value(std::size_t index, const Scalar& scalar);

  std::vector<std::string> field_names_;
  std::optional<std::size_t> time_field_;
  TimeUnit time_unit_;
  KeyColumns keys_;
  std::vector<ValueField> values_;
  std::vector<std::size_t> value_fields_;
  bool allow_non_finite_;
  FilterColumns filter_;

  DecodedEvents* events_ = nullptr;
  std::size_t places_ = 0;  ///< left in the batch
  std::uint32_t message_ = 0;
  PartitionIndex partition_ = 0;
  EventTime transport_time_ = 0;
  Start start_;
  bool overflowed_ = false;
};

}  // namespace sluice
