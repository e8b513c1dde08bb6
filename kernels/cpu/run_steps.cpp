#include "kernels/cpu/run_steps.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "kernels/cpu/emit_rows.hpp"
#include "kernels/row_operations.hpp"

namespace sluice::cpu {
namespace {

using Kind = ColumnStep::Kind;

// A program that names its slots gives a worker this many at a time.
constexpr std::size_t slots_together = 256;

// Rows times steps of a program that other cores are worth waking for: some tens of microseconds.
constexpr std::size_t rows_worth_waking = 32'768;

constexpr const char* no_room = "max_state_bytes cannot hold the rows that closing windows needs";

RowGroup first_rows(RowGroup group, std::size_t rows) {
  group.rows = std::min(group.rows, rows);
  return group;
}

}  // namespace

struct alignas(64) StepRunner::Scratch {
  // Each of the size of a chunk.
  std::vector<std::uint64_t> sum;
  std::vector<std::uint64_t> target;
  std::vector<std::uint64_t> source;
  std::vector<KeySlot> slots;
  std::uint64_t bytes = 0;  ///< moved
};

struct StepRunner::LastEmission {
  const ColumnStep* step = nullptr;
  std::uint32_t rows = 0;

  void changed(ColumnIndex column) {
    if (step != nullptr && (column == step->target || column == step->source)) step = nullptr;
  }
};

StepRunner::StepRunner(Workers& workers, PaneTable& table)
    : workers_(workers), table_(table), arithmetic_(table.layout()), scratch_(workers.count()) {
  for (Scratch& scratch : scratch_) {
    for (auto* words : {&scratch.sum, &scratch.target, &scratch.source}) {
      words->resize(max_chunk_rows * table.layout().words());
    }
  }
}

StepRunner::~StepRunner() = default;

void StepRunner::run(const StepProgram& program, std::span<const KeySlot> only, std::size_t slots,
                     std::size_t outputs, EmittedRows& rows) {
  rows.clear(outputs, workers_.count(), table_.layout());
  clock_.time(0, 0, [&] {
    cover_targets(program.steps, slots);
    if (only.empty()) {
      run_chunks(program, slots, rows);
    } else {
      run_slots(program.steps, only, rows);
    }
    note_held(program.steps, only.empty());
    rows.settle();
  });
  const std::size_t row_bytes = table_.layout().words() * sizeof(std::uint64_t);
  std::uint64_t bytes = rows.rows() * (row_bytes + sizeof(KeySlot));
  for (Scratch& scratch : scratch_) bytes += std::exchange(scratch.bytes, 0);
  clock_.count(rows.rows(), bytes);
}

void StepRunner::cover_targets(Steps steps, std::size_t slots) {
  std::size_t columns = 0;
  std::size_t sealed_columns = 0;
  for (const ColumnStep& step : steps) {
    if (step.kind == Kind::combine) columns = std::max<std::size_t>(columns, step.target + 1u);
    if (step.kind == Kind::seal)
      sealed_columns = std::max<std::size_t>(sealed_columns, step.target + 1u);
  }
  // Without room for sealing, rows stay as they are.
  if (sealed_columns != 0) {
    table_.sealed().cover(sealed_columns, (slots + max_chunk_rows - 1) / max_chunk_rows);
  }
  if (!table_.cover(columns, slots)) {
    throw StateFull("max_state_bytes cannot hold the directory of " + std::to_string(columns) +
                    " columns that closing windows needs");
  }
}

void StepRunner::run_chunks(const StepProgram& program, std::size_t slots, EmittedRows& rows) {
  const std::size_t chunk_rows = table_.chunk_rows();
  const std::size_t chunks = (slots + chunk_rows - 1) / chunk_rows;
  const std::size_t strands = std::max<std::size_t>(1, program.strands.size());
  const auto run_item = [&](unsigned worker, std::size_t item) {
    const std::size_t strand = item / chunks;
    const std::size_t chunk = item % chunks;
    const std::size_t begin = strand == 0 ? 0 : program.strands[strand - 1];
    const std::size_t end =
        program.strands.empty() ? program.steps.size() : program.strands[strand];
    run_chunk(program.steps.subspan(begin, end - begin), chunk,
              std::min(chunk_rows, slots - chunk * chunk_rows), worker, rows.arena(worker));
  };
  if (program.steps.size() * slots < rows_worth_waking) {
    for (std::size_t item = 0; item < chunks * strands; ++item) run_item(0, item);
  } else {
    workers_.each(chunks * strands, run_item);
  }
}

void StepRunner::run_slots(Steps steps, std::span<const KeySlot> only, EmittedRows& rows) {
  cut_slots(only);
  workers_.each(pieces_.size() - 1, [&](unsigned worker, std::size_t piece) {
    const auto slots = only.subspan(pieces_[piece], pieces_[piece + 1] - pieces_[piece]);
    for (const ColumnStep& step : steps) {
      run_step(step, slots, scratch_[worker], rows.arena(worker));
    }
  });
}

/// No chunk has slots in two pieces, and no piece more slots than the largest chunk.
void StepRunner::cut_slots(std::span<const KeySlot> only) {
  const std::size_t rows = std::max(table_.chunk_rows(), slots_together);
  pieces_.assign(1, 0);
  for (std::size_t i = 1; i < only.size(); ++i) {
    if (only[i] / rows != only[i - 1] / rows) pieces_.push_back(i);
  }
  pieces_.push_back(only.size());
}

void StepRunner::run_chunk(Steps steps, std::size_t chunk, std::size_t used_rows, unsigned worker,
                           RowArena& arena) {
  Scratch& scratch = scratch_[worker];
  LastEmission last;
  for (std::size_t i = 0; i < steps.size();) {
    const ColumnStep& step = steps[i++];
    switch (step.kind) {
      case Kind::combine:
        i += combine(steps.subspan(i - 1), chunk, used_rows, scratch, last) - 1;
        break;
      case Kind::remove:
        if (remove(step, chunk, used_rows, scratch)) last.changed(step.target);
        break;
      case Kind::reset: {
        const RowGroup target = table_.chunk(step.target, chunk);
        if (target) table_.reset(target);
        table_.sealed().drop(step.target, chunk);
        last.changed(step.target);
        break;
      }
      case Kind::drop:
        table_.drop(step.target, chunk);
        table_.sealed().drop(step.target, chunk);
        last.changed(step.target);
        break;
      case Kind::emit:
        emit(step, chunk, used_rows, scratch, arena, last);
        break;
      case Kind::seal:
        seal(step.target, chunk, used_rows, worker);
        break;
    }
  }
}

std::size_t StepRunner::combine(Steps steps, std::size_t chunk, std::size_t used_rows,
                                Scratch& scratch, LastEmission& last) {
  const ColumnStep& step = steps[0];
  const RowGroup source = rows_of(step.source, chunk, used_rows, scratch.source);
  if (!source) return 1;
  last.changed(step.target);
  const std::size_t bytes = used_rows * table_.layout().words() * sizeof(std::uint64_t);
  scratch.bytes += 3 * bytes;
  RowGroup target = open_rows(step.target, chunk, used_rows);
  if (target) {
    arithmetic_.combine(target, source);
    return 1;
  }
  target = opened_unset(step.target, chunk, used_rows);
  const bool more = steps.size() > 1 && steps[1].kind == Kind::combine &&
                    steps[1].target == step.target && steps[1].source != step.target;
  const RowGroup second =
      more ? rows_of(steps[1].source, chunk, used_rows, scratch.target) : RowGroup{};
  if (second) {
    arithmetic_.add(target, source, second);
    return 2;
  }
  const RowLayout& layout = table_.layout();
  std::copy_n(source.hot, used_rows * layout.hot_words, target.hot);
  if (source.cold != nullptr) {
    std::copy_n(source.cold, used_rows * layout.cold_words, target.cold);
  } else {
    std::fill_n(target.cold, used_rows * layout.cold_words, std::uint64_t{0});
  }
  return more ? 2 : 1;
}

bool StepRunner::remove(const ColumnStep& step, std::size_t chunk, std::size_t used_rows,
                        Scratch& scratch) {
  const RowGroup source = rows_of(step.source, chunk, used_rows, scratch.source);
  if (!source) return false;
  unseal(step.target, chunk);
  const RowGroup target = open_rows(step.target, chunk, used_rows);
  if (!target) return false;
  arithmetic_.remove(target, source);
  scratch.bytes += 3 * used_rows * table_.layout().words() * sizeof(std::uint64_t);
  return true;
}

void StepRunner::emit(const ColumnStep& step, std::size_t chunk, std::size_t used_rows,
                      Scratch& scratch, RowArena& arena, LastEmission& last) {
  if (last.step != nullptr && last.step->target == step.target &&
      last.step->source == step.source) {
    if (last.rows != 0) arena.repeat(step.output);
    return;
  }
  const RowLayout& layout = table_.layout();
  const RowGroup target = rows_of(step.target, chunk, used_rows, scratch.target);
  const RowGroup source = rows_of(step.source, chunk, used_rows, scratch.source);
  last = {&step, 0};
  RowGroup rows = target ? target : source;
  if (!rows) return;
  if (target && source) {
    std::uint64_t* const words = scratch.sum.data();
    const std::size_t hot = (rows.rows + 3) / 4 * 4 * layout.hot_words;
    rows = {words, words + hot, target.rows};
    arithmetic_.add(rows, target, source);
  }
  last.rows = emit_rows(layout, rows, arithmetic_.has_cold(rows), chunk * table_.chunk_rows(),
                        step.output, arena);
  scratch.bytes += (target && source ? 2 : 1) * used_rows * layout.words() * sizeof(std::uint64_t);
}

void StepRunner::run_step(const ColumnStep& step, std::span<const KeySlot> slots, Scratch& scratch,
                          RowArena& arena) {
  if (step.kind == Kind::seal) return;
  if (step.kind == Kind::emit) {
    emit_slots(step, slots, scratch, arena);
    return;
  }
  const RowLayout& layout = table_.layout();
  const RowRef source{scratch.source.data(), scratch.source.data() + layout.hot_words};
  for (const KeySlot slot : slots) {
    const std::size_t chunk = slot / table_.chunk_rows();
    unseal(step.target, chunk);
    RowRef target = row(step.target, slot);
    if (step.kind == Kind::reset || step.kind == Kind::drop) {
      if (target.hot != nullptr) reset_row(layout, target);
      continue;
    }
    reset_row(layout, source);
    add_row(step.source, slot, source, scratch);
    if (source.hot[0] == 0) continue;
    if (step.kind == Kind::remove) {
      if (target.hot != nullptr) remove_row(layout, target, source);
      continue;
    }
    if (target.hot == nullptr) {
      opened(step.target, chunk);
      target = row(step.target, slot);
    }
    combine_row<PlainWords>(layout, target, source);
  }
  scratch.bytes += slots.size() * 2 * layout.words() * sizeof(std::uint64_t);
}

void StepRunner::emit_slots(const ColumnStep& step, std::span<const KeySlot> slots,
                            Scratch& scratch, RowArena& arena) {
  const RowLayout& layout = table_.layout();
  scratch.slots.clear();
  std::uint64_t* words = scratch.sum.data();
  for (const KeySlot slot : slots) {
    const RowRef sum{words, words + layout.hot_words};
    reset_row(layout, sum);
    add_row(step.target, slot, sum, scratch);
    add_row(step.source, slot, sum, scratch);
    if (sum.hot[0] == 0) continue;
    scratch.slots.push_back(slot);
    words += layout.words();
  }
  if (scratch.slots.empty()) return;
  arena.add_rows(step.output, static_cast<std::uint32_t>(scratch.slots.size()),
                 scratch.slots.data(), scratch.sum.data(), layout.hot_words, layout.cold_words);
}

void StepRunner::seal(ColumnIndex column, std::size_t chunk, std::size_t used_rows,
                      unsigned worker) {
  // Smaller chunks hold few keys: there is little to be gained.
  if (table_.chunk_rows() != sealed_slots || !table_.chunk(column, chunk)) return;
  unseal(column, chunk);
  const RowGroup rows = open_rows(column, chunk, used_rows);
  if (table_.sealed().seal(worker, column, chunk, rows)) table_.drop(column, chunk);
}

void StepRunner::unseal(ColumnIndex column, std::size_t chunk) {
  const std::uint64_t* const sealed = table_.sealed().find(column, chunk);
  if (sealed == nullptr) return;
  std::vector<std::uint64_t> words(max_chunk_rows * table_.layout().words());
  const RowGroup rows = rows_of(column, chunk, max_chunk_rows, words);
  std::copy_n(rows.hot, words.size(), opened(column, chunk).hot);
  table_.sealed().drop(column, chunk);
}

RowGroup StepRunner::open_rows(ColumnIndex column, std::size_t chunk,
                               std::size_t used_rows) const noexcept {
  return first_rows(table_.chunk(column, chunk), used_rows);
}

RowGroup StepRunner::rows_of(ColumnIndex column, std::size_t chunk, std::size_t used_rows,
                             std::vector<std::uint64_t>& expanded) const {
  const RowGroup open = open_rows(column, chunk, used_rows);
  const std::uint64_t* const sealed = table_.sealed().find(column, chunk);
  if (sealed == nullptr) return open;
  RowGroup rows{expanded.data(), expanded.data() + max_chunk_rows * table_.layout().hot_words,
                max_chunk_rows};
  if (!open && !arithmetic_.needs_cold() && !table_.sealed().has_cold(sealed)) rows.cold = nullptr;
  // Expanding writes every word of the rows that there are.
  if (!table_.sealed().is_full(sealed)) table_.reset(rows);
  table_.sealed().expand(sealed, rows);
  if (open) arithmetic_.combine(first_rows(rows, used_rows), open);
  return first_rows(rows, used_rows);
}

void StepRunner::add_row(ColumnIndex column, KeySlot slot, RowRef sum, Scratch& scratch) const {
  const RowLayout& layout = table_.layout();
  const RowRef open = row(column, slot);
  if (open.hot != nullptr && open.hot[0] != 0) combine_row<PlainWords>(layout, sum, open);
  const std::size_t chunk_rows = table_.chunk_rows();
  const std::uint64_t* const sealed = table_.sealed().find(column, slot / chunk_rows);
  if (sealed == nullptr) return;
  const RowRef expanded{scratch.target.data(), scratch.target.data() + layout.hot_words};
  reset_row(layout, expanded);
  const auto number = static_cast<std::uint32_t>(slot % chunk_rows);
  if (table_.sealed().expand_row(sealed, number, expanded)) {
    combine_row<PlainWords>(layout, sum, expanded);
  }
}

RowRef StepRunner::row(ColumnIndex column, KeySlot slot) const noexcept {
  const std::size_t chunk_rows = table_.chunk_rows();
  const RowGroup group = table_.chunk(column, slot / chunk_rows);
  if (!group) return {};
  const std::size_t number = slot % chunk_rows;
  return {group.hot + number * table_.layout().hot_words,
          group.cold + number * table_.layout().cold_words};
}

RowGroup StepRunner::opened(ColumnIndex column, std::size_t chunk) {
  const RowGroup group = table_.open(column, chunk);
  if (!group) throw StateFull(no_room);
  return group;
}

RowGroup StepRunner::opened_unset(ColumnIndex column, std::size_t chunk, std::size_t used_rows) {
  if (used_rows < table_.chunk_rows()) return first_rows(opened(column, chunk), used_rows);
  const RowGroup group = table_.open_unset(column, chunk);
  if (!group) throw StateFull(no_room);
  return group;
}

void StepRunner::note_held(Steps steps, bool whole) {
  for (const ColumnStep& step : steps) {
    if (step.kind == Kind::combine && table_.holds(step.source)) table_.set_held(step.target, true);
    if (whole && (step.kind == Kind::reset || step.kind == Kind::drop)) {
      table_.set_held(step.target, false);
    }
  }
}

}  // namespace sluice::cpu
