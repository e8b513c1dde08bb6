#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "ingest/decode/decoded_events.hpp"
#include "ingest/decode/format.hpp"
#include "ingest/decode/scalar.hpp"

namespace sluice {

/// The column of a FilterField for the events of a batch; the array that its type names is set.
struct FilterColumn {
  const std::uint8_t* valid = nullptr;        ///< [size] 0: null, missing or of another kind
  const std::uint8_t* booleans = nullptr;     ///< [size]
  const std::int64_t* integers = nullptr;     ///< [size]
  const double* numbers = nullptr;            ///< [size]
  const std::string_view* strings = nullptr;  ///< [size]
};

/// Memory for the columns of Format::filter, by the events' places in a DecodedEvents. Null there:
/// what is of another kind than the filter takes it for, beyond int64 or double, or not finite.
/// Empty where the job's filter needs nothing beside the values. Single-threaded.
class FilterColumns {
 public:
  explicit FilterColumns(const Format& format);

  bool empty() const noexcept { return columns_.empty(); }

  /// Makes room for the events of a batch. The strings of an empty one are forgotten.
  void open(const DecodedEvents& events);

  /// The columns of the batch that was opened last; their strings view its block or this.
  std::span<const FilterColumn> columns() const noexcept { return views_; }

  /// Writes the event at a place; strings are copied. @param fields [FieldPlan::paths]
  void write(std::size_t event, std::span<const Scalar> fields);
  /// Moves the event at one place to another.
  void move(std::size_t from, std::size_t to) noexcept;

  /// One column, for those who write columns by blocks.
  struct Column {
    FilterField::Type type = FilterField::Type::presence;
    std::size_t field = 0;  ///< of FieldPlan::paths
    std::uint8_t* valid = nullptr;
    std::uint8_t* booleans = nullptr;
    std::int64_t* integers = nullptr;
    double* numbers = nullptr;
    std::string_view* strings = nullptr;

    /// Writes the event at a place; a string views what the scalar views.
    void put(std::size_t event, const Scalar& scalar) const noexcept;
  };
  std::span<const Column> each() const noexcept { return columns_; }
  /// Copies a string that views neither the batch's block nor this.
  std::string_view keep(std::string_view text) { return texts_.copy(text); }

 private:
  /// Texts that live until the next batch, in blocks that are kept.
  class Texts {
   public:
    void clear() noexcept;
    std::string_view copy(std::string_view text);

   private:
    struct Block {
      std::unique_ptr<char[]> memory;
      std::size_t bytes;
    };
    std::vector<Block> blocks_;
    std::size_t block_ = 0;  ///< that is being filled
    std::size_t used_ = 0;   ///< of it
  };

  void make_room(std::size_t capacity);

  std::vector<Column> columns_;
  std::vector<FilterColumn> views_;
  std::unique_ptr<std::byte[]> memory_;
  std::size_t capacity_ = 0;  ///< events
  Texts texts_;
};

}  // namespace sluice
