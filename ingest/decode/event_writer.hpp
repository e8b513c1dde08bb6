#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "ingest/decode/decoded_events.hpp"
#include "ingest/decode/field_plan.hpp"
#include "ingest/decode/format.hpp"
#include "ingest/decode/scalar.hpp"
#include "ingest/key.hpp"
#include "ingest/source_block.hpp"

namespace sluice {

/// Writes events into a DecodedEvents: reads each column's scalar as the column's type, or lists the
/// event as malformed with the first fault, in the order time, keys, values. Every event, accepted
/// or malformed, takes one place of the capacity. Single-threaded.
class EventWriter {
 public:
  explicit EventWriter(const Format& format);

  const FieldPlan& plan() const noexcept { return plan_; }

  /// Names the batch that is written into, and the message that the next events are of.
  void open(DecodedEvents& events) noexcept { events_ = &events; }
  void begin_message(const Message& message, std::uint32_t index) noexcept;
  /// Takes back everything of the message since begin_message.
  void undo_message() noexcept;

  /// @param fields [plan().paths] in that order.
  void write(std::span<const Scalar> fields, std::uint32_t begin, std::uint32_t length);
  void reject(Malformed reason, std::uint32_t begin, std::uint32_t length,
              std::string_view field = {});

  /// An event of the message had no place left.
  bool overflowed() const noexcept { return overflowed_; }
  /// The batch held nothing when the message began.
  bool began_empty() const noexcept { return start_.size + start_.malformed == 0; }

  /// The key that `fields` spell, encoded (ingest/key.hpp).
  std::string encoded_key(std::span<const Scalar> fields);

 private:
  struct Start {
    std::size_t size = 0;
    std::size_t malformed = 0;
    EventTime min_time = 0;
    EventTime max_time = 0;
    bool one_partition = true;
  };
  struct Fault {
    Malformed reason;
    const std::string* field;
  };

  bool take_place() noexcept;
  std::optional<Fault> write_time(std::span<const Scalar> fields);
  std::optional<Fault> write_key(std::span<const Scalar> fields);
  std::optional<Fault> write_values(std::span<const Scalar> fields);
  std::optional<Malformed> write_value(std::size_t column, const Scalar& scalar);

  Format format_;
  FieldPlan plan_;
  DecodedEvents* events_ = nullptr;
  std::uint32_t message_ = 0;
  PartitionIndex partition_ = 0;
  EventTime transport_time_ = 0;
  EventTime time_ = 0;
  Start start_;
  bool overflowed_ = false;
  std::string encoded_;
};

}  // namespace sluice
