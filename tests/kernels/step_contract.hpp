#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "tests/kernels/backend_contract.hpp"

namespace sluice::contract {

using Kind = ColumnStep::Kind;

/// Fixture of what closing programs do: rows in columns 0 to 7, one a pane of 10 ms.
class StepContract : public BackendContract {
 protected:
  /// Panes of 10 ms from 0 on, in the columns of the same number.
  void fill(const EventBatch& batch) { offer(batch, Limits::tumbling(10, 0, 8).limits); }

  std::map<KeySlot, Row> by_slot(const WindowRows& rows) const;

  /// Three keys in the first pane and the second.
  static EventBatch two_panes();
};

/// The sum of two columns' rows.
Rows added(Rows rows, const Rows& others);

/// Random events in [0, end): one value in ten is null, the others of any size.
EventBatch scattered_batch(std::uint32_t seed, std::uint64_t keys, std::uint32_t events,
                           EventTime end);

}  // namespace sluice::contract
