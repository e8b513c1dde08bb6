#include "kernels/cpu/cpu_backend.hpp"

#include <algorithm>
#include <cassert>
#include <fstream>
#include <new>

#include <sys/mman.h>

namespace sluice::cpu {
namespace {

constexpr std::align_val_t staging_alignment{64};
constexpr std::align_val_t huge_page{std::size_t{2} << 20};

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
      table_(shape.layout, budget_, workers_.count()),
      accumulate_(shape, workers_, dictionary_, table_, budget_),
      steps_(workers_, table_),
      shifts_(shape.layout) {
  staged_.reserve(shape.batches_in_flight);
}

std::string CpuBackend::device() const {
  return cpu_model() + " x " + std::to_string(workers_.count());
}

StagingBlock CpuBackend::allocate_staging(std::size_t bytes) {
  if (bytes >= static_cast<std::size_t>(huge_page)) {
    auto* const memory = static_cast<std::byte*>(::operator new(bytes, huge_page));
    // A hint, as for Pages.
    madvise(memory, bytes, MADV_HUGEPAGE);
    return {memory, bytes, [](std::byte* freed) noexcept { ::operator delete(freed, huge_page); }};
  }
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
  return (dictionary_.bound() + table_.chunk_rows() - 1) / table_.chunk_rows();
}

void CpuBackend::run(const StepProgram& program, std::span<const KeySlot> only, std::size_t outputs,
                     EmittedRows& rows) {
  using Kind = ColumnStep::Kind;
  accumulate_.settle();
  // Slots beyond the directory have no rows.
  steps_.run(program, only, std::min(dictionary_.bound(), table_.slots()), outputs, rows);
  for (const ColumnStep& step : program.steps) {
    if (step.kind == Kind::remove || step.kind == Kind::reset || step.kind == Kind::drop) {
      accumulate_.rows_given_up();
      break;
    }
  }
}

void CpuBackend::each(std::size_t items, const std::function<void(std::size_t)>& task) {
  workers_.each(items, [&](unsigned, std::size_t item) { task(item); });
}

BackendStatus CpuBackend::status() const {
  BackendStatus status;
  status.keys = dictionary_.size();
  status.key_capacity = dictionary_.capacity();
  status.state_bytes = budget_.used();
  status.columns = table_.held();
  status.rehashes = dictionary_.rehashes();
  status.path = accumulate_.path();
  status.path_switches = accumulate_.path_switches();
  status.worker_cpu_seconds = workers_.cpu_seconds();
  for (const KernelStatistics& figures : accumulate_.statistics()) {
    status.kernels.push_back(figures);
  }
  status.kernels.push_back(steps_.statistics());
  return status;
}

StateImage CpuBackend::save() {
  accumulate_.settle();
  StateImage image;
  image.keys = dictionary_.save();
  image.shifts = shifts_.image();
  const std::size_t slots = std::min(dictionary_.bound(), table_.slots());
  EmittedRows rows;
  for (ColumnIndex column = 0; column < table_.columns(); ++column) {
    if (!table_.holds(column)) continue;
    steps_.run(ColumnStep{.kind = ColumnStep::Kind::emit, .target = column}, {}, slots, 1, rows);
    if (rows.rows() == 0) continue;
    image.columns.push_back({column, {}});
    rows.append_to(image.columns.back().rows, 0);
  }
  return image;
}

void CpuBackend::load(const StateImage& image) {
  accumulate_.settle();
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
  if (!table_.cover(column.column + std::size_t{1}, dictionary_.bound())) throw StateFull(full);
  for (std::size_t r = 0; r < column.rows.size(); ++r) {
    const KeySlot slot = column.rows.slots[r];
    const RowGroup group = table_.open(column.column, slot / table_.chunk_rows());
    if (!group) throw StateFull(full);
    const std::size_t row = slot % group.rows;
    const std::uint64_t* const words = column.rows.words.data() + r * layout.words();
    std::copy_n(words, layout.hot_words, group.hot + row * layout.hot_words);
    std::copy_n(words + layout.hot_words, layout.cold_words, group.cold + row * layout.cold_words);
  }
  table_.set_held(column.column, column.rows.size() != 0);
}

double CpuBackend::shift(std::uint32_t value) const noexcept {
  return value < max_values ? shifts_.values()[value] : 0;
}

}  // namespace sluice::cpu
