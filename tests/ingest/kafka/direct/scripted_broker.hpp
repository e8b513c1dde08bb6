#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "ingest/kafka/direct/api_versions.hpp"
#include "ingest/kafka/direct/fetch.hpp"
#include "ingest/kafka/direct/metadata.hpp"
#include "ingest/kafka/direct/wire.hpp"
#include "tests/ingest/kafka/direct/wire_batches.hpp"

namespace sluice::wire_test {

/// A Kafka broker on loopback that says what a test wants it to say: it serves logs that the test
/// wrote batch by batch, and its next answers can be replaced, torn or withheld. Thread-safe.
class ScriptedBroker {
 public:
  using PartitionKey = std::pair<std::string, std::int32_t>;

  struct FetchSeen {
    struct Position {
      std::string topic;
      std::int32_t number = 0;
      std::int64_t offset = 0;
      std::int32_t leader_epoch = -1;
      std::int32_t max_bytes = 0;
    };
    std::int16_t version = 0;
    bool committed_only = false;
    std::vector<Position> positions;
    std::chrono::steady_clock::time_point at;
  };

  explicit ScriptedBroker(std::int32_t id = 1);
  ~ScriptedBroker();
  ScriptedBroker(const ScriptedBroker&) = delete;
  ScriptedBroker& operator=(const ScriptedBroker&) = delete;

  BrokerAddress address() const { return {"127.0.0.1", port_}; }

  /// Which versions it serves; all that we know by default.
  void serve(ApiKey api, VersionRange versions);
  /// What its metadata say of a partition. @param leader null: none
  void lead(const std::string& topic, std::int32_t number, const ScriptedBroker* leader,
            std::int32_t epoch);
  void forget_topic(const std::string& topic);

  /// Appends to a partition's log, which this broker leads from then on.
  void append(const std::string& topic, std::int32_t number, const BatchSpec& batch);
  void append_bytes(const std::string& topic, std::int32_t number, const Bytes& batch,
                    std::int64_t next_offset);
  void abort(const std::string& topic, std::int32_t number, AbortedTransaction transaction);
  void set_last_stable_offset(const std::string& topic, std::int32_t number, std::int64_t offset);
  /// The error of every answer about the partition; 0: none.
  void set_error(const std::string& topic, std::int32_t number, BrokerError error);
  /// OffsetForLeaderEpoch answers this.
  void set_epoch_end(const std::string& topic, std::int32_t number, std::int32_t epoch,
                     std::int64_t end_offset);
  void set_throttle(std::int32_t ms);
  /// At most so many bytes of a partition, even if that tears its first batch.
  void tear_batches_at(std::int32_t partition_max_bytes_asked);

  /// What to do with the next answers to Fetch, one after the other: it changes the whole answer,
  /// its length included; what is left empty is not sent, and the connection closed.
  void script(std::function<void(Bytes& answer)> change);
  void close_connections();
  /// Withholds every answer to Fetch for as long as it lasts.
  void stall(bool stalled) { stalled_ = stalled; }

  void expect_plain(const std::string& user, const std::string& password);

  std::vector<FetchSeen> fetches() const;
  std::size_t epoch_questions() const;
  std::size_t connections() const { return connections_; }

 private:
  struct Log {
    struct Batch {
      Bytes bytes;
      std::int64_t next_offset;
    };
    std::vector<Batch> batches;
    std::vector<AbortedTransaction> aborted;
    std::int64_t last_stable_offset = -1;
    BrokerError error = BrokerError::none;
    std::int32_t epoch_end_epoch = -1;
    std::int64_t epoch_end_offset = -1;
  };
  struct Led {
    BrokerAddress leader;
    std::int32_t leader_id = -1;
    std::int32_t epoch = 0;
  };
  struct Connection {
    int socket = -1;
    Bytes received;
    bool authenticated = false;
  };

  void run();
  bool read_from(Connection& connection);
  /// @returns whether the connection goes on
  bool answer(Connection& connection, WireReader request);
  void answer_versions(WireWriter& into);
  void answer_metadata(WireWriter& into, std::int16_t version);
  FetchSeen read_fetch(WireReader& request, std::int16_t version);
  void answer_fetch(WireWriter& into, const FetchSeen& seen);
  void answer_partition(WireWriter& into, const FetchSeen& seen,
                        const FetchSeen::Position& position);
  void answer_epochs(WireWriter& into, WireReader& request);
  bool answer_authentication(WireWriter& into, WireReader& request);
  bool has_news(const FetchSeen& seen) const;

  const std::int32_t id_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> stop_{false};
  std::atomic<bool> close_all_{false};
  std::atomic<bool> stalled_{false};
  std::atomic<std::size_t> connections_{0};

  mutable std::mutex mutex_;  ///< guards what follows, up to the thread
  std::map<ApiKey, VersionRange> served_;
  std::map<PartitionKey, Led> led_;
  std::map<PartitionKey, Log> logs_;
  std::int32_t throttle_ms_ = 0;
  std::int32_t torn_below_ = 0;
  std::deque<std::function<void(Bytes&)>> scripts_;
  std::vector<FetchSeen> fetches_;
  std::size_t epoch_questions_ = 0;
  std::string plain_;

  std::jthread thread_;
};

}  // namespace sluice::wire_test
