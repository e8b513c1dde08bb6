#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kernels/backend.hpp"
#include "kernels/chosen_shifts.hpp"
#include "kernels/cuda/accumulation.hpp"
#include "kernels/cuda/closing.hpp"
#include "kernels/cuda/decode/raw_ring.hpp"
#include "kernels/cuda/device_state.hpp"
#include "kernels/cuda/kernel_times.hpp"
#include "kernels/cuda/runtime.hpp"
#include "kernels/cuda/staging_ring.hpp"

namespace sluice::cuda {

/// Why no CUDA device can be used here, or empty when one can.
[[nodiscard]] std::string unavailable();

/// The backend that computes on the first CUDA device (CUDA_VISIBLE_DEVICES says which that is).
///
/// Two streams: copies up run on one, kernels and copies down on the other, which waits for the
/// event of a batch's copy. Once tables and buffers have their size a batch and a close allocate
/// nothing, and the host waits only for the compute stream: once for a batch that opens no pane and
/// meets no new key, twice for a close that emits.
class CudaBackend final : public Backend {
 public:
  /// @throws StateFull when max_state_bytes does not hold an empty dictionary.
  explicit CudaBackend(const BackendShape& shape);

  BackendKind kind() const noexcept override { return BackendKind::cuda; }
  std::string device() const override { return device_name_; }
  StagingBlock allocate_staging(std::size_t bytes) override;
  Ticket stage(const EventColumns& events) override;
  RawStaging* raw_staging() noexcept override { return raw_ ? &*raw_ : nullptr; }
  BatchReport accumulate(Ticket ticket, const BatchLimits& limits,
                         std::span<const std::uint32_t> only) override;
  void release(Ticket ticket) override;
  using Backend::run;
  void run(const StepProgram& program, std::span<const KeySlot> only, std::size_t outputs,
           EmittedRows& rows) override;
  std::size_t parallelism() const noexcept override { return parallelism_; }
  std::size_t slot_groups() const noexcept override;
  bool wants_narrow() const noexcept override { return true; }
  BackendStatus status() const override;
  StateImage save() override;
  void load(const StateImage& image) override;
  double shift(std::uint32_t value) const noexcept override;

 private:
  /// What `work` returns; an error names the kernels that may be to blame.
  template <class Work>
  auto named(Work work);

  StateImage save_state();
  void load_state(const StateImage& image);
  void load_keys(const StateImage& image);
  /// Whether the rows fit as they are, without being sealed.
  [[nodiscard]] bool fits_dense(const StateImage& image) const;
  void open_chunks_for(const StateImage::Column& column);
  void load_rows(const StateImage::Column& column);

  RowLayout layout_;
  std::string device_name_;
  std::size_t parallelism_;
  Stream compute_;
  DeviceState state_;
  KernelTimes times_;
  StagingRing staging_;
  Accumulation accumulation_;
  Closing closing_;
  ChosenShifts shifts_;
  std::optional<RawRing> raw_;
};

/// @throws CudaError without a usable device.
[[nodiscard]] std::unique_ptr<Backend> make_backend(const BackendShape& shape);

}  // namespace sluice::cuda
