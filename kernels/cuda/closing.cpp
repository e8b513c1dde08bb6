#include "kernels/cuda/closing.hpp"

#include <algorithm>
#include <string>

namespace sluice::cuda {

namespace {

/// Rows that a half of the output holds: those of a few windows, but no more than this many bytes.
constexpr std::size_t windows_in_output = 4;
constexpr std::size_t largest_half = std::size_t{32} << 20;
/// Emissions have up to a chunk of rows, and only few when there are few keys.
constexpr std::size_t rows_an_emission = 16;
constexpr std::size_t fewest_emissions = 4096;

/// Programs up to this size find their buffers there, so that a state can be saved when there is no
/// memory left.
constexpr std::size_t steps_at_start = 1024;

/// Of the pool: so many chunks are had rather than counted.
constexpr std::size_t small_part = 4;

std::string used_of(const DeviceState& state) {
  return std::to_string(state.bytes()) + " of max_state_bytes " +
         std::to_string(state.max_bytes()) + " are in use";
}

void make_unique(std::vector<ColumnIndex>& columns) {
  std::sort(columns.begin(), columns.end());
  columns.erase(std::unique(columns.begin(), columns.end()), columns.end());
}

/// Whether the step may have to make its target's chunk dense.
bool opens(const ColumnStep& step, bool every_slot) {
  switch (step.kind) {
    case ColumnStep::Kind::combine:
    case ColumnStep::Kind::remove:
      return true;
    case ColumnStep::Kind::reset:
    case ColumnStep::Kind::drop:
      return !every_slot;
    case ColumnStep::Kind::emit:
    case ColumnStep::Kind::seal:
      return false;
  }
  return false;
}

}  // namespace

Closing::Closing(const BackendShape& shape, DeviceState& state, KernelTimes& times, Stream& stream)
    : layout_(shape.layout),
      state_(state),
      times_(times),
      stream_(stream),
      steps_(steps_at_start),
      strands_(steps_at_start),
      columns_(steps_at_start),
      progress_(std::max((shape.max_keys + chunk_slots - 1) / chunk_slots, steps_at_start)) {
  static_cast<void>(fit_output(chunk_slots));
}

void Closing::run(const StepProgram& steps, std::span<const KeySlot> only, std::size_t outputs,
                  EmittedRows& rows) {
  rows.clear(outputs, 1, layout_);
  if (!steps.steps.empty()) {
    state_.release_reserve();
    run_rounds(steps, only, rows.arena(0));
    state_.restore_reserve();
  }
  rows.settle();
}

void Closing::run_rounds(const StepProgram& steps, std::span<const KeySlot> only, RowArena& rows) {
  cover_columns(steps.steps);
  ClosingProgram program = upload(steps, only);
  provide_targets(steps.steps, program);
  reserve_output();
  const std::size_t slots = only.empty() ? state_.keys().bound() : only.size();
  bool more = program.items() != 0;
  std::size_t half = 0;
  if (more) {
    times_.start(Stage::close, stream_);
    launch(program, halves_[half]);
    times_.stop(Stage::close, stream_, slots, bytes_of(steps, slots));
  }
  while (more) {
    const ClosingTotals totals = wait();
    download(totals, halves_[half]);
    make_room(totals, program);
    more = totals.stalled > 0;
    if (more) launch(program, halves_[1 - half]);
    read_rows(totals, halves_[half], more, rows);
    half = 1 - half;
  }
  times_.settle();
  note_columns(steps.steps, only.empty());
}

std::size_t Closing::device_bytes() const noexcept {
  std::size_t bytes = steps_.device.bytes() + strands_.device.bytes() + groups_.device.bytes() +
                      named_.device.bytes() + columns_.device.bytes() + progress_.bytes();
  for (const Half& half : halves_) {
    bytes += half.slots.device.bytes() + half.words.device.bytes() + half.emissions.device.bytes();
  }
  return bytes;
}

void Closing::cover_columns(std::span<const ColumnStep> steps) {
  std::size_t columns = 0;
  for (const ColumnStep& step : steps) {
    if (step.kind == ColumnStep::Kind::combine) {
      columns = std::max(columns, std::size_t{step.target} + 1);
    }
  }
  if (state_.cover_columns(columns)) return;
  throw StateFull("closing windows needs a directory of " + std::to_string(columns) +
                  " columns, but " + used_of(state_));
}

ClosingProgram Closing::upload(const StepProgram& steps, std::span<const KeySlot> only) {
  ClosingProgram program;
  steps_.reserve(steps.steps.size());
  std::copy(steps.steps.begin(), steps.steps.end(), steps_.host.begin());
  steps_.upload(steps.steps.size(), stream_);
  program.steps = steps_.device.data();
  upload_groups(only, program);
  upload_strands(steps, program);
  if (progress_.size() < program.items()) {
    progress_ = DeviceBuffer<std::uint32_t>(std::max(program.items(), 2 * progress_.size()));
  }
  fill_bytes(progress_.data(), 0, program.items() * sizeof(std::uint32_t), stream_);
  program.progress = progress_.data();
  return program;
}

void Closing::upload_groups(std::span<const KeySlot> only, ClosingProgram& program) {
  const std::size_t all_chunks = (state_.keys().bound() + chunk_slots - 1) / chunk_slots;
  program.group_count = static_cast<std::uint32_t>(all_chunks);
  if (only.empty()) return;
  named_.reserve(only.size());
  groups_.reserve(std::min(only.size(), all_chunks));
  std::copy(only.begin(), only.end(), named_.host.begin());
  program.group_count = 0;
  for (std::uint32_t i = 0; i < only.size(); ++i) {
    const std::uint32_t chunk = only[i] / chunk_slots;
    if (i == 0 || chunk != only[i - 1] / chunk_slots) {
      groups_.host[program.group_count++] = {.chunk = chunk, .begin = i, .count = 0};
    }
    ++groups_.host[program.group_count - 1].count;
  }
  named_.upload(only.size(), stream_);
  groups_.upload(program.group_count, stream_);
  program.groups = groups_.device.data();
  program.slots = named_.device.data();
}

void Closing::upload_strands(const StepProgram& steps, ClosingProgram& program) {
  const std::size_t count = std::max<std::size_t>(steps.strands.size(), 1);
  strands_.reserve(count);
  strands_.host[0] = static_cast<std::uint32_t>(steps.steps.size());
  std::copy(steps.strands.begin(), steps.strands.end(), strands_.host.begin());
  strands_.upload(count, stream_);
  program.strands = strands_.device.data();
  program.strand_count = static_cast<std::uint32_t>(count);
}

void Closing::provide_targets(std::span<const ColumnStep> steps, ClosingProgram& program) {
  const bool every_slot = program.groups == nullptr;
  targets_.clear();
  sources_.clear();
  for (const ColumnStep& step : steps) {
    if (opens(step, every_slot)) targets_.push_back(step.target);
    if (step.kind == ColumnStep::Kind::combine) sources_.push_back(step.source);
  }
  make_unique(targets_);
  make_unique(sources_);
  const PaneTable& panes = state_.panes();
  std::size_t needed = targets_.size() * program.group_count;
  // Most of them may be there already; counting waits for the device.
  if (needed <= panes.pool_chunks() / small_part) state_.provide_chunks(needed);
  if (needed > panes.free_chunks()) needed = count_missing_targets(program);
  if (needed > panes.free_chunks()) state_.provide_chunks(needed);
  if (needed > panes.free_chunks()) {
    throw StateFull("closing windows needs " + std::to_string(needed) + " chunks of " +
                    std::to_string(panes.chunk_bytes()) + " bytes, " +
                    std::to_string(panes.free_chunks()) + " are free, and " + used_of(state_));
  }
  program.spared = static_cast<std::uint32_t>(needed);
}

std::size_t Closing::count_missing_targets(const ClosingProgram& program) {
  const std::size_t columns = targets_.size() + sources_.size();
  columns_.reserve(columns);
  std::copy(targets_.begin(), targets_.end(), columns_.host.begin());
  std::copy(sources_.begin(), sources_.end(), columns_.host.begin() + targets_.size());
  columns_.upload(columns, stream_);
  fill_bytes(missing_.device.data(), 0, missing_.device.bytes(), stream_);
  count_missing(state_.panes().ref(), program,
                {.columns = columns_.device.data(),
                 .targets = static_cast<std::uint32_t>(targets_.size()),
                 .sources = static_cast<std::uint32_t>(sources_.size())},
                missing_.device.data(), stream_);
  missing_.download(1, stream_);
  stream_.synchronize();  // whether the program can be run at all
  return missing_.host[0];
}

void Closing::reserve_output() {
  const std::size_t row_bytes = layout_.words() * sizeof(std::uint64_t) + sizeof(KeySlot);
  const std::size_t rows =
      std::min(windows_in_output * state_.keys().capacity(), largest_half / row_bytes);
  if (halves_[0].slots.size() >= rows) return;
  static_cast<void>(fit_output(rows));  // without memory a smaller output takes more launches
}

bool Closing::fit_output(std::size_t rows) {
  try {
    std::array<Half, 2> larger;
    for (Half& half : larger) {
      half = {MirroredBuffer<KeySlot>(rows), MirroredBuffer<std::uint64_t>(rows * layout_.words()),
              MirroredBuffer<Emission>(rows / rows_an_emission + fewest_emissions)};
    }
    halves_ = std::move(larger);
    return true;
  } catch (const OutOfMemory&) {
    if (halves_[0].slots.size() == 0) throw;
    return false;
  }
}

void Closing::launch(const ClosingProgram& program, Half& half) {
  fill_bytes(totals_.device.data(), 0, sizeof(ClosingTotals), stream_);
  run_program(state_.panes().ref(), program,
              {.totals = totals_.device.data(),
               .slots = half.slots.device.data(),
               .words = half.words.device.data(),
               .emissions = half.emissions.device.data(),
               .capacity = static_cast<std::uint32_t>(half.slots.size()),
               .emission_capacity = static_cast<std::uint32_t>(half.emissions.size())},
              stream_);
  totals_.download(1, stream_);
  state_.panes().download_totals(stream_);
}

ClosingTotals Closing::wait() {
  stream_.synchronize();  // how many rows there are to read
  return totals_.host[0];
}

void Closing::make_room(const ClosingTotals& totals, ClosingProgram& program) {
  PaneTable& panes = state_.panes();
  panes.taken(totals.popped);
  panes.take_back(stream_);
  if (totals.roomless == 0) return;
  // Chunks for the other steps were there before the first launch.
  state_.provide_chunks(program.spared + totals.roomless);
  program.seals_wait = panes.free_chunks() > program.spared;
}

void Closing::download(const ClosingTotals& totals, Half& half) {
  if (totals.rows() == 0) return;
  half.slots.download(totals.rows(), downloads_);
  half.words.download(totals.rows() * layout_.words(), downloads_);
  half.emissions.download(totals.emissions(), downloads_);
}

void Closing::read_rows(const ClosingTotals& totals, const Half& half, bool copies,
                        RowArena& rows) {
  if (totals.rows() == 0) return;
  downloads_.synchronize();  // the rows are read below
  const std::size_t row_words = layout_.words();
  const Emission* const end = half.emissions.host.data() + totals.emissions();
  for (const Emission* emission = half.emissions.host.data(); emission != end; ++emission) {
    const KeySlot* const slots = half.slots.host.data() + emission->begin;
    const std::uint64_t* const words = half.words.host.data() + emission->begin * row_words;
    if (copies) {
      rows.add_rows(emission->output, emission->count, slots, words, layout_.hot_words,
                    layout_.cold_words);
    } else {
      rows.refer({.output = emission->output,
                  .count = emission->count,
                  .slots = slots,
                  .hot = words,
                  .cold = layout_.cold_words == 0 ? nullptr : words + layout_.hot_words,
                  .word_stride = 1,
                  .row_stride = row_words});
    }
  }
}

std::uint64_t Closing::bytes_of(const StepProgram& program, std::size_t slots) const {
  const std::uint64_t row = layout_.words() * sizeof(std::uint64_t);
  const PaneTable& panes = state_.panes();
  const std::uint64_t sealed_row =
      panes.sealed_chunks() == 0 ? row
                                 : panes.sealed_bytes() / (panes.sealed_chunks() * chunk_slots);
  const auto read = [&](ColumnIndex column) -> std::uint64_t {
    if (column == no_column) return 0;
    return column < sealed_.size() && sealed_[column] ? sealed_row : row;
  };
  std::uint64_t bytes = 0;
  ColumnIndex held = no_column;
  for (const ColumnStep& step : program.steps) {
    switch (step.kind) {
      case ColumnStep::Kind::combine:
      case ColumnStep::Kind::remove:
        bytes += read(step.source) + (step.target == held ? 0 : 2 * row);
        held = step.target;
        break;
      case ColumnStep::Kind::emit:
        bytes += read(step.source) + (step.target == held ? 0 : read(step.target)) + row;
        break;
      case ColumnStep::Kind::reset:
        bytes += step.target == held ? 0 : row;
        held = step.target;
        break;
      case ColumnStep::Kind::seal:
        bytes += row + sealed_row;
        break;
      case ColumnStep::Kind::drop:
        break;
    }
  }
  return bytes * slots;
}

void Closing::note_columns(std::span<const ColumnStep> steps, bool every_slot) {
  PaneTable& panes = state_.panes();
  sealed_.resize(panes.columns());
  for (const ColumnStep& step : steps) {
    if (step.target >= panes.columns()) continue;
    switch (step.kind) {
      case ColumnStep::Kind::combine:
        if (panes.holds(step.source)) panes.set_held(step.target);
        break;
      case ColumnStep::Kind::reset:
      case ColumnStep::Kind::drop:
        if (every_slot) {
          panes.set_empty(step.target);
          sealed_[step.target] = false;
        }
        state_.slots_may_be_dead();
        break;
      case ColumnStep::Kind::remove:
        state_.slots_may_be_dead();
        break;
      case ColumnStep::Kind::seal:
        sealed_[step.target] = true;
        break;
      case ColumnStep::Kind::emit:
        break;
    }
  }
}

}  // namespace sluice::cuda
