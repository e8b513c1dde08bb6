#include "ingest/kafka/direct/message_walk.hpp"

#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/ingest/kafka/direct/wire_batches.hpp"

namespace sluice::wire_test {
namespace {

using testing::ElementsAre;

/// Walks over messages with padding behind them. @returns offset:payload of each, "broken" last
std::vector<std::string> walked(const BatchSpec& spec, Bytes messages) {
  const std::size_t size = messages.size();
  messages.resize(size + walk_padding);
  const Bytes bytes = encode(spec);
  WireBatch batch;
  EXPECT_EQ(find_batch(bytes, batch), BatchFound::whole);
  MessageWalk walk(batch, std::span<const std::byte>(messages).first(size));
  std::vector<std::string> seen;
  for (WireMessage message; walk.next(message);) {
    EXPECT_GE(message.payload, messages.data());
    EXPECT_LE(message.payload + message.length, messages.data() + size);
    seen.push_back(std::to_string(message.offset) + ":" +
                   (message.tombstone ? "-"
                                      : std::string(reinterpret_cast<const char*>(message.payload),
                                                    message.length)));
  }
  if (walk.broken()) seen.emplace_back("broken");
  return seen;
}

TEST(MessageWalk, GoesOverKeysHeadersAndTombstones) {
  BatchSpec spec;
  spec.base_offset = 1'000;
  spec.messages = {{.value = "a", .key = std::string(100, 'k')},
                   {.value = std::nullopt, .key = "k", .offset_delta = 200},
                   {.value = "b", .headers = {{"name", "value"}}, .offset_delta = 70'000}};

  EXPECT_THAT(walked(spec, encode_messages(spec)), ElementsAre("1000:a", "1200:-", "71000:b"));
}

TEST(MessageWalk, ReadsTimestampsOfAnyDistance) {
  BatchSpec spec = batch_of(0, {"a", "b", "c"});
  spec.base_timestamp = 5;
  spec.messages[0].timestamp_delta = -5'000'000'000;
  spec.messages[1].timestamp_delta = std::int64_t{1} << 40;
  Bytes messages = encode_messages(spec);
  const std::size_t size = messages.size();
  messages.resize(size + walk_padding);
  const Bytes bytes = encode(spec);
  WireBatch batch;
  ASSERT_EQ(find_batch(bytes, batch), BatchFound::whole);
  MessageWalk walk(batch, std::span<const std::byte>(messages).first(size));
  WireMessage message;

  ASSERT_TRUE(walk.next(message));
  EXPECT_EQ(message.timestamp, 5 - 5'000'000'000);
  ASSERT_TRUE(walk.next(message));
  EXPECT_EQ(message.timestamp, 5 + (std::int64_t{1} << 40));
}

TEST(MessageWalk, IsBrokenByMoreOrFewerBytesThanItsMessagesTake) {
  const BatchSpec spec = batch_of(0, {"a", "b"});
  Bytes messages = encode_messages(spec);

  Bytes more = messages;
  more.push_back(std::byte{0});
  EXPECT_EQ(walked(spec, more).back(), "broken");
  messages.pop_back();
  EXPECT_EQ(walked(spec, messages).back(), "broken");
  EXPECT_THAT(walked(spec, {}), ElementsAre("broken"));
}

TEST(MessageWalk, IsBrokenByAnOffsetPastTheBatchsLast) {
  BatchSpec spec = batch_of(0, {"a"});
  spec.messages[0].offset_delta = 4;
  spec.last_offset_delta = 3;

  EXPECT_THAT(walked(spec, encode_messages(spec)), ElementsAre("broken"));
}

TEST(MessageWalk, StaysInsideItsBytesWhateverTheyAre) {
  constexpr std::uint64_t seed = 11;
  std::mt19937_64 random(seed);
  BatchSpec spec;
  for (int i = 0; i < 20; ++i) {
    spec.messages.push_back({.value = std::string(random() % 40, 'v'), .key = "key"});
  }
  const Bytes messages = encode_messages(spec);
  for (int round = 0; round < 20'000; ++round) {
    Bytes changed = messages;
    for (std::uint64_t changes = 1 + random() % 4; changes > 0; --changes) {
      changed[random() % changed.size()] = static_cast<std::byte>(random());
    }
    changed.resize(changed.size() - random() % 30);
    (void)walked(spec, changed);
  }
}

TEST(ControlMark, TellsAbortsFromCommits) {
  EXPECT_EQ(control_mark_of(encode_messages(end_of_transaction(0, 1, false))), ControlMark::abort);
  EXPECT_EQ(control_mark_of(encode_messages(end_of_transaction(0, 1, true))), ControlMark::commit);
  EXPECT_EQ(control_mark_of(encode_messages(batch_of(0, {"no key"}))), ControlMark::other);
  EXPECT_EQ(control_mark_of({}), ControlMark::other);
}

}  // namespace
}  // namespace sluice::wire_test
