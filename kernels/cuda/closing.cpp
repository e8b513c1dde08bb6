#include "kernels/cuda/closing.hpp"

#include <algorithm>
#include <string>
#include <tuple>

namespace sluice::cuda {

namespace {

/// Rows that the output holds: those of a few windows, but no more than this many bytes.
constexpr std::size_t windows_in_output = 4;
constexpr std::size_t largest_output = std::size_t{32} << 20;

}  // namespace

Closing::Closing(const RowLayout& layout, DeviceState& state, KernelTimes& times, Stream& stream)
    : layout_(layout), state_(state), times_(times), stream_(stream) {}

void Closing::run(std::span<const ColumnStep> steps, std::span<const KeySlot> only,
                  std::span<WindowRows> outputs) {
  if (steps.empty()) return;
  cover_columns(steps);
  const ClosingProgram program = upload(steps, only);
  const std::size_t slots = only.empty() ? state_.keys().bound() : only.size();
  while (program.group_count != 0) {
    const ClosingOutput output = prepare_output();
    fill_bytes(totals_.device.data(), 0, sizeof(ClosingTotals), stream_);
    times_.start(Stage::close, stream_);
    run_program(state_.panes().ref(), program, output, stream_);
    times_.stop(Stage::close, stream_, slots, bytes_of(steps, slots));
    totals_.download(1, stream_);
    stream_.synchronize();  // how many rows there are to read
    const ClosingTotals totals = totals_.host[0];
    const std::size_t missing = state_.panes().taken(totals.popped);
    state_.panes().give_back(freed_.data(), totals.freed, stream_);
    read_rows(totals, outputs);
    if (totals.stalled == 0) break;
    if (missing > 0 && !state_.provide_chunks(missing)) {
      throw StateFull("closing windows needs " + std::to_string(missing) + " more chunks of " +
                      std::to_string(state_.panes().chunk_bytes()) + " bytes, but " +
                      std::to_string(state_.bytes()) + " of max_state_bytes " +
                      std::to_string(state_.max_bytes()) + " are in use");
    }
  }
  times_.settle();
  note_columns(steps, only.empty());
}

void Closing::cover_columns(std::span<const ColumnStep> steps) {
  std::size_t columns = 0;
  for (const ColumnStep& step : steps) {
    for (const ColumnIndex column : {step.target, step.source}) {
      if (column != no_column) columns = std::max(columns, std::size_t{column} + 1);
    }
  }
  if (state_.cover_columns(columns)) return;
  throw StateFull("closing windows needs a directory of " + std::to_string(columns) +
                  " columns, but " + std::to_string(state_.bytes()) + " of max_state_bytes " +
                  std::to_string(state_.max_bytes()) + " are in use");
}

ClosingProgram Closing::upload(std::span<const ColumnStep> steps, std::span<const KeySlot> only) {
  const std::size_t all_chunks = (state_.keys().bound() + chunk_slots - 1) / chunk_slots;
  ClosingProgram program{.step_count = static_cast<std::uint32_t>(steps.size()),
                         .group_count = static_cast<std::uint32_t>(all_chunks)};
  steps_.reserve(steps.size());
  std::copy(steps.begin(), steps.end(), steps_.host.begin());
  steps_.upload(steps.size(), stream_);
  if (!only.empty()) {
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
  if (progress_.size() < program.group_count) {
    progress_ = DeviceBuffer<std::uint32_t>(state_.panes().chunks());
  }
  fill_bytes(progress_.data(), 0, program.group_count * sizeof(std::uint32_t), stream_);
  program.steps = steps_.device.data();
  program.progress = progress_.data();
  return program;
}

ClosingOutput Closing::prepare_output() {
  const std::size_t row_bytes = layout_.words() * sizeof(std::uint64_t) + sizeof(KeySlot);
  const std::size_t rows = std::max<std::size_t>(
      std::min(windows_in_output * state_.keys().capacity(), largest_output / row_bytes),
      chunk_slots);
  if (slots_.size() < rows) {
    slots_ = MirroredBuffer<KeySlot>(rows);
    words_ = MirroredBuffer<std::uint64_t>(rows * layout_.words());
    emissions_ = MirroredBuffer<Emission>(rows);
  }
  if (freed_.size() < state_.panes().pool_chunks()) {
    freed_ = DeviceBuffer<std::uint32_t>(state_.panes().pool_chunks());
  }
  return {.totals = totals_.device.data(),
          .slots = slots_.device.data(),
          .words = words_.device.data(),
          .emissions = emissions_.device.data(),
          .capacity = static_cast<std::uint32_t>(slots_.size()),
          .freed = freed_.data()};
}

std::uint64_t Closing::bytes_of(std::span<const ColumnStep> steps, std::size_t slots) const {
  std::uint64_t rows = 0;
  for (const ColumnStep& step : steps) {
    switch (step.kind) {
      case ColumnStep::Kind::combine:
      case ColumnStep::Kind::remove:
        rows += 3;
        break;
      case ColumnStep::Kind::emit:
        rows += step.source == no_column ? 2 : 3;
        break;
      case ColumnStep::Kind::reset:
        rows += 1;
        break;
      case ColumnStep::Kind::drop:
      case ColumnStep::Kind::seal:
        break;
    }
  }
  return rows * slots * layout_.words() * sizeof(std::uint64_t);
}

void Closing::read_rows(const ClosingTotals& totals, std::span<WindowRows> outputs) {
  if (totals.rows == 0) return;
  const std::size_t words = layout_.words();
  slots_.download(totals.rows, stream_);
  words_.download(totals.rows * words, stream_);
  emissions_.download(totals.emissions, stream_);
  stream_.synchronize();  // the rows are read below
  const std::span<Emission> emissions(emissions_.host.data(), totals.emissions);
  // Blocks end in any order; their rows come out by slot.
  std::sort(emissions.begin(), emissions.end(), [](const Emission& a, const Emission& b) {
    return std::tie(a.output, a.chunk, a.begin) < std::tie(b.output, b.chunk, b.begin);
  });
  for (const Emission& emission : emissions) {
    WindowRows& rows = outputs[emission.output];
    const KeySlot* const slots = slots_.host.data() + emission.begin;
    const std::uint64_t* const first = words_.host.data() + emission.begin * words;
    rows.slots.insert(rows.slots.end(), slots, slots + emission.count);
    rows.words.insert(rows.words.end(), first, first + emission.count * words);
  }
}

void Closing::note_columns(std::span<const ColumnStep> steps, bool every_slot) {
  PaneTable& panes = state_.panes();
  for (const ColumnStep& step : steps) {
    switch (step.kind) {
      case ColumnStep::Kind::combine:
        if (panes.holds(step.source)) panes.set_held(step.target);
        break;
      case ColumnStep::Kind::reset:
      case ColumnStep::Kind::drop:
        if (every_slot) panes.set_empty(step.target, stream_);
        state_.slots_may_be_dead();
        break;
      case ColumnStep::Kind::remove:
        state_.slots_may_be_dead();
        break;
      case ColumnStep::Kind::seal:
      case ColumnStep::Kind::emit:
        break;
    }
  }
}

}  // namespace sluice::cuda
