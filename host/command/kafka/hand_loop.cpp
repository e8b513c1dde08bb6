#include "host/command/kafka/hand_loop.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <map>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include <simdjson.h>

#include "ingest/kafka/core_affinity.hpp"
#include "ingest/kafka/kafka_handles.hpp"

namespace sluice {
namespace {

constexpr std::int64_t window_size = 10'000;
constexpr std::size_t messages_a_call = 1'000;

struct Accumulators {
  std::int64_t count = 0;
  std::int64_t sum = 0;
  std::int64_t min = std::numeric_limits<std::int64_t>::max();
  std::int64_t max = std::numeric_limits<std::int64_t>::min();
};
using Window = std::unordered_map<std::string, Accumulators>;

/// What one thread does with its share of the partitions.
class Loop {
 public:
  Loop(const KafkaLoad& load, std::size_t thread, std::size_t threads) {
    rd_kafka_conf_t* const conf = rd_kafka_conf_new();
    for (const auto& [name, value] : std::map<std::string, std::string>{
             {"bootstrap.servers", load.brokers()},
             {"group.id", "sluice-bench"},
             {"enable.auto.commit", "false"},
             {"enable.auto.offset.store", "false"},
             {"enable.partition.eof", "true"},
             {"queued.min.messages", "500000"},
             {"fetch.message.max.bytes", "4194304"},
             {"fetch.wait.max.ms", load.embedded() ? "10" : "100"}}) {
      rd_kafka_conf_set(conf, name.c_str(), value.c_str(), nullptr, 0);
    }
    client_.reset(rd_kafka_new(RD_KAFKA_CONSUMER, conf, nullptr, 0));
    rd_kafka_poll_set_consumer(client_.get());
    const KafkaPartitionList list(rd_kafka_topic_partition_list_new(load.partitions()));
    for (int p = static_cast<int>(thread); p < load.partitions(); p += static_cast<int>(threads)) {
      rd_kafka_topic_partition_list_add(list.get(), load.topic().c_str(), p)->offset =
          RD_KAFKA_OFFSET_BEGINNING;
      ++open_;
    }
    rd_kafka_assign(client_.get(), list.get());
    queue_.reset(rd_kafka_queue_get_consumer(client_.get()));
  }

  /// Reads to the end of every partition. @returns events counted
  std::uint64_t run() {
    std::array<rd_kafka_message_t*, messages_a_call> messages{};
    std::uint64_t read = 0;
    while (open_ > 0) {
      const ssize_t count =
          rd_kafka_consume_batch_queue(queue_.get(), 10, messages.data(), messages.size());
      for (ssize_t i = 0; i < count; ++i) {
        rd_kafka_message_t* const message = messages[static_cast<std::size_t>(i)];
        if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
          --open_;
        } else if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
          add(*message);
          ++read;
        }
        rd_kafka_message_destroy(message);
      }
    }
    return read;
  }

 private:
  void add(const rd_kafka_message_t& message) {
    if (text_.size() < message.len + simdjson::SIMDJSON_PADDING) {
      text_.resize(message.len + simdjson::SIMDJSON_PADDING);
    }
    std::memcpy(text_.data(), message.payload, message.len);
    auto document = parser_.iterate(text_.data(), message.len, text_.size());
    const std::string_view user = document["user_id"];
    const std::int64_t amount = document["amount"];
    const std::int64_t time = document["ts"];
    Accumulators& row = windows_[time / window_size][std::string(user)];
    ++row.count;
    row.sum += amount;
    row.min = std::min(row.min, amount);
    row.max = std::max(row.max, amount);
  }

  KafkaClient client_;
  KafkaQueue queue_;
  int open_ = 0;
  simdjson::ondemand::parser parser_;
  std::vector<char> text_;
  std::unordered_map<std::int64_t, Window> windows_;
};

}  // namespace

std::uint64_t run_hand_loop(const KafkaLoad& load) {
  const std::vector<int> cores = allowed_cores();
  const std::size_t threads = std::min(cores.size(), static_cast<std::size_t>(load.partitions()));
  std::vector<std::uint64_t> read(threads);
  std::vector<std::thread> running;
  for (std::size_t thread = 0; thread < threads; ++thread) {
    running.emplace_back([&, thread] {
      pin_to_core(cores[thread]);
      read[thread] = Loop(load, thread, threads).run();
    });
  }
  std::uint64_t total = 0;
  for (std::size_t thread = 0; thread < threads; ++thread) {
    running[thread].join();
    total += read[thread];
  }
  return total;
}

}  // namespace sluice
