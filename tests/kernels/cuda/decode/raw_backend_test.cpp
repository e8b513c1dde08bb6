#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <numeric>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "ingest/decode/decoder.hpp"
#include "ingest/decode/document_shapes.hpp"
#include "ingest/decode/listed_events.hpp"
#include "ingest/decode/raw_messages.hpp"
#include "ingest/decode/raw_plan.hpp"
#include "kernels/cuda/cuda_backend.hpp"
#include "kernels/device_plan.hpp"
#include "kernels/row_layout.hpp"
#include "tests/ingest/decode/decoding.hpp"
#include "tests/kernels/cuda/backend_session.hpp"
#include "tests/kernels/cuda/decode/device_decoding.hpp"

// Raw batches through the whole backend, beside the same events as columns; with and without a
// filter.
namespace sluice::testing {
namespace {

using cuda::tumbling_limits;

constexpr std::size_t capacity = 4096;
constexpr ColumnIndex columns_of_panes[] = {0, 1, 2, 3};

Format clicks() {
  Format format = format_of(FormatType::json, Framing::lines);
  format.keys = {key("k")};
  format.values = {int64_value("i"), double_value("f")};
  return format;
}

/// Lines of one shape, some of them for the host, some malformed, some late.
std::string lines(std::size_t first, std::size_t count) {
  std::string text;
  for (std::size_t i = first; i < first + count; ++i) {
    const std::string name = i % 17 == 0 ? "\\u006bey" : "key" + std::to_string(i * 31 % 97);
    const std::string number = i % 23 == 0 ? "1e2" : i % 29 == 0 ? "\"x\"" : std::to_string(i);
    const std::size_t time = i % 19 == 0 ? 3 : 10 + i % 40;
    text += R"({"t":)" + std::to_string(time) + R"(,"k":")" + name + R"(","i":)" +
            std::to_string(i % 1000) + R"(,"f":)" + number + "}\n";
  }
  return text;
}

BackendShape shape_of(const FilteredFormat& format) {
  const AccumulatorNeed needs[] = {{AccumulatorKind::nulls, 0},
                                   {AccumulatorKind::sum_integer, 0},
                                   {AccumulatorKind::minimum, 1, true},
                                   {AccumulatorKind::maximum, 1, true}};
  BackendShape shape;
  shape.layout = lay_out_row(needs);
  shape.max_batch_events = capacity;
  shape.max_keys = 2000;
  shape.max_state_bytes = std::size_t{1} << 24;
  const RawPlan plan = format.plan();
  shape.raw = RawShape{.plan = plan.plan.value(),
                       .max_bytes = 1 << 20,
                       .max_messages = 64,
                       .partitions = 1'000,
                       .filter = plan.filter};
  return shape;
}

BatchLimits limits_of_four_panes(PaneIndex corrected_before = 1) {
  BatchLimits limits = tumbling_limits(10, 1, columns_of_panes);
  limits.grids[0].corrected_before = corrected_before;
  limits.windows[0].live_from = 10;
  limits.windows[0].refused_before = 10;
  limits.untouched_from = 10;
  return limits;
}

/// Rows by column and key.
using NamedRows = std::map<std::pair<ColumnIndex, std::pair<std::uint64_t, std::uint64_t>>,
                           std::vector<std::uint64_t>>;

NamedRows rows_of(Backend& backend) {
  const StateImage image = backend.save();
  std::map<KeySlot, std::pair<std::uint64_t, std::uint64_t>> keys;
  for (const StateImage::Key& key : image.keys) keys[key.slot] = {key.low, key.high};
  NamedRows rows;
  for (const StateImage::Column& column : image.columns) {
    const std::size_t words = column.rows.words.size() / column.rows.size();
    for (std::size_t i = 0; i < column.rows.size(); ++i) {
      const auto first = column.rows.words.begin() + static_cast<std::ptrdiff_t>(i * words);
      rows[{column.column, keys[column.rows.slots[i]]}] = {
          first, first + static_cast<std::ptrdiff_t>(words)};
    }
  }
  return rows;
}

class RawBackend : public ::testing::TestWithParam<std::string> {
 public:
  RawBackend()
      : filtered_format_(clicks(), {GetParam()}),
        format_(filtered_format_.format),
        plan_(*filtered_format_.plan().plan),
        filter_(filtered_format_.filter()),
        decoder_(format_),
        events_(make_events(format_, capacity)),
        table_(make_staging(RawMessageTable::bytes_needed(64)), 64),
        listed_(format_, plan_, make_staging(DecodedEvents::bytes_needed(capacity, 2)), capacity,
                filtered_format_.filter()),
        shapes_(format_) {}

 protected:
  // Without a device a test is skipped before this.
  void SetUp() override {
    by_columns_ = cuda::make_backend(shape_of(filtered_format_));
    by_bytes_ = cuda::make_backend(shape_of(filtered_format_));
  }

  BatchReport take_columns(const SourceBlock& block) {
    events_.clear();
    decoder_.decode(block, 0, events_);
    FilteredEvents filtered;
    if (filter_) filter_->apply(events_, decoder_.filter_columns(), block.now, filtered);
    const Ticket ticket = by_columns_->stage(events_.columns());
    BatchReport report =
        by_columns_->accumulate(ticket, limits_of_four_panes(corrected_before_), {});
    by_columns_->release(ticket);
    return report;
  }

  Ticket stage_raw(const SourceBlock& block) {
    EXPECT_TRUE(table_.take(block, plan_));
    return by_bytes_->raw_staging()->stage(table_.events());
  }

  RawOutcome settle(const SourceBlock& block, Ticket ticket) {
    RawStaging& raw = *by_bytes_->raw_staging();
    RawOutcome outcome = raw.decoded(ticket);
    listed_.decode(block, table_, outcome.listed);
    raw.settle(ticket, listed_.columns());
    bool learned = false;
    for (const ListedEvent& event : outcome.listed) {
      learned = shapes_.offer(listed_.document(block, table_, event)) || learned;
    }
    if (learned) raw.take_shapes(shapes_.shapes());
    return outcome;
  }

  BatchReport take_raw(const SourceBlock& block) {
    const Ticket ticket = stage_raw(block);
    settle(block, ticket);
    BatchReport report = by_bytes_->accumulate(ticket, limits_of_four_panes(corrected_before_), {});
    late_ = by_bytes_->raw_staging()->extents(ticket, report.late_events);
    std::vector<std::uint32_t> named;
    for (const FirstSeenKey& key : report.first_seen) named.push_back(key.event);
    named_ = by_bytes_->raw_staging()->extents(ticket, named);
    by_bytes_->release(ticket);
    return report;
  }

  PaneIndex corrected_before_ = 1;
  FilteredFormat filtered_format_;
  Format format_;
  DecodePlan plan_;
  std::optional<EventFilter> filter_;
  std::unique_ptr<Backend> by_columns_;
  std::unique_ptr<Backend> by_bytes_;
  Decoder decoder_;
  DecodedEvents events_;
  RawMessageTable table_;
  ListedEvents listed_;
  DocumentShapes shapes_;
  std::vector<RawExtent> late_;
  std::vector<RawExtent> named_;
};

TEST_P(RawBackend, LeavesTheSameRowsAsColumns) {
  for (std::size_t batch = 0; batch < 5; ++batch) {
    const SourceBlock block = block_of({lines(batch * 1000, 500), lines(batch * 1000 + 500, 300)});
    const BatchReport columns = take_columns(block);
    const BatchReport bytes = take_raw(block);
    EXPECT_EQ(bytes.accepted, columns.accepted);
    EXPECT_EQ(bytes.late, columns.late);
    EXPECT_EQ(bytes.first_seen.size(), columns.first_seen.size());
    ASSERT_EQ(bytes.maxima.size(), 1u);
    EXPECT_EQ(bytes.maxima[0].time, columns.maxima[0].time);
  }
  EXPECT_EQ(rows_of(*by_bytes_), rows_of(*by_columns_));
  EXPECT_FALSE(rows_of(*by_bytes_).empty());
}

TEST_P(RawBackend, NamesTheBytesOfLateEventsAndOfNewKeys) {
  const SourceBlock warm = block_of({lines(1, 2)});
  take_columns(warm);
  take_raw(warm);
  const SourceBlock block = block_of({lines(0, 600)});
  const BatchReport columns = take_columns(block);
  take_raw(block);

  std::set<std::uint32_t> begins;
  for (const std::uint32_t event : columns.late_events) {
    begins.insert(events_.extents[event].begin);
  }
  std::set<std::uint32_t> found;
  for (const RawExtent& extent : late_) found.insert(extent.begin);
  EXPECT_EQ(found, begins);
  EXPECT_FALSE(found.empty());

  std::set<std::string> keys;
  for (const FirstSeenKey& key : columns.first_seen) {
    keys.insert(decoder_.key_of(block, events_.extents[key.event]));
  }
  std::set<std::string> named;
  for (const RawExtent& extent : named_) {
    named.insert(decoder_.key_of(block, {extent.begin, extent.length, extent.message}));
  }
  EXPECT_EQ(named, keys);
}

TEST_P(RawBackend, NamesThePanesOfCorrections) {
  corrected_before_ = 3;
  const SourceBlock block = block_of({lines(0, 300)});
  std::vector<PaneIndex> columns;
  for (const Correction& correction : take_columns(block).corrections) {
    columns.push_back(correction.pane);
  }
  std::vector<PaneIndex> bytes;
  for (const Correction& correction : take_raw(block).corrections) bytes.push_back(correction.pane);

  EXPECT_EQ(bytes, columns);
  EXPECT_FALSE(bytes.empty());
}

TEST_P(RawBackend, BatchesMayBeStagedAhead) {
  take_raw(block_of({lines(0, 50)}));
  take_columns(block_of({lines(0, 50)}));
  const SourceBlock first = block_of({lines(100, 300)});
  const SourceBlock second = block_of({lines(400, 300)});
  take_columns(first);
  take_columns(second);

  RawMessageTable ahead(make_staging(RawMessageTable::bytes_needed(64)), 64);
  const Ticket one = stage_raw(first);
  ASSERT_TRUE(ahead.take(second, plan_));
  const Ticket two = by_bytes_->raw_staging()->stage(ahead.events());
  settle(first, one);
  by_bytes_->accumulate(one, limits_of_four_panes(corrected_before_), {});
  by_bytes_->release(one);
  std::swap(table_, ahead);
  settle(second, two);
  by_bytes_->accumulate(two, limits_of_four_panes(corrected_before_), {});
  by_bytes_->release(two);

  EXPECT_EQ(rows_of(*by_bytes_), rows_of(*by_columns_));
}

TEST_P(RawBackend, ARefusedBatchIsReleasedAndComesAsColumns) {
  std::string many;
  for (std::size_t i = 0; i <= capacity; ++i) many += "{}\n";
  const SourceBlock block = block_of({many});
  const Ticket ticket = stage_raw(block);

  EXPECT_TRUE(by_bytes_->raw_staging()->decoded(ticket).refused);
  by_bytes_->release(ticket);

  const SourceBlock next = block_of({lines(0, 100)});
  EXPECT_EQ(take_raw(next).accepted, take_columns(next).accepted);
}

TEST_P(RawBackend, ABackendWithoutAPlanDecodesNothing) {
  BackendShape shape = shape_of(filtered_format_);
  shape.raw.reset();
  EXPECT_EQ(cuda::make_backend(shape)->raw_staging(), nullptr);
}

TEST_P(RawBackend, ThePlanOfAJobCountsItsMemory) {
  BackendShape shape = shape_of(filtered_format_);
  shape.max_batch_events = std::size_t{1} << 16;
  const std::unique_ptr<Backend> backend = cuda::make_backend(shape);
  const auto planned = static_cast<double>(plan_device(shape, {}).staging);

  EXPECT_NEAR(static_cast<double>(backend->status().staging_bytes) / planned, 1, 0.1);
}

TEST_P(RawBackend, ShiftsOfSumsAreChosenFromColumnsFirst) {
  BackendShape shape = shape_of(filtered_format_);
  const AccumulatorNeed needs[] = {{AccumulatorKind::sum_shifted, 1, true}};
  shape.layout = lay_out_row(needs);
  const std::unique_ptr<Backend> backend = cuda::make_backend(shape);
  EXPECT_FALSE(backend->raw_staging()->ready());
  take_columns(block_of({lines(0, 10)}));

  const Ticket ticket = backend->stage(events_.columns());
  backend->accumulate(ticket, limits_of_four_panes(corrected_before_), {});
  backend->release(ticket);

  EXPECT_TRUE(backend->raw_staging()->ready());
}

INSTANTIATE_TEST_SUITE_P(WithAndWithoutAFilter, RawBackend,
                         ::testing::Values("", "i < 700 AND k <> 'key5' OR s IS NOT NULL"),
                         [](const auto& test) { return test.param.empty() ? "All" : "Filtered"; });

}  // namespace
}  // namespace sluice::testing
