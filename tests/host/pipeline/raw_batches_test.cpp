#include "host/pipeline/raw_batches.hpp"

#include <bit>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/cuda/cuda_backend.hpp"
#include "tests/host/pipeline/pipeline_run.hpp"
#include "tests/support/random.hpp"

// The pipeline over a backend that decodes, beside one that is fed columns.
namespace sluice {
namespace {

using oracle::Random;
using testing::IsEmpty;

std::unique_ptr<Backend> make_device(const Job& job, std::size_t partitions, BackendShape shape) {
  RawPlan raw = raw_plan(job.format, job.where ? &job.where->program : nullptr);
  EXPECT_TRUE(raw.plan) << raw.why_not;
  shape.raw = RawShape{.plan = *raw.plan,
                       .max_bytes = job.engine.batch_bytes,
                       .max_messages = job.engine.batch_events,
                       .partitions = partitions,
                       .filter = raw.filter};
  return cuda::make_backend(shape);
}

std::vector<std::uint64_t> figures(const Books& books) {
  return {books.events_read,  books.events_accepted, books.late_dropped, books.malformed,
          books.keys_full,    books.future_dropped,  books.state_full,   books.filtered,
          books.tombstones,   books.in_no_window,    books.parked,       books.windows_closed,
          books.rows_emitted, books.rows_revised,    books.sum_overflows};
}

/// Runs a script with both, expects the same of both. @returns what the device did
DeviceDecoding compare(const JobText& text, std::size_t partitions,
                       const std::vector<ScriptedBlock>& script) {
  PipelineRun host(text, partitions, script);
  host.source().wait_for_engine();
  host.run();
  PipelineRun device(text, partitions, script, Afterwards::finish, make_device);
  device.source().wait_for_engine();
  device.run();
  EXPECT_EQ(figures(device.books()), figures(host.books()));
  EXPECT_EQ(device.rows(), host.rows());
  EXPECT_EQ(device.source().committed(), host.source().committed());
  EXPECT_THAT(device.source().paused(), IsEmpty());
  EXPECT_TRUE(device.books().balance());
  return device.decoding();
}

/// One event after another, of partitions in turns; now and then a late, malformed or unusual one.
class Stream {
 public:
  Stream(std::uint64_t seed, std::size_t partitions) : random_(seed), partitions_(partitions) {}

  std::vector<ScriptedMessage> messages(std::size_t count) {
    std::vector<ScriptedMessage> messages;
    for (std::size_t i = 0; i < count; ++i) messages.push_back(next());
    return messages;
  }

 private:
  ScriptedMessage next() {
    time_ += random_.between(0, 2);
    const EventTime time = random_.chance(5) ? time_ - random_.between(0, 40) : time_;
    const auto partition = static_cast<PartitionIndex>(random_.below(partitions_));
    const std::string key = "k" + std::to_string(random_.below(40));
    switch (random_.below(250)) {
      case 0:
        return {partition, std::nullopt};
      case 1:
        return {partition, event(time, "\\u006b" + key)};
      case 2:
        return {partition, "{\"t\":" + std::to_string(time) + ",\"k\":\"a\",\"v\":\"many\"}"};
      case 3:
        return {partition, "{\"v\":null,\"k\":\"" + key + "\",\"t\":" + std::to_string(time) + "}"};
      case 4:
        return {partition, "{\"t\":" + std::to_string(time) + "e0,\"k\":\"" + key + "\",\"v\":2}"};
      default:
        return message(partition, time, key, random_.between(-50, 50));
    }
  }

  Random random_;
  std::size_t partitions_;
  EventTime time_ = 100;
};

std::vector<ScriptedBlock> blocks_of(Stream& stream, std::size_t blocks, std::size_t partitions) {
  std::vector<ScriptedBlock> script;
  for (std::size_t block = 0; block < blocks; ++block) {
    script.push_back({.messages = stream.messages(60)});
  }
  for (std::size_t p = 0; p < partitions; ++p) {
    script.back().finished.push_back(static_cast<PartitionIndex>(p));
  }
  return script;
}

const JobText revising{.windows = "{name: w, type: sliding, size: 20ms, slide: 10ms}",
                       .watermark =
                           "out_of_orderness: 5ms, allowed_lateness: 20ms, "
                           "idle_timeout: off, max_future: off"};

TEST(RawBatches, GiveTheRowsAndBooksOfTheHostsDecoder) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Stream stream(seed, 3);
    const DeviceDecoding device = compare(revising, 3, blocks_of(stream, 25, 3));
    EXPECT_GT(device.decoded, 1'000u);
    EXPECT_GT(device.listed, 5u);
  }
}

TEST(RawBatches, AreFilteredAsByTheHost) {
  JobText text = revising;
  text.where = "where: (v > 0 OR v IS NULL) AND k <> 'k3' AND t > 110\n";
  for (std::uint64_t seed = 11; seed <= 14; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Stream stream(seed, 3);
    const DeviceDecoding device = compare(text, 3, blocks_of(stream, 25, 3));
    EXPECT_GT(device.decoded, 1'000u);
  }
}

TEST(RawBatches, BeginOnceTheHostHasSeenWhatDocumentsLookLike) {
  const std::vector<ScriptedBlock> script{{.messages = {message(0, 1), message(0, 2)}},
                                          {.messages = {message(0, 3)}},
                                          {.messages = {message(0, 4)}, .finished = {0}}};
  const DeviceDecoding device = compare({}, 1, script);
  EXPECT_EQ(device.decoded, 2u);
  EXPECT_EQ(device.listed, 0u);
  EXPECT_EQ(device.moves, 1u);
  EXPECT_TRUE(device.on_device);
}

TEST(RawBatches, AreLeftAloneWhereNoTwoDocumentsAreAlike) {
  std::vector<ScriptedBlock> script;
  for (int block = 0; block < 6; ++block) {
    const std::string own = "{\"own" + std::to_string(block) + "\":1,";
    script.push_back({.messages = {{0, own + event(block).substr(1)}}});
  }
  const DeviceDecoding device = compare({}, 1, script);
  EXPECT_EQ(device.decoded + device.listed, 0u);
  EXPECT_FALSE(device.on_device);
}

/// Blocks of plain documents, of those with an escape in the key, and of plain ones again.
std::vector<ScriptedBlock> a_stream_that_changes() {
  std::vector<ScriptedBlock> script;
  for (int block = 0; block < 60; ++block) {
    const bool unusual = block >= 10 && block < 20;
    script.push_back({.messages = {}});
    for (int i = 0; i < 20; ++i) {
      script.back().messages.push_back(
          message(0, block, unusual && i % 4 == 0 ? "\\u0061" : "b", i));
    }
  }
  script.back().finished = {0};
  return script;
}

TEST(RawBatches, EndWhileTooManyEventsAreListedAndComeBackLater) {
  const DeviceDecoding device = compare({}, 1, a_stream_that_changes());
  EXPECT_EQ(device.moves, 3u);
  EXPECT_TRUE(device.on_device);
  EXPECT_GT(device.decoded, 400u);
  EXPECT_LT(device.listed, 20u);
}

TEST(RawBatches, TellWhereTheDecodingMovesAndWhy) {
  PipelineRun run({}, 1, a_stream_that_changes(), Afterwards::finish, make_device);
  run.source().wait_for_engine();
  run.run();
  EXPECT_THAT(run.moves(), testing::ElementsAre("device: the device can decode this stream",
                                                "host: too many events were left to the host",
                                                "device: the device can decode this stream"));
}

TEST(RawBatches, GoOnWhereTheDeviceIsInsistedOn) {
  const DeviceDecoding device =
      compare({.engine = "batch_events: 64, batch_bytes: 64KiB, decode: device"}, 1,
              a_stream_that_changes());
  EXPECT_GT(device.decoded, 800u);
}

TEST(RawBatches, WithMoreEventsThanABatchHoldsAreDecodedByTheHostInParts) {
  std::vector<ScriptedBlock> script;
  EventTime time = 0;
  const auto lines = [&](int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += event(time++ / 10, "k" + std::to_string(i % 7)) + "\n";
    return text;
  };
  for (int block = 0; block < 4; ++block) {
    script.push_back(
        {.messages = {{0, lines(20)}, {1, lines(block == 2 ? 50 : 3)}, {0, lines(9)}}});
  }
  script.back().finished = {0, 1};
  const DeviceDecoding device = compare(
      {.engine = "batch_events: 64, batch_bytes: 64KiB", .format = "type: json, framing: lines"}, 2,
      script);
  EXPECT_EQ(device.refused, 79u);
  EXPECT_EQ(device.decoded, 32u);
}

TEST(RawBatches, OfCsvWithQuotesAreDecodedByTheHost) {
  std::vector<ScriptedBlock> script;
  for (int block = 0; block < 4; ++block) {
    const std::string time = std::to_string(block);
    script.push_back({.messages = {{0, time + ",a,1\n" + time + ",b,2\n"}}});
    if (block == 2) script.back().messages.push_back({0, time + ",\"x,\ny\",3\n"});
  }
  const DeviceDecoding device = compare(
      {.format = "type: csv, framing: lines, csv: {header: false, columns: [t, k, v]}"}, 1, script);
  EXPECT_EQ(device.decoded, 2u);
  EXPECT_GT(device.refused, 0u);
}

std::string row(EventTime time, const std::string& key, std::int64_t value) {
  std::string bytes(24, '\0');
  std::memcpy(bytes.data(), &time, 8);
  key.copy(bytes.data() + 8, 8);
  std::memcpy(bytes.data() + 16, &value, 8);
  return bytes;
}

TEST(RawBatches, OfRowsKnowTheirMalformedMessages) {
  static_assert(std::endian::native == std::endian::little);
  std::vector<ScriptedBlock> script;
  for (int block = 0; block < 4; ++block) {
    script.push_back({.messages = {{0, row(block, "a", 1) + row(block, "b", 2)},
                                   {0, row(block, "c", 3).substr(1)},
                                   {1, std::nullopt},
                                   {1, row(block, "d", 4)}}});
  }
  const DeviceDecoding device =
      compare({.format = "type: binary, binary: {endian: little, layout: [{name: t, type: int64}, "
                         "{name: k, type: char(8)}, {name: v, type: int64}]}"},
              2, script);
  EXPECT_EQ(device.decoded, 9u);
}

TEST(RawBatches, ParkTheirEventsUntilThereIsRoom) {
  constexpr EventTime beyond = 2 * max_live_panes;  // of panes of 1 ms: more than the state holds
  const auto null_value = R"({"t":)" + std::to_string(beyond + 1) + R"(,"k":"b","v":null})";
  const std::vector<ScriptedBlock> script{
      {.messages = {message(0, 0), message(1, 0, "b"), message(0, 0)}},
      {.messages = {message(0, 1),
                    message(1, beyond, "b", 3),
                    message(0, 2),
                    message(1, beyond, "\\u0062", 5),
                    {1, null_value}}},
      {.messages = {message(0, beyond - 100)}},
      {.messages = {message(1, beyond + 5, "b")}},
      {.messages = {message(0, 2 * beyond)}, .finished = {0, 1}}};
  const JobText text{.windows = "{name: w, type: tumbling, size: 1ms}"};
  compare(text, 2, script);
  PipelineRun run(text, 2, script, Afterwards::finish, make_device);
  run.source().wait_for_engine();
  std::uint64_t most_parked = 0;
  run.after_batch = [&](const PipelineRun& at) {
    most_parked = std::max(most_parked, at.books().parked);
  };
  run.run();
  EXPECT_EQ(most_parked, 3u);
  EXPECT_EQ(run.books().events_accepted, 11u);
  EXPECT_GT(run.decoding().decoded, 0u);
}

TEST(RawBatches, NameTheMalformedEventThatStopsTheJob) {
  PipelineRun run({.format = "type: json, on_malformed: fail"}, 2,
                  {{.messages = {message(0, 1), message(1, 1)}},
                   {.messages = {message(1, 2), {1, R"({"t":3,"k":"a","v":"many"})"}}}},
                  Afterwards::finish, make_device);
  run.source().wait_for_engine();
  try {
    run.run();
    FAIL() << "nothing was thrown";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(),
                 "malformed event in topic partition 1 offset 2, field v: bad_value "
                 "(format.on_malformed is fail)");
  }
}

}  // namespace
}  // namespace sluice
