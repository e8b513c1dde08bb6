#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/decode/decoded_events.hpp"
#include "ingest/decode/field_plan.hpp"
#include "ingest/decode/format.hpp"
#include "ingest/decode/scalar.hpp"
#include "ingest/key.hpp"
#include "ingest/source_block.hpp"

namespace sluice {

/// Writes events into a DecodedEvents: reads each column's scalar as the column's type, or lists
/// the event as malformed with the first fault, in the order time, keys, values. Every event,
/// accepted or malformed, takes one place of the capacity. Single-threaded.
class EventWriter {
 public:
  explicit EventWriter(const Format& format);

  /// Names the batch that is written into, and the message that the next events are of.
  void open(DecodedEvents& events) noexcept;
  void begin_message(const Message& message, std::uint32_t index) noexcept;
  /// Takes back everything of the message since begin_message.
  void undo_message() noexcept;

  /// @param fields [FieldPlan::paths of the format] in that order.
  void write(std::span<const Scalar> fields, std::uint32_t begin, std::uint32_t length);
  void reject(Malformed reason, std::uint32_t begin, std::uint32_t length,
              std::string_view field = {});

  /// An event of the message had no place left.
  bool overflowed() const noexcept { return overflowed_; }
  /// The batch held nothing when the message began.
  bool began_empty() const noexcept { return start_.size + start_.malformed == 0; }

  /// The key that `fields` spell, encoded (ingest/key.hpp).
  std::string encoded_key(std::span<const Scalar> fields) const;

 private:
  struct KeyColumn {
    std::size_t field;
    KeyType type;
  };
  struct ValueColumn {
    std::size_t field;
    ValueType type;
    bool required;
    unsigned scale;
  };
  struct Start {
    std::size_t size = 0;
    std::size_t malformed = 0;
    EventTime min_time = 0;
    EventTime max_time = 0;
    bool one_partition = true;
  };
  // What keeps an event out, and the field at fault; no field: the transport's time.
  struct Fault {
    std::optional<Malformed> reason;
    std::uint32_t field = 0;
  };

  Fault write_columns(std::span<const Scalar> fields);
  std::optional<Malformed> write_time(std::span<const Scalar> fields);
  Fault write_key(std::span<const Scalar> fields);
  std::optional<Malformed> write_value(std::size_t index, const Scalar& scalar);

  std::vector<std::string> field_names_;
  std::optional<std::size_t> time_field_;
  TimeUnit time_unit_;
  std::vector<KeyColumn> keys_;
  std::vector<ValueColumn> values_;
  std::uint64_t key_seed_;
  std::size_t max_key_bytes_;
  bool allow_non_finite_;

  DecodedEvents* events_ = nullptr;
  std::size_t places_ = 0;  ///< left in the batch
  std::uint32_t message_ = 0;
  PartitionIndex partition_ = 0;
  EventTime transport_time_ = 0;
  Start start_;
  bool overflowed_ = false;
  std::string encoded_;
};

}  // namespace sluice
