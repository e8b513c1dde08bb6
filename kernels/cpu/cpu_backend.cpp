#include "kernels/cpu/cpu_backend.hpp"

#include <algorithm>
#include <cassert>
#include <fstream>
#include <new>

#include "kernels/cpu/chunk_operations.hpp"

namespace sluice::cpu {
namespace {

constexpr std::align_val_t staging_alignment{64};

std::string cpu_model() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "CPU";
}

}  // namespace

CpuBackend::CpuBackend(const BackendShape& shape)
    : workers_(shape.threads),
      budget_(shape.max_state_bytes),
      dictionary_(shape.max_keys, budget_),
      table_(shape.layout, budget_),
      accumulate_(shape, workers_, dictionary_, table_),
      steps_(workers_, table_),
      shifts_(shape.layout) {
  staged_.reserve(shape.batches_in_flight);
}

std::string CpuBackend::device() const {
  return cpu_model() + " x " + std::to_string(workers_.count());
}

StagingBlock CpuBackend::allocate_staging(std::size_t bytes) {
  auto* const memory = static_cast<std::byte*>(::operator new(bytes, staging_alignment));
  return {memory, bytes,
          [](std::byte* freed) noexcept { ::operator delete(freed, staging_alignment); }};
}

Ticket CpuBackend::stage(const EventColumns& events) {
  assert(staged_.size() < staged_.capacity());
  shifts_.choose(events);
  staged_.push_back({Ticket{++tickets_}, events});
  return staged_.back().ticket;
}

BatchReport CpuBackend::accumulate(Ticket ticket, const BatchLimits& limits,
                                   std::span<const std::uint32_t> only) {
  const auto staged = std::find_if(staged_.begin(), staged_.end(),
                                   [&](const Staged& s) { return s.ticket == ticket; });
  assert(staged != staged_.end());
  return accumulate_.run(staged->events, limits, only, shifts_.values().data());
}

void CpuBackend::release(Ticket ticket) {
  std::erase_if(staged_, [&](const Staged& staged) { return staged.ticket == ticket; });
}

std::size_t CpuBackend::slot_groups() const noexcept {
  return (dictionary_.bound() + chunk_rows - 1) / chunk_rows;
}

void CpuBackend::run(const StepProgram& program, std::span<const KeySlot> only,
                     std::span<WindowRows> outputs) {
  using Kind = ColumnStep::Kind;
  steps_.run(program.steps, only, dictionary_.bound(), outputs);
  for (const ColumnStep& step : program.steps) {
    if (step.kind == Kind::remove || step.kind == Kind::reset || step.kind == Kind::drop) {
      accumulate_.rows_given_up();
      break;
    }
  }
}

BackendStatus CpuBackend::status() const {
  BackendStatus status;
  status.keys = dictionary_.size();
  status.key_capacity = dictionary_.capacity();
  status.state_bytes = budget_.used();
  status.columns = table_.held();
  status.rehashes = dictionary_.rehashes();
  for (const KernelStatistics& figures : accumulate_.statistics()) {
    status.kernels.push_back(figures);
  }
  status.kernels.push_back(steps_.statistics());
  return status;
}

StateImage CpuBackend::save() {
  StateImage image;
  image.keys = dictionary_.save();
  image.shifts = shifts_.image();
  for (std::size_t column = 0; column < table_.columns(); ++column) {
    StateImage::Column saved{static_cast<ColumnIndex>(column), {}};
    for (std::size_t chunk = 0; chunk * chunk_rows < dictionary_.bound(); ++chunk) {
      const RowGroup rows = table_.chunk(saved.column, chunk);
      if (rows) emit_chunk(table_.layout(), rows, chunk * chunk_rows, saved.rows);
    }
    if (saved.rows.size() != 0) image.columns.push_back(std::move(saved));
  }
  return image;
}

void CpuBackend::load(const StateImage& image) {
  table_.clear();
  if (!dictionary_.load(image.keys)) {
    throw StateFull("max_keys or max_state_bytes cannot hold the " +
                    std::to_string(image.keys.size()) + " keys of the saved state");
  }
  accumulate_.rows_given_up();
  for (const StateImage::Column& column : image.columns) load_column(column);
  shifts_.load(image.shifts);
}

void CpuBackend::load_column(const StateImage::Column& column) {
  const RowLayout& layout = table_.layout();
  const char* const full = "max_state_bytes cannot hold the rows of the saved state";
  if (!table_.cover(column.column + std::size_t{1}, dictionary_.capacity())) throw StateFull(full);
  for (std::size_t r = 0; r < column.rows.size(); ++r) {
    const KeySlot slot = column.rows.slots[r];
    const RowGroup group = table_.open(column.column, slot / chunk_rows);
    if (!group) throw StateFull(full);
    const std::uint64_t* const words = column.rows.words.data() + r * layout.words();
    std::copy_n(words, layout.hot_words, group.hot + slot % chunk_rows * layout.hot_words);
    std::copy_n(words + layout.hot_words, layout.cold_words,
                group.cold + slot % chunk_rows * layout.cold_words);
  }
  table_.set_held(column.column, column.rows.size() != 0);
}

double CpuBackend::shift(std::uint32_t value) const noexcept {
  return value < max_values ? shifts_.values()[value] : 0;
}

}  // namespace sluice::cpu
