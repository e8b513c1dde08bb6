#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "ingest/decode/event_writer.hpp"
#include "ingest/decode/filter_text.hpp"
#include "ingest/decode/format.hpp"
#include "ingest/decode/json_row.hpp"
#include "ingest/decode/text_block.hpp"
#include "ingest/decode/text_plan.hpp"
#include "ingest/source_block.hpp"

namespace sluice {

/// Reads blocks of rows that were cut into fields column by column, each in one loop of its type.
/// Single-threaded.
class TextColumns {
 public:
  TextColumns(const Format& format, TextDialect dialect)
      : plan_(format),
        dialect_(dialect),
        reader_(best_text_reader(dialect)),
        json_row_(plan_.fields) {}

  std::size_t fields() const noexcept { return plan_.fields; }

  /// Writes the rows through `writer`; those that a column could not make sense of, malformed or
  /// not, by themselves, in their place among the others. Those of which that says nothing are left
  /// to `exact`, a function of their extent.
  /// @param base what places in the block are counted from
  /// @param messages by index: the transport's times
  /// @returns how many were left to `exact`
  template <class Exact>
  std::size_t write(const char* base, const TextBlock& block, std::span<const Message> messages,
                    EventWriter& writer, Exact&& exact) {
    std::size_t odd = reader_(plan_, base, block, messages, writer.events(), odd_.data());
    if (!writer.filter().empty()) {
      odd += read_filter_fields(dialect_, base, block, writer.filter(), writer.events().size,
                                odd_.data());
    }
    if (odd == 0) {
      writer.accept({block.extents.data(), block.size});
      return 0;
    }
    std::size_t left = 0;
    const EventWriter::Draft draft = writer.draft();
    for (std::size_t row = 0; row < block.size; ++row) {
      const EventExtent& extent = block.extents[row];
      if (odd_[row] == 0) {
        writer.accept(draft, row, extent);
      } else if (dialect_ == TextDialect::json && json_row_.read(base, block, row)) {
        if (extent.message != writer.message()) {
          writer.begin_message(messages[extent.message], extent.message);
        }
        writer.write(json_row_.fields(), extent.begin, extent.length);
      } else {
        exact(extent);
        ++left;
      }
    }
    return left;
  }

 private:
  TextPlan plan_;
  TextDialect dialect_;
  ReadTextColumns reader_;
  JsonRow json_row_;
  std::array<std::uint8_t, TextBlock::most> odd_{};
};

}  // namespace sluice
