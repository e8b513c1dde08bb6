#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/decode/filter_columns.hpp"
#include "ingest/filter/program.hpp"
#include "kernels/event_columns.hpp"

namespace sluice {

/// Decides which events go on to the windows: the `where` of a job. Conditions are three-valued as
/// in SQL, and only what is true goes on. Division by zero, and what is not finite, is null.
/// Strings are compared byte by byte. Copies share nothing; an object is used by one thread.
class Filter {
 public:
  explicit Filter(FilterProgram program);
  Filter(Filter&&) noexcept;
  Filter& operator=(Filter&&) noexcept;
  ~Filter();

  std::span<const FilterField> fields() const noexcept { return program_.fields; }

  /// Sets passes[i] to 1 where the condition is true, else to 0. @param fields one a field, in
  /// order. @returns how many pass.
  std::size_t judge(const EventColumns& events, std::span<const FilterColumn> fields,
                    std::uint8_t* passes);

 private:
  struct Tile;
  class Evaluation;

  FilterProgram program_;
  std::vector<Tile> tiles_;  ///< one a step
};

}  // namespace sluice
