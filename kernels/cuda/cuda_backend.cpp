#include "kernels/cuda/cuda_backend.hpp"

#include <algorithm>

#include "kernels/cuda/close.hpp"
#include "kernels/cuda/open_chunks.hpp"

namespace sluice::cuda {

namespace {

constexpr int first_device = 0;
/// Blocks of the closing kernel that keep a multiprocessor busy: those it holds at once, and as
/// many again that take the places of those that end first.
constexpr std::size_t busy_blocks = 6;
/// Columns that are saved in one program: small enough for the buffers that closing has from the
/// start.
constexpr std::size_t columns_at_once = 512;

/// As the kernels take them.
Shifts shifts_of(const ChosenShifts& chosen) {
  Shifts shifts;
  std::copy(chosen.values().begin(), chosen.values().end(), shifts.of);
  return shifts;
}

bool is_raw(Ticket ticket) { return RawRing::made(ticket); }

std::string use_first_device() {
  use_device(first_device);
  return device_info(first_device).name;
}

}  // namespace

std::string unavailable() {
  if (device_count() > 0) return {};
  return versions().driver == 0 ? "no CUDA driver is installed" : "there is no CUDA device";
}

CudaBackend::CudaBackend(const BackendShape& shape)
    : layout_(shape.layout),
      device_name_(use_first_device()),
      parallelism_(busy_blocks *
                   static_cast<std::size_t>(device_info(first_device).multiprocessors)),
      state_(shape, compute_),
      times_(shape.raw.has_value()),
      staging_(shape),
      accumulation_(shape, state_, times_, compute_),
      closing_(shape, state_, times_, compute_),
      shifts_(shape.layout) {
  if (shape.raw) raw_.emplace(shape, shifts_, times_);
}

StagingBlock CudaBackend::allocate_staging(std::size_t bytes) {
  use_device(first_device);  // the calling thread may be any
  auto memory = detail::allocate_pinned(bytes, std::source_location::current());
  return {static_cast<std::byte*>(memory.release()), bytes,
          [](std::byte* freed) noexcept { detail::FreePinned{}(freed); }};
}

template <class Work>
auto CudaBackend::named(Work work) {
  try {
    return work();
  } catch (const CudaError& error) {
    rethrow(error, compute_.trail());
  }
}

Ticket CudaBackend::stage(const EventColumns& events) {
  shifts_.choose(events);
  return named([&] { return staging_.stage(events); });
}

BatchReport CudaBackend::accumulate(Ticket ticket, const BatchLimits& limits,
                                    std::span<const std::uint32_t> only) {
  return named([&] {
    const StagedBatch& batch = is_raw(ticket) ? raw_->batch(ticket) : staging_.batch(ticket);
    return accumulation_.run(batch, limits, only, shifts_of(shifts_));
  });
}

void CudaBackend::release(Ticket ticket) {
  named([&] { is_raw(ticket) ? raw_->release(ticket) : staging_.release(ticket); });
}

void CudaBackend::run(const StepProgram& program, std::span<const KeySlot> only,
                      std::size_t outputs, EmittedRows& rows) {
  named([&] { closing_.run(program, only, outputs, rows); });
}

std::size_t CudaBackend::slot_groups() const noexcept {
  return (state_.keys().bound() + chunk_slots - 1) / chunk_slots;
}

BackendStatus CudaBackend::status() const {
  return {.keys = state_.keys().size(),
          .key_capacity = state_.keys().capacity(),
          .state_bytes = state_.bytes(),
          .pool_bytes = state_.panes().pool_bytes(),
          .sealed_bytes = state_.panes().sealed_bytes(),
          .staging_bytes = staging_.device_bytes() + (raw_ ? raw_->device_bytes() : 0),
          .result_bytes = closing_.device_bytes(),
          .columns = state_.panes().held_columns().size(),
          .rehashes = state_.keys().rehashes(),
          .path = accumulation_.path(),
          .path_switches = accumulation_.path_switches(),
          .kernels = times_.statistics()};
}

StateImage CudaBackend::save() {
  return named([&] { return save_state(); });
}

StateImage CudaBackend::save_state() {
  StateImage image;
  image.keys = state_.keys().save(compute_);
  image.shifts = shifts_.image();
  const std::vector<ColumnIndex> columns = state_.panes().held_columns();
  for (std::size_t first = 0; first < columns.size(); first += columns_at_once) {
    const std::size_t count = std::min(columns_at_once, columns.size() - first);
    std::vector<ColumnStep> steps;
    for (std::uint32_t i = 0; i < count; ++i) {
      steps.push_back({.kind = ColumnStep::Kind::emit, .target = columns[first + i], .output = i});
    }
    std::vector<WindowRows> rows(count);
    run(steps, {}, rows);
    for (std::size_t i = 0; i < count; ++i) {
      if (rows[i].size() != 0) image.columns.push_back({columns[first + i], std::move(rows[i])});
    }
  }
  return image;
}

void CudaBackend::load(const StateImage& image) {
  named([&] { load_state(image); });
}

void CudaBackend::load_state(const StateImage& image) {
  state_.clear();
  accumulation_.forget_rows();
  state_.release_reserve();
  load_keys(image);
  const bool dense = fits_dense(image);
  for (const StateImage::Column& column : image.columns) {
    open_chunks_for(column);
    load_rows(column);
    if (!dense) run(ColumnStep{.kind = ColumnStep::Kind::seal, .target = column.column}, {}, {});
  }
  state_.slots_may_be_dead();
  shifts_.load(image.shifts);
}

void CudaBackend::load_keys(const StateImage& image) {
  std::size_t bound = 0;
  for (const StateImage::Key& key : image.keys) {
    bound = std::max(bound, std::size_t{key.slot} + 1);
  }
  if (!state_.cover_slots(bound)) {
    throw StateFull("max_keys or max_state_bytes cannot hold the " +
                    std::to_string(image.keys.size()) + " keys of the saved state");
  }
  state_.keys().load(image.keys, compute_);
}

bool CudaBackend::fits_dense(const StateImage& image) const {
  std::size_t chunks = 0;
  for (const StateImage::Column& column : image.columns) {
    chunks += std::min(column.rows.size(), slot_groups());
  }
  return chunks * state_.panes().chunk_bytes() <= state_.max_bytes() / 2;
}

void CudaBackend::open_chunks_for(const StateImage::Column& column) {
  const bool covered = state_.cover_columns(std::size_t{column.column} + 1);
  PaneTable& panes = state_.panes();
  std::vector<std::uint64_t> indices;
  for (const KeySlot slot : column.rows.slots) {
    indices.push_back(panes.ref().index_of(column.column, slot / chunk_slots));
  }
  std::sort(indices.begin(), indices.end());
  indices.erase(std::unique(indices.begin(), indices.end()), indices.end());
  state_.provide_chunks(indices.size());
  if (!covered || panes.free_chunks() < indices.size()) {
    throw StateFull("max_state_bytes " + std::to_string(state_.max_bytes()) +
                    " cannot hold the rows of the saved state");
  }
  if (indices.empty()) return;

  MirroredBuffer<std::uint64_t> wanted(indices.size());
  MirroredBuffer<std::uint32_t> counts(2);
  std::copy(indices.begin(), indices.end(), wanted.host.begin());
  counts.host[0] = static_cast<std::uint32_t>(indices.size());
  counts.host[1] = 0;
  wanted.upload(indices.size(), compute_);
  counts.upload(2, compute_);
  cuda::open_chunks(panes.ref(),
                    {.indices = wanted.device.data(),
                     .count = counts.device.data(),
                     .capacity = counts.host[0],
                     .popped = counts.device.data() + 1},
                    compute_);
  compute_.synchronize();  // the buffers go
  panes.taken(indices.size());
}

void CudaBackend::load_rows(const StateImage::Column& column) {
  const WindowRows& rows = column.rows;
  if (rows.size() == 0) return;
  MirroredBuffer<KeySlot> slots(rows.size());
  MirroredBuffer<std::uint64_t> words(rows.words.size());
  std::copy(rows.slots.begin(), rows.slots.end(), slots.host.begin());
  std::copy(rows.words.begin(), rows.words.end(), words.host.begin());
  slots.upload(rows.size(), compute_);
  words.upload(rows.words.size(), compute_);
  write_rows(state_.panes().ref(), column.column, slots.device.data(), words.device.data(),
             rows.size(), compute_);
  compute_.synchronize();  // the buffers go
  state_.panes().set_held(column.column);
}

double CudaBackend::shift(std::uint32_t value) const noexcept {
  return value < max_values ? shifts_.values()[value] : 0;
}

std::unique_ptr<Backend> make_backend(const BackendShape& shape) {
  return std::make_unique<CudaBackend>(shape);
}

}  // namespace sluice::cuda
