#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/backend.hpp"
#include "kernels/cpu/judge_events.hpp"
#include "kernels/cpu/key_dictionary.hpp"
#include "kernels/cpu/pane_table.hpp"
#include "kernels/cpu/workers.hpp"

namespace sluice::cpu {

/// Gives events their key slots: known keys are found by all workers at once, new ones added
/// afterwards, in the order of events. Collects and grows when slots run out.
class KeyAdmission {
 public:
  KeyAdmission(Workers& workers, KeyDictionary& dictionary, PaneTable& table);
  ~KeyAdmission();

  /// Sets the slots of every taken event; of those that get none, to no_slot. Reports keys_full,
  /// first_seen, parked and out_of_memory.
  void resolve(const TiledBatch& batch, BatchReport& report);

  /// Some rows were given up, so that some slots may be free to collect.
  void rows_given_up() noexcept { may_collect_ = true; }

 private:
  struct KeyBlock;

  void find_tile(const TiledBatch& batch, std::size_t number, KeyBlock& keys) const;
  void admit_tile(const TiledBatch& batch, std::size_t number, BatchReport& report);
  void admit(const TiledBatch& batch, std::size_t position, BatchReport& report);
  /// Tries to have a free slot.
  void make_room(const TiledBatch& batch);
  void collect(const TiledBatch& batch);

  Workers& workers_;
  KeyDictionary& dictionary_;
  PaneTable& table_;
  std::vector<KeyBlock> blocks_;  ///< one a worker
  bool may_collect_ = false;
};

}  // namespace sluice::cpu
