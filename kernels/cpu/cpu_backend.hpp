#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "kernels/backend.hpp"
#include "kernels/chosen_shifts.hpp"
#include "kernels/cpu/accumulate.hpp"
#include "kernels/cpu/key_dictionary.hpp"
#include "kernels/cpu/pane_table.hpp"
#include "kernels/cpu/run_steps.hpp"
#include "kernels/cpu/state_budget.hpp"
#include "kernels/cpu/workers.hpp"

namespace sluice::cpu {

/// The backend that computes on the machine's cores. Staging copies nothing: the columns are used
/// where they are.
class CpuBackend final : public Backend {
 public:
  explicit CpuBackend(const BackendShape& shape);

  BackendKind kind() const noexcept override { return BackendKind::cpu; }
  std::string device() const override;
  StagingBlock allocate_staging(std::size_t bytes) override;
  Ticket stage(const EventColumns& events) override;
  BatchReport accumulate(Ticket ticket, const BatchLimits& limits,
                         std::span<const std::uint32_t> only) override;
  void release(Ticket ticket) override;
  using Backend::run;
  void run(const StepProgram& program, std::span<const KeySlot> only, std::size_t outputs,
           EmittedRows& rows) override;
  void each(std::size_t items, const std::function<void(std::size_t)>& task) override;
  std::size_t parallelism() const noexcept override { return workers_.count(); }
  std::size_t slot_groups() const noexcept override;
  bool wants_narrow() const noexcept override { return false; }
  BackendStatus status() const override;
  StateImage save() override;
  void load(const StateImage& image) override;
  double shift(std::uint32_t value) const noexcept override;

 private:
  struct Staged {
    Ticket ticket;
    EventColumns events;
  };

  void load_column(const StateImage::Column& column);

  Workers workers_;
  StateBudget budget_;
  KeyDictionary dictionary_;
  PaneTable table_;
  AccumulatePass accumulate_;
  StepRunner steps_;
  std::vector<Staged> staged_;  ///< at most batches_in_flight
  std::uint64_t tickets_ = 0;
  ChosenShifts shifts_;
};

}  // namespace sluice::cpu
