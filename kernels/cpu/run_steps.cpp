#include "kernels/cpu/run_steps.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "kernels/cpu/chunk_operations.hpp"
#include "kernels/row_operations.hpp"

namespace sluice::cpu {
namespace {

using Kind = ColumnStep::Kind;

// A program that names its slots gives a worker this many at a time.
constexpr std::size_t slots_together = 512;

RowGroup chunk_in(std::vector<std::uint64_t>& words, const RowLayout& layout) {
  return {words.data(), words.data() + chunk_rows * layout.hot_words};
}

void append(WindowRows& to, const WindowRows& from) {
  to.slots.insert(to.slots.end(), from.slots.begin(), from.slots.end());
  to.words.insert(to.words.end(), from.words.begin(), from.words.end());
}

std::size_t rows_in(std::span<const WindowRows> outputs) {
  std::size_t rows = 0;
  for (const WindowRows& output : outputs) rows += output.size();
  return rows;
}

}  // namespace

struct StepRunner::Scratch {
  std::vector<std::uint64_t> sum;
  std::vector<WindowRows> outputs;
  std::uint64_t bytes = 0;
};

StepRunner::StepRunner(Workers& workers, PaneTable& table)
    : workers_(workers), table_(table), scratch_(workers.count()) {
  for (Scratch& scratch : scratch_) scratch.sum.resize(chunk_rows * table.layout().words());
}

StepRunner::~StepRunner() = default;

void StepRunner::run(std::span<const ColumnStep> steps, std::span<const KeySlot> only,
                     std::size_t slots, std::span<WindowRows> outputs) {
  const std::size_t before = rows_in(outputs);
  clock_.time(0, 0, [&] {
    cover_targets(steps, slots);
    if (only.empty()) {
      run_chunks(steps, slots, outputs);
    } else {
      run_slots(steps, only, outputs);
    }
    note_held(steps, only.empty());
  });
  const std::uint64_t emitted = rows_in(outputs) - before;
  std::uint64_t bytes =
      emitted * (table_.layout().words() * sizeof(std::uint64_t) + sizeof(KeySlot));
  for (Scratch& scratch : scratch_) bytes += std::exchange(scratch.bytes, 0);
  clock_.count(emitted, bytes);
}

void StepRunner::cover_targets(std::span<const ColumnStep> steps, std::size_t slots) {
  std::size_t columns = 0;
  for (const ColumnStep& step : steps) {
    if (step.kind == Kind::combine) columns = std::max<std::size_t>(columns, step.target + 1u);
  }
  if (!table_.cover(columns, slots)) {
    throw StateFull("max_state_bytes cannot hold the directory of " + std::to_string(columns) +
                    " columns that closing windows needs");
  }
}

template <class Task>
void StepRunner::each(std::size_t items, std::span<WindowRows> outputs, const Task& task) {
  for (std::size_t worker = 1; worker < scratch_.size(); ++worker) {
    scratch_[worker].outputs.assign(outputs.size(), {});
  }
  workers_.each(items, [&](unsigned worker, std::size_t item) {
    Scratch& scratch = scratch_[worker];
    task(item, scratch, worker == 0 ? outputs : std::span(scratch.outputs));
  });
  workers_.each(outputs.size(), [&](unsigned, std::size_t output) {
    for (std::size_t worker = 1; worker < scratch_.size(); ++worker) {
      append(outputs[output], scratch_[worker].outputs[output]);
    }
  });
}

void StepRunner::run_chunks(std::span<const ColumnStep> steps, std::size_t slots,
                            std::span<WindowRows> outputs) {
  each((slots + chunk_rows - 1) / chunk_rows, outputs,
       [&](std::size_t chunk, Scratch& scratch, std::span<WindowRows> emitted) {
         scratch.bytes += run_chunk(steps, chunk, scratch, emitted);
       });
}

void StepRunner::run_slots(std::span<const ColumnStep> steps, std::span<const KeySlot> only,
                           std::span<WindowRows> outputs) {
  each((only.size() + slots_together - 1) / slots_together, outputs,
       [&](std::size_t piece, Scratch& scratch, std::span<WindowRows> emitted) {
         const std::size_t first = piece * slots_together;
         const auto slots = only.subspan(first, std::min(slots_together, only.size() - first));
         for (const KeySlot slot : slots) run_slot(steps, slot, scratch, emitted);
         scratch.bytes +=
             slots.size() * steps.size() * 2 * table_.layout().words() * sizeof(std::uint64_t);
       });
}

std::uint64_t StepRunner::run_chunk(std::span<const ColumnStep> steps, std::size_t chunk,
                                    Scratch& scratch, std::span<WindowRows> outputs) {
  const RowLayout& layout = table_.layout();
  std::uint64_t moved = 0;
  for (const ColumnStep& step : steps) {
    const RowGroup target = table_.chunk(step.target, chunk);
    const RowGroup source = table_.chunk(step.source, chunk);
    switch (step.kind) {
      case Kind::combine:
        if (!source) break;
        combine_chunk(layout, target ? target : opened(step.target, chunk), source);
        moved += 3;
        break;
      case Kind::remove:
        if (!source || !target) break;
        remove_chunk(layout, target, source);
        moved += 3;
        break;
      case Kind::reset:
        if (!target) break;
        table_.reset(target);
        moved += 1;
        break;
      case Kind::drop:
        table_.drop(step.target, chunk);
        break;
      case Kind::emit: {
        RowGroup rows = target ? target : source;
        if (!rows) break;
        moved += 1;
        if (target && source) {
          rows = chunk_in(scratch.sum, layout);
          std::copy_n(target.hot, chunk_rows * layout.words(), rows.hot);
          combine_chunk(layout, rows, source);
          moved += 1;
        }
        emit_chunk(layout, rows, chunk * chunk_rows, outputs[step.output]);
        break;
      }
      case Kind::seal:
        break;
    }
  }
  return moved * table_.chunk_bytes();
}

void StepRunner::run_slot(std::span<const ColumnStep> steps, KeySlot slot, Scratch& scratch,
                          std::span<WindowRows> outputs) {
  const RowLayout& layout = table_.layout();
  for (const ColumnStep& step : steps) {
    const RowRef target = row(step.target, slot);
    const RowRef source = row(step.source, slot);
    switch (step.kind) {
      case Kind::combine:
        if (source.hot == nullptr || source.hot[0] == 0) break;
        opened(step.target, slot / chunk_rows);
        combine_row<PlainWords>(layout, row(step.target, slot), source);
        break;
      case Kind::remove:
        if (source.hot != nullptr && target.hot != nullptr) remove_row(layout, target, source);
        break;
      case Kind::reset:
      case Kind::drop:
        if (target.hot != nullptr) reset_row(layout, target);
        break;
      case Kind::emit:
        emit_sum(target, source, slot, scratch, outputs[step.output]);
        break;
      case Kind::seal:
        break;
    }
  }
}

void StepRunner::emit_sum(RowRef target, RowRef source, KeySlot slot, Scratch& scratch,
                          WindowRows& output) const {
  const RowLayout& layout = table_.layout();
  if (target.hot == nullptr) std::swap(target, source);
  if (target.hot == nullptr) return;
  RowRef sum = target;
  if (source.hot != nullptr) {
    const RowGroup place = chunk_in(scratch.sum, layout);
    sum = {place.hot, place.cold};
    std::copy_n(target.hot, layout.hot_words, sum.hot);
    std::copy_n(target.cold, layout.cold_words, sum.cold);
    combine_row<PlainWords>(layout, sum, source);
  }
  if (sum.hot[0] == 0) return;
  output.slots.push_back(slot);
  output.words.insert(output.words.end(), sum.hot, sum.hot + layout.hot_words);
  output.words.insert(output.words.end(), sum.cold, sum.cold + layout.cold_words);
}

RowRef StepRunner::row(ColumnIndex column, KeySlot slot) const noexcept {
  const RowGroup group = table_.chunk(column, slot / chunk_rows);
  if (!group) return {};
  const std::size_t number = slot % chunk_rows;
  return {group.hot + number * table_.layout().hot_words,
          group.cold + number * table_.layout().cold_words};
}

RowGroup StepRunner::opened(ColumnIndex column, std::size_t chunk) {
  const RowGroup group = table_.open(column, chunk);
  if (!group) throw StateFull("max_state_bytes cannot hold the rows that closing windows needs");
  return group;
}

void StepRunner::note_held(std::span<const ColumnStep> steps, bool whole) {
  for (const ColumnStep& step : steps) {
    if (step.kind == Kind::combine && table_.holds(step.source)) table_.set_held(step.target, true);
    if (whole && (step.kind == Kind::reset || step.kind == Kind::drop)) {
      table_.set_held(step.target, false);
    }
  }
}

}  // namespace sluice::cpu
