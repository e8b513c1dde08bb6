#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

#include "bench/backend_bench.hpp"
#include "ingest/decode/document_shapes.hpp"
#include "ingest/decode/raw_messages.hpp"
#include "ingest/decode/raw_plan.hpp"
#include "ingest/source_block.hpp"
#include "kernels/backend.hpp"
#include "kernels/row_layout.hpp"

// Raw bytes in pinned host memory to rows of accumulators: what a backend that decodes makes of
// blocks of 8 MiB, the next two always on their way.
namespace sluice::bench {
namespace {

constexpr std::size_t block_bytes = std::size_t{8} << 20;
constexpr std::size_t blocks_in_flight = 3;
constexpr std::size_t most_events = std::size_t{1} << 20;
constexpr std::size_t keys = 1'000;
constexpr EventTime first_time = 1'700'000'000'000;
constexpr Milliseconds pane = 10'000;

FieldPath member(const std::string& name) { return {name, {name}}; }

/// Event time `t`, key `k`, value `v`.
Format format_of(FormatType type, Framing framing) {
  Format format;
  format.type = type;
  format.framing = framing;
  format.event_time.path = member("t");
  format.keys = {{member("k"), "k", KeyType::as_it_came}};
  format.values = {{member("v"), "v", ValueType::int64, 0, false}};
  format.csv.columns = {"t", "k", "unread", "v"};
  return format;
}

struct Numbers {
  EventTime time;
  std::uint64_t key;
  std::uint64_t value;
};

Numbers numbers_of(std::size_t event) {
  return {first_time + static_cast<EventTime>(event % 9'000), event * 2'654'435'761u % keys,
          event * 40'503 % 1'000};
}

/// What one event looks like, the longer texts filled up to `bytes`.
struct Case {
  std::string name;
  Format format;
  std::string (*event)(std::size_t event, std::size_t bytes);
  std::size_t bytes;
};

std::string json_event(std::size_t event, std::size_t bytes) {
  const Numbers numbers = numbers_of(event);
  const std::string head = R"({"t":)" + std::to_string(numbers.time) + R"(,"k":"key_)" +
                           std::to_string(10'000 + numbers.key) + R"(","v":)" +
                           std::to_string(100 + numbers.value % 900);
  const std::size_t used = head.size() + 1;
  if (bytes < used + 12) return head + "}";
  return head + R"(,"unread":")" + std::string(bytes - used - 12, 'x') + "\"}";
}

std::string csv_event(std::size_t event, std::size_t bytes) {
  const Numbers numbers = numbers_of(event);
  const std::string head =
      std::to_string(numbers.time) + ",key_" + std::to_string(10'000 + numbers.key) + ",";
  const std::string tail = "," + std::to_string(100 + numbers.value % 900);
  return head + std::string(bytes - head.size() - tail.size(), 'x') + tail;
}

std::string row_event(std::size_t event, std::size_t bytes) {
  const Numbers numbers = numbers_of(event);
  std::string row(bytes, '\0');
  const auto key = static_cast<std::uint32_t>(numbers.key);
  const auto value = static_cast<std::uint32_t>(numbers.value);
  std::memcpy(row.data(), &numbers.time, sizeof numbers.time);
  std::memcpy(row.data() + 8, &key, sizeof key);
  std::memcpy(row.data() + 12, &value, sizeof value);
  return row;
}

Case rows_case(std::uint32_t bytes) {
  using Type = BinaryField::Type;
  Format format = format_of(FormatType::binary, Framing::message);
  format.binary.layout = {{"t", Type::int64, 8}, {"k", Type::uint32, 4}, {"v", Type::uint32, 4}};
  if (bytes > 16) format.binary.layout.push_back({"pad", Type::pad, bytes - 16});
  return {"rows", std::move(format), row_event, bytes};
}

/// A block of one message of lines or rows, or of messages of one event.
SourceBlock block_of(const Case& shape, Backend& backend) {
  SourceBlock block;
  block.memory = backend.allocate_staging(block_bytes + block_padding);
  const bool lines =
      shape.format.type != FormatType::binary && shape.format.framing == Framing::lines;
  const bool joined = lines || shape.format.type == FormatType::binary;
  auto* const text = reinterpret_cast<char*>(block.memory.data());
  for (std::size_t event = 0; event < most_events; ++event) {
    const std::string bytes = shape.event(event, shape.bytes) + (lines ? "\n" : "");
    if (block.used + bytes.size() > block_bytes) break;
    if (!joined || block.messages.empty()) {
      block.messages.emplace_back();
      block.messages.back().begin = static_cast<std::uint32_t>(block.used);
    }
    bytes.copy(text + block.used, bytes.size());
    block.used += bytes.size();
    block.messages.back().length += static_cast<std::uint32_t>(bytes.size());
  }
  std::memset(text + block.used, 0, block_padding);
  return block;
}

std::unique_ptr<Backend> backend_for(BackendKind kind, const DecodePlan& plan) {
  const AccumulatorNeed needs[] = {{AccumulatorKind::sum_integer, 0}};
  BackendShape shape;
  shape.layout = lay_out_row(needs);
  shape.max_batch_events = most_events;
  shape.max_keys = 10 * keys;
  shape.max_state_bytes = std::size_t{1} << 30;
  shape.batches_in_flight = blocks_in_flight;
  shape.raw = RawShape{.plan = plan, .max_bytes = block_bytes, .max_messages = most_events};
  return make_backend(kind, shape);
}

BatchLimits limits_of(const ColumnIndex* column) {
  BatchLimits limits;
  limits.window_count = 1;
  limits.grid_count = 1;
  limits.windows[0].spec = {.size = pane, .slide = pane};
  limits.grids[0].grid = {.phase = 0, .length = pane};
  limits.grids[0].window_count = 1;
  limits.grids[0].first_pane = first_time / pane;
  limits.grids[0].pane_count = 1;
  limits.grids[0].corrected_before = first_time / pane;
  limits.grids[0].columns = column;
  return limits;
}

/// Blocks that are decoded again and again.
class RawLoad {
 public:
  RawLoad(BackendKind kind, const Case& shape)
      : plan_(*raw_plan(shape.format).plan), backend_(backend_for(kind, plan_)) {
    for (std::size_t i = 0; i < blocks_in_flight; ++i) {
      blocks_.push_back(block_of(shape, *backend_));
      const std::size_t messages = blocks_.back().messages.size();
      tables_.emplace_back(backend_->allocate_staging(RawMessageTable::bytes_needed(messages)),
                           messages);
      tables_.back().take(blocks_.back(), plan_);
    }
    if (shape.format.type == FormatType::json) learn(shape);
    for (std::size_t i = 0; i + 1 < blocks_in_flight; ++i) stage();
  }

  /// @returns false: the backend left events to the host, or refused the batch
  bool turn() {
    stage();
    const Ticket ticket = tickets_.front();
    tickets_.erase(tickets_.begin());
    RawStaging& raw = *backend_->raw_staging();
    const RawOutcome outcome = raw.decoded(ticket);
    if (outcome.refused || !outcome.listed.empty()) return false;
    raw.settle(ticket, {});
    const ColumnIndex column = 0;
    accepted_ += backend_->accumulate(ticket, limits_of(&column), {}).accepted;
    backend_->release(ticket);
    return true;
  }

  std::uint64_t accepted() const noexcept { return accepted_; }
  std::size_t bytes() const noexcept { return blocks_.front().used; }

 private:
  void learn(const Case& shape) {
    DocumentShapes shapes(shape.format);
    const std::string padded = shape.event(0, shape.bytes) + std::string(block_padding, ' ');
    const std::string_view document(padded.data(), padded.size() - block_padding);
    shapes.offer(document);
    shapes.offer(document);
    backend_->raw_staging()->take_shapes(shapes.shapes());
  }

  void stage() {
    tickets_.push_back(
        backend_->raw_staging()->stage(tables_[next_++ % blocks_in_flight].events()));
  }

  DecodePlan plan_;
  std::unique_ptr<Backend> backend_;
  std::vector<SourceBlock> blocks_;
  std::vector<RawMessageTable> tables_;
  std::vector<Ticket> tickets_;
  std::size_t next_ = 0;
  std::uint64_t accepted_ = 0;
};

void raw_to_rows(benchmark::State& state, BackendKind kind, const Case& shape) {
  RawLoad load(kind, shape);
  if (!load.turn()) {
    state.SkipWithError("the backend left events to the host");
    return;
  }
  const std::uint64_t before = load.accepted();
  for (auto _ : state) load.turn();
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(load.bytes()));
  state.SetItemsProcessed(static_cast<std::int64_t>(load.accepted() - before));
}

void add(BackendKind kind, BenchSet) {
  if (kind != BackendKind::cuda) return;
  const Format json_lines = format_of(FormatType::json, Framing::lines);
  const Format json_messages = format_of(FormatType::json, Framing::message);
  const Case cases[] = {rows_case(16),
                        rows_case(32),
                        {"json/lines", json_lines, json_event, 63},
                        {"json/lines", json_lines, json_event, 253},
                        {"json/messages", json_messages, json_event, 253},
                        {"csv/lines", format_of(FormatType::csv, Framing::lines), csv_event, 42}};
  for (const Case& shape : cases) {
    const std::string name =
        "cuda/from:pinned/" + shape.name + "/bytes:" + std::to_string(shape.bytes);
    benchmark::RegisterBenchmark(name.c_str(), [kind, shape](benchmark::State& state) {
      raw_to_rows(state, kind, shape);
    })->UseRealTime();
  }
}

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) {
  return sluice::bench::run_on_every_backend(argc, argv, sluice::bench::add);
}
