// Answers that no honest broker gives: whatever comes, a lane ends with messages, an error that
// names the place, or goes on asking; it never reads or writes where it must not.
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "ingest/kafka/direct/api_versions.hpp"
#include "ingest/kafka/direct/fetch.hpp"
#include "ingest/kafka/direct/leader_epoch.hpp"
#include "ingest/kafka/direct/metadata.hpp"
#include "tests/ingest/kafka/direct/lane_under_test.hpp"
#include "tests/ingest/kafka/direct/scripted_broker.hpp"
#include "tests/ingest/kafka/direct/wire_batches.hpp"

namespace sluice::wire_test {
namespace {

constexpr std::uint64_t seed = 20'261;

void change(Bytes& bytes, std::mt19937_64& random) {
  for (std::uint64_t changes = 1 + random() % 6; changes > 0; --changes) {
    const std::size_t at = random() % bytes.size();
    switch (random() % 3) {
      case 0:
        bytes[at] = static_cast<std::byte>(random());
        break;
      case 1:
        bytes[at] ^= static_cast<std::byte>(1U << random() % 8);
        break;
      default:  // a length or a figure at the edge of its range
        for (std::size_t i = at; i < std::min(at + 4, bytes.size()); ++i)
          bytes[i] = std::byte{0xFF};
    }
  }
}

TEST(HostileAnswers, NeverHarmALane) {
  std::mt19937_64 random(seed);
  for (const Compression compression : {Compression::none, Compression::lz4, Compression::snappy,
                                        Compression::zstd, Compression::gzip}) {
    ScriptedBroker broker;
    std::vector<std::string> values;
    for (int i = 0; i < 50; ++i) values.push_back("message " + std::to_string(i));
    broker.append("events", 0, batch_of(0, values, compression));
    broker.append("events", 1, batch_of(0, values, compression));
    for (int round = 0; round < 150; ++round) {
      DirectSettings settings = LaneUnderTest::settings_for(broker);
      settings.answer_timeout = std::chrono::milliseconds(20);
      settings.check_checksums = round % 2 == 0;
      settings.max_answer_bytes = 1 << 20;
      LaneUnderTest lane(settings, {{.end = 50}, {.end = 50}});
      broker.script([&random](Bytes& answer) { change(answer, random); });
      try {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
        while (lane.fill() != FillResult::finished) {
          if (std::chrono::steady_clock::now() > deadline) break;  // a throttle of up to a minute
        }
      } catch (const SourceError& error) {
        EXPECT_NE(std::string(error.what()).find("events["), std::string::npos) << error.what();
      }
    }
  }
}

template <typename Read>
void expect_any_bytes_are_read(const Bytes& answer, Read read) {
  std::mt19937_64 random(seed);
  for (int round = 0; round < 20'000; ++round) {
    Bytes changed = answer;
    change(changed, random);
    changed.resize(changed.size() - random() % (changed.size() / 2));
    read(changed);
  }
  for (std::size_t size = 0; size < answer.size(); ++size) {
    read({answer.begin(), answer.begin() + static_cast<std::ptrdiff_t>(size)});
  }
}

TEST(HostileAnswers, AreReadAsMetadataWithoutHarm) {
  WireWriter writer;
  writer.int32(0);
  writer.int32(1);
  writer.int32(1);
  writer.text("broker.example");
  writer.int32(9'092);
  writer.text("rack");
  writer.text("cluster");
  writer.int32(1);
  writer.int32(1);
  writer.int16(0);
  writer.text("events");
  writer.int8(0);
  writer.int32(1);
  writer.int16(0);
  for (const std::int32_t figure : {0, 1, 5, 1, 1, 1, 1, 0}) writer.int32(figure);
  const Bytes answer(writer.bytes().begin(), writer.bytes().end());
  const auto whole = read_metadata(answer, 7);
  ASSERT_TRUE(whole.has_value());
  EXPECT_EQ(whole->topics[0].partitions[0].leader_epoch, 5);
  EXPECT_EQ(whole->brokers[0].address, (BrokerAddress{"broker.example", 9'092}));

  expect_any_bytes_are_read(answer, [](const Bytes& bytes) {
    if (const auto metadata = read_metadata(bytes, 7)) {
      EXPECT_LE(metadata->topics.size(), bytes.size());
    }
  });
}

TEST(HostileAnswers, AreReadAsEpochEndsWithoutHarm) {
  WireWriter writer;
  writer.int32(0);
  writer.int32(1);
  writer.text("events");
  writer.int32(1);
  writer.int16(0);
  writer.int32(3);
  writer.int32(4);
  writer.int64(55);
  const Bytes answer(writer.bytes().begin(), writer.bytes().end());
  std::vector<EpochEnd> ends;
  ASSERT_TRUE(read_epoch_answer(answer, ends));
  ASSERT_EQ(ends.size(), 1u);
  EXPECT_EQ(ends[0].number, 3);
  EXPECT_EQ(ends[0].epoch, 4);
  EXPECT_EQ(ends[0].end_offset, 55);

  expect_any_bytes_are_read(answer, [&ends](const Bytes& bytes) {
    (void)read_epoch_answer(bytes, ends);
    EXPECT_LE(ends.size(), bytes.size());
  });
}

TEST(HostileAnswers, AreReadAsFetchedMessagesWithoutHarm) {
  WireWriter writer;
  writer.int32(0);
  writer.int16(0);
  writer.int32(0);
  writer.int32(1);
  writer.text("events");
  writer.int32(1);
  writer.int32(7);
  writer.int16(0);
  for (const std::int64_t offset : {90, 80, 0}) writer.int64(offset);
  writer.int32(1);
  writer.int64(5);
  writer.int64(60);
  writer.int32(-1);
  writer.bytes(encode(batch_of(0, {"a"})));
  const Bytes answer(writer.bytes().begin(), writer.bytes().end());
  FetchAnswer fetched;
  ASSERT_TRUE(read_fetch_answer(answer, 11, fetched));
  ASSERT_EQ(fetched.partitions.size(), 1u);
  EXPECT_EQ(fetched.partitions[0].number, 7);
  EXPECT_EQ(fetched.partitions[0].last_stable_offset, 80);
  EXPECT_EQ(fetched.aborted[0].first_offset, 60);

  expect_any_bytes_are_read(answer, [&fetched](const Bytes& bytes) {
    for (const int version : {4, 5, 7, 9, 11}) {
      (void)read_fetch_answer(bytes, static_cast<std::int16_t>(version), fetched);
      for (const auto& partition : fetched.partitions) {
        EXPECT_LE(partition.batches.size(), bytes.size());
      }
    }
  });
}

TEST(HostileAnswers, AreReadAsVersionsWithoutHarm) {
  WireWriter writer;
  writer.int16(0);
  writer.int32(2);
  for (const int figure : {1, 4, 16, 3, 0, 12}) writer.int16(static_cast<std::int16_t>(figure));
  const Bytes answer(writer.bytes().begin(), writer.bytes().end());
  const auto versions = ApiVersions::read(answer);
  ASSERT_TRUE(versions.has_value());
  EXPECT_EQ(versions->newest(ApiKey::fetch, fetch_versions), 11);

  expect_any_bytes_are_read(answer, [](const Bytes& bytes) { (void)ApiVersions::read(bytes); });
}

}  // namespace
}  // namespace sluice::wire_test
