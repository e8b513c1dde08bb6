// Runs the same batches through the CPU and the CUDA backend and compares everything they hold.
// Needs no library but the backends themselves, so that it can be built wherever nvcc is, and run
// under compute-sanitizer.

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <memory>
#include <random>
#include <span>
#include <utility>
#include <vector>

#include "kernels/backend.hpp"
#include "kernels/row_layout.hpp"

namespace sluice {
namespace {

constexpr std::size_t batch_events = 50'000;
constexpr std::size_t batch_count = 4;
constexpr std::uint32_t pane_count = 16;
constexpr Milliseconds pane_length = 1'000;

struct Batch {
  std::vector<EventTime> time;
  std::vector<std::uint64_t> key;
  std::vector<std::int64_t> value;

  EventColumns columns() const {
    EventColumns events;
    events.size = time.size();
    events.time.wide = time.data();
    events.key.low = key.data();
    events.value_count = 1;
    events.values[0].bits = value.data();
    return events;
  }
};

Batch make_batch(std::mt19937_64& random, std::uint64_t keys) {
  Batch batch;
  for (std::size_t i = 0; i < batch_events; ++i) {
    batch.time.push_back(static_cast<EventTime>(random() % (pane_count * pane_length)));
    batch.key.push_back(random() % keys);
    batch.value.push_back(static_cast<std::int64_t>(random()));
  }
  return batch;
}

RowLayout make_layout() {
  using enum AccumulatorKind;
  const std::array needs{AccumulatorNeed{sum_integer, 0}, AccumulatorNeed{minimum, 0},
                         AccumulatorNeed{maximum, 0}, AccumulatorNeed{sum_squares_integer, 0}};
  return lay_out_row(needs);
}

/// What a backend holds, without the slots that it chose: (column, key) to the words of the row.
using Content = std::map<std::pair<ColumnIndex, std::uint64_t>, std::vector<std::uint64_t>>;

Content content_of(Backend& backend, const RowLayout& layout) {
  const StateImage image = backend.save();
  std::map<KeySlot, std::uint64_t> key_of;
  for (const StateImage::Key& key : image.keys) key_of[key.slot] = key.low;
  Content content;
  for (const StateImage::Column& column : image.columns) {
    for (std::size_t row = 0; row < column.rows.size(); ++row) {
      const auto words = std::span(column.rows.words).subspan(row * layout.words(), layout.words());
      content[{column.column, key_of.at(column.rows.slots[row])}].assign(words.begin(),
                                                                         words.end());
    }
  }
  return content;
}

class Check {
 public:
  Check() : layout_(make_layout()) {
    for (std::uint32_t pane = 0; pane < pane_count; ++pane) columns_.push_back(pane);
    limits_.window_count = 1;
    limits_.windows[0].spec = {pane_length, pane_length, 0};
    limits_.grid_count = 1;
    limits_.grids[0].grid = {0, pane_length};
    limits_.grids[0].window_count = 1;
    limits_.grids[0].pane_count = pane_count;
    limits_.grids[0].columns = columns_.data();
  }

  /// Feeds both backends `batch_count` batches over `keys` keys. @return whether they agree.
  bool run(std::uint64_t keys) {
    const auto cpu = make(BackendKind::cpu, keys);
    const auto cuda = make(BackendKind::cuda, keys);
    std::mt19937_64 random(keys);
    bool agree = true;
    for (std::size_t i = 0; i < batch_count; ++i) {
      const Batch batch = make_batch(random, keys);
      agree = feed(*cpu, batch) == batch_events && feed(*cuda, batch) == batch_events && agree;
    }
    const Content expected = content_of(*cpu, layout_);
    agree = agree && expected == content_of(*cuda, layout_);
    std::printf("%s: %llu keys, %zu events, %zu rows on %s and %s\n", agree ? "agree" : "DIFFER",
                static_cast<unsigned long long>(keys), batch_count * batch_events, expected.size(),
                cpu->device().c_str(), cuda->device().c_str());
    return agree;
  }

 private:
  std::unique_ptr<Backend> make(BackendKind kind, std::uint64_t keys) const {
    BackendShape shape;
    shape.layout = layout_;
    shape.max_batch_events = batch_events;
    shape.max_keys = static_cast<std::size_t>(keys);
    shape.max_state_bytes = std::size_t{4} << 30;
    return make_backend(kind, shape);
  }

  std::uint64_t feed(Backend& backend, const Batch& batch) const {
    const Ticket ticket = backend.stage(batch.columns());
    const BatchReport report = backend.accumulate(ticket, limits_, {});
    backend.release(ticket);
    return report.accepted;
  }

  RowLayout layout_;
  std::vector<ColumnIndex> columns_;
  BatchLimits limits_;
};

int self_check() {
  if (const std::string reason = cuda_unavailable(); !reason.empty()) {
    const bool required = std::getenv("SLUICE_REQUIRE_CUDA") != nullptr;
    std::printf("%s: %s\n", required ? "FAILED" : "skipped", reason.c_str());
    return required ? 1 : 0;
  }
  Check check;
  bool agree = true;
  for (const std::uint64_t keys : {1u, 33u, 1'000u, 100'000u}) agree = check.run(keys) && agree;
  return agree ? 0 : 1;
}

}  // namespace
}  // namespace sluice

int main() {
  try {
    return sluice::self_check();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "self_check: %s\n", error.what());
    return 1;
  }
}
