#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/accumulator.hpp"
#include "kernels/batch_limits.hpp"
#include "kernels/column_step.hpp"
#include "kernels/event_columns.hpp"
#include "kernels/raw_events.hpp"
#include "kernels/staging_block.hpp"
#include "kernels/types.hpp"
#include "kernels/window_rows.hpp"

namespace sluice {

enum class BackendKind : std::uint8_t { cpu, cuda };

/// How accumulate brings a batch's events into the rows (DESIGN, decision 3). Every path gives the
/// same rows.
enum class AccumulatePath : std::uint8_t {
  automatic,       ///< chosen by the groups (keys x panes) that batches have, with hysteresis
  private_tables,  ///< each block or worker has rows of its own, merged at the end: few groups
  shared_table,    ///< events go straight into the rows
  partitioned,     ///< events are first sorted into parts by row: many groups
};

/// What a backend is built for; fixed for its life.
struct BackendShape {
  RowLayout layout;
  std::size_t max_batch_events = 0;   ///< largest EventColumns::size
  std::size_t batches_in_flight = 3;  ///< how many batches may be staged at once, >= 1
  std::size_t max_keys = 0;           ///< key slots alive at once
  std::size_t max_state_bytes = 0;    ///< rows, directories and dictionary together
  unsigned threads = 0;               ///< CPU workers, 0: one a core
  AccumulatePath path = AccumulatePath::automatic;
  std::optional<RawShape> raw{};  ///< for a backend that is to decode; see RawStaging
};

/// A key the backend met for the first time (or again, after its slot was given back). `event` is
/// its index in the batch: the host reads the key's name out of the batch while it holds it.
struct FirstSeenKey {
  KeySlot slot;
  std::uint32_t event;
};

/// An accepted event that fell into a pane which a closed window has already taken in.
struct Correction {
  std::uint32_t grid;
  PaneIndex pane;
  KeySlot slot;
  friend auto operator<=>(const Correction&, const Correction&) = default;
};

/// What became of a batch. accepted + future + in_no_window + late + keys_full + parked.size()
/// equals the number of events offered.
struct BatchReport {
  std::uint64_t accepted = 0;
  std::uint64_t future = 0;
  std::uint64_t in_no_window = 0;
  std::uint64_t late = 0;
  std::uint64_t keys_full = 0;
  std::vector<std::uint64_t> refused;    ///< [limits.window_count] accepted, but not by this window
  std::vector<PartitionMaximum> maxima;  ///< per partition with an event the future guard passed
  std::vector<FirstSeenKey> first_seen;
  std::vector<Correction> corrections;     ///< sorted, no duplicates
  std::vector<std::uint32_t> late_events;  ///< indices
  std::vector<std::uint32_t> parked;       ///< indices, ascending: no pane or no memory for them
  std::vector<ColumnIndex> opened;         ///< columns that hold rows now and held none before
  bool out_of_memory = false;              ///< some of `parked` found max_state_bytes used up
};

/// Identifies a staged batch.
enum class Ticket : std::uint64_t {};

/// Cumulative figures of one kernel, or of one stage of the CPU backend.
struct KernelStatistics {
  std::string_view name;  ///< static storage
  std::uint64_t launches = 0;
  std::uint64_t timed_launches = 0;  ///< seconds, bytes and events cover these
  double seconds = 0;
  std::uint64_t bytes = 0;  ///< bytes the kernel must move, by its model
  std::uint64_t events = 0;
};

struct BackendStatus {
  std::size_t keys = 0;          ///< slots in use
  std::size_t key_capacity = 0;  ///< slots before the dictionary grows
  std::size_t state_bytes = 0;
  std::size_t pool_bytes = 0;     ///< memory for rows that was had, in use or free
  std::size_t sealed_bytes = 0;   ///< of state_bytes: rows in sealed form
  std::size_t staging_bytes = 0;  ///< device memory of the batches in flight
  std::size_t result_bytes = 0;   ///< device memory of programs and of what they emit
  std::size_t columns = 0;        ///< columns that hold rows
  std::uint64_t rehashes = 0;
  AccumulatePath path = AccumulatePath::automatic;  ///< of the last batch; automatic: none yet
  std::uint64_t path_switches = 0;
  double worker_cpu_seconds = 0;          ///< CPU time of the backend's own threads
  std::vector<KernelStatistics> kernels;  ///< fixed order and length for the backend's life
};

/// A backend's whole content in host form, the same for every backend: the checkpointable state.
struct StateImage {
  struct Key {
    KeySlot slot;
    std::uint64_t low;
    std::uint64_t high;
  };
  /// The non-empty rows of one column.
  struct Column {
    ColumnIndex column;
    WindowRows rows;
  };
  std::vector<Key> keys;
  std::vector<Column> columns;
  std::vector<double> shifts;  ///< [value_count] of the sums of doubles; NaN where not chosen yet
};

/// max_state_bytes cannot hold what closing windows needs.
class StateFull : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The part of a backend that decodes: raw batches instead of columns. Used by the backend's
/// thread. A raw batch goes through stage (any time earlier) -> decoded -> settle; from then on its
/// ticket is like any other.
class RawStaging {
 public:
  virtual ~RawStaging() = default;

  /// False while shifted sums wait for their first value (ChosenShifts): the next batch has to come
  /// as columns.
  virtual bool ready() const noexcept = 0;

  /// JSON: the shapes that documents are tried against, in this order, from the next batch on. At
  /// most max_shapes. Waits for what is being decoded.
  virtual void take_shapes(std::span<const DocumentShape> shapes) = 0;

  /// Starts the upload and the decoding, and returns at once. The bytes and the table are borrowed
  /// until the backend's `release(ticket)`; raw batches and others are in flight at once, each kind
  /// up to `batches_in_flight`.
  virtual Ticket stage(const RawEvents& events) = 0;

  /// Waits for the decoding. A batch that is refused is released and decoded by the host.
  virtual RawOutcome decoded(Ticket ticket) = 0;

  /// Takes in what the host made of the listed events, and makes the batch complete: `size` becomes
  /// RawOutcome::events less the filtered and the dropped ones, in whose places others move. To be
  /// called once for every batch that was not refused.
  /// @returns the size
  virtual std::size_t settle(Ticket ticket, const ListedColumns& listed) = 0;

  /// Where the bytes of events of a settled batch are. Blocking.
  virtual std::vector<RawExtent> extents(Ticket ticket, std::span<const std::uint32_t> events) = 0;
};

/// Where panes live, keys are resolved and windows are computed. Used by one thread.
///
/// The order of a batch is stage (any time earlier) -> accumulate -> run; only stage may run ahead.
/// An exception from any method leaves the backend unusable: stop, restart from the checkpoint.
class Backend {
 public:
  virtual ~Backend() = default;

  virtual BackendKind kind() const noexcept = 0;
  /// Name of the device the work runs on, for the log and metrics.
  virtual std::string device() const = 0;

  /// Memory for raw bytes or columns; see StagingBlock. Thread-safe.
  virtual StagingBlock allocate_staging(std::size_t bytes) = 0;

  /// Whether narrow columns (EventColumns) are worth the making.
  virtual bool wants_narrow() const noexcept = 0;

  /// Starts bringing a batch to where it is computed and returns at once. The columns are borrowed
  /// until `release(ticket)`; at most `batches_in_flight` are staged at once.
  virtual Ticket stage(const EventColumns& events) = 0;

  /// nullptr: the backend does not decode, or was not asked to (BackendShape::raw).
  virtual RawStaging* raw_staging() noexcept { return nullptr; }

  /// Judges, resolves keys and accumulates a staged batch, or only the events whose ascending
  /// indices are in `only` when that is not empty. Blocking. May be called again before release:
  /// for the parked events of a batch, or for all of it, whose events then count again. Columns
  /// named by the limits come into being as needed.
  virtual BatchReport accumulate(Ticket ticket, const BatchLimits& limits,
                                 std::span<const std::uint32_t> only) = 0;
  virtual void release(Ticket ticket) = 0;

  /// Runs a closing program over all key slots, or only over `only` (ascending) when that is not
  /// empty. `rows` holds what it emitted to outputs [0, outputs), until the next call. Blocking.
  /// @throws StateFull
  virtual void run(const StepProgram& program, std::span<const KeySlot> only, std::size_t outputs,
                   EmittedRows& rows) = 0;
  /// The same; emitted rows are appended to outputs[step.output]. Copies them once more.
  void run(const StepProgram& program, std::span<const KeySlot> only,
           std::span<WindowRows> outputs) {
    EmittedRows rows;
    run(program, only, outputs.size(), rows);
    for (std::size_t output = 0; output < outputs.size(); ++output) {
      rows.append_to(outputs[output], output);
    }
  }

  /// Does task(0), ..., task(items - 1), on the backend's threads where it has some. For the host's
  /// work on what a program emitted.
  virtual void each(std::size_t items, const std::function<void(std::size_t)>& task) {
    for (std::size_t item = 0; item < items; ++item) task(item);
  }

  /// Pieces of a program (groups of slots x strands) that keep the backend busy.
  virtual std::size_t parallelism() const noexcept = 0;
  /// Groups of slots that a program runs over now.
  virtual std::size_t slot_groups() const noexcept = 0;

  virtual BackendStatus status() const = 0;

  virtual StateImage save() = 0;
  /// Replaces the content of a backend of the same shape. @throws StateFull
  virtual void load(const StateImage& image) = 0;

  /// The shift c of a value column's sums of doubles (sum of x - c): chosen from the first value of
  /// the first batch, the same on every backend. 0 while none was seen.
  virtual double shift(std::uint32_t value) const noexcept = 0;
};

std::string_view name_of(BackendKind kind) noexcept;
/// auto, private, shared or partitioned, as in the configuration.
std::string_view name_of(AccumulatePath path) noexcept;

/// Why CUDA cannot be used here, or empty when it can.
std::string cuda_unavailable();

/// @throws std::runtime_error when the kind cannot run on this machine.
std::unique_ptr<Backend> make_backend(BackendKind kind, const BackendShape& shape);

}  // namespace sluice
