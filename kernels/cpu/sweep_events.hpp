#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "kernels/backend.hpp"
#include "kernels/cpu/few_rows.hpp"
#include "kernels/cpu/judge_events.hpp"
#include "kernels/cpu/key_dictionary.hpp"
#include "kernels/cpu/lift_rows.hpp"
#include "kernels/cpu/pages.hpp"
#include "kernels/cpu/pane_table.hpp"
#include "kernels/cpu/sort_by_owner.hpp"
#include "kernels/cpu/tile_times.hpp"
#include "kernels/cpu/workers.hpp"

namespace sluice::cpu {

/// Takes in the plain events of a batch in one pass over tiles that stay in the cache: accepted by
/// every window, in panes that no closed window has taken in, with keys that are known, and rows
/// that memory can hold. All others are left over, to be judged one by one.
///
/// Never are two threads on one row, and there are no atomic read-modify-writes:
/// - private_tables: each worker has a layer of the PaneTable, merged when the rows are read; tiles
///   are handed out side by side, so that of panes in order of time most are met by one worker
///   only;
/// - partitioned: each cache line of rows has an owner among the workers. First the events of each
///   tile are sorted by the owner of their row, then each owner lifts its own;
/// - shared_table: one thread does it alone.
class EventSweep {
 public:
  /// Events of a tile: what a pass knows of them fits a first-level cache.
  static constexpr std::size_t tile_events = std::size_t{1} << OwnedEvent::event_bits;

  EventSweep(const BackendShape& shape, Workers& workers, const KeyDictionary& dictionary,
             PaneTable& table);
  ~EventSweep();

  struct Outcome {
    std::span<const std::uint32_t> left_over;  ///< events, ascending; until the next run
    std::size_t shared_rows = 0;               ///< about as many does merging private tables add
  };

  /// @param path not automatic
  /// @param findings [workers] get taken, maxima and columns
  /// @pre the table covers the dictionary's slots
  /// @post of the paths, private_tables leaves rows in the table's layers
  Outcome run(const EventColumns& events, const BatchLimits& limits, AccumulatePath path,
              const double* shifts, std::span<Findings> findings);

 private:
  struct Share;
  struct PlainPanes;
  struct Pass;

  bool prepare(Pass& pass);
  void sweep_tile(const Pass& pass, Share& share, std::size_t number, Findings& findings);
  template <class Numbers>
  bool place_tile(const Pass& pass, Share& share, const Numbers& numbers) const;
  template <class Numbers, class Columns>
  std::size_t place_blocks(const Pass& pass, Share& share, std::uint32_t grid,
                           const Numbers& numbers, const Columns& columns_from) const;
  void lift_tile(const Pass& pass, Share& share);
  bool sweep_few(const Pass& pass, Share& share, std::size_t number, Findings& findings);
  bool open_few(Share& share, ColumnIndex column);
  template <class Value>
  void lift_few(const Pass& pass, Share& share, const Value* values, unsigned bits);
  void sort_tile(const Pass& pass, Share& share, std::size_t number);
  std::span<const std::uint64_t> owned_events(const Pass& pass, std::uint32_t grid,
                                              std::size_t number, unsigned owner) const;
  void lift_owned(const Pass& pass, unsigned owner);
  void leave(const Share& share, std::size_t number);
  void leave_missing(const Pass& pass, Share& share, std::size_t number);
  void empty_few(Share& share);
  std::size_t shared_rows(const Pass& pass) const;
  std::span<const std::uint32_t> gather_left_over(std::size_t tiles);

  Workers& workers_;
  const KeyDictionary& dictionary_;
  PaneTable& table_;
  RowLifter lifter_;
  Instructions set_;
  std::size_t max_events_;
  std::vector<std::unique_ptr<Share>> shares_;  ///< one a worker
  std::vector<std::uint32_t> left_counts_;      ///< [tiles]
  std::vector<TimeRange> tile_ranges_;          ///< [tiles] of tiles that were not left
  Pages left_over_;                             ///< [max_events] at first tile by tile
  Pages sorted_;                                ///< [max_grids x max_events] row and event
  std::vector<OwnedPart> owned_parts_;          ///< [grids x tiles x workers]
};

}  // namespace sluice::cpu
