#include "ingest/kafka/kafka_partitions.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include <regex.h>

#include "ingest/kafka/kafka_conf.hpp"
#include "ingest/kafka/kafka_handles.hpp"
#include "ingest/source.hpp"

namespace sluice {
namespace {

using Metadata = std::unique_ptr<const rd_kafka_metadata_t, FreeBy<rd_kafka_metadata_destroy>>;

/// A POSIX extended regex, as librdkafka's own topic patterns are.
class TopicRegex {
 public:
  explicit TopicRegex(const std::string& text)
      : error_(::regcomp(&regex_, text.c_str(), REG_EXTENDED | REG_NOSUB)) {}
  ~TopicRegex() {
    if (error_ == 0) {
      ::regfree(&regex_);
    }
  }
  TopicRegex(const TopicRegex&) = delete;
  TopicRegex& operator=(const TopicRegex&) = delete;

  /// Empty when the text is a regex.
  std::string problem() const {
    std::array<char, 256> text{};
    if (error_ != 0) {
      ::regerror(error_, &regex_, text.data(), text.size());
    }
    return text.data();
  }
  bool matches(const std::string& name) const {
    return ::regexec(&regex_, name.c_str(), 0, nullptr, 0) == 0;
  }

 private:
  regex_t regex_{};
  int error_;
};

/// What a partition answers while its leader is being chosen, as after its creation.
bool passes_by_itself(rd_kafka_resp_err_t error) {
  return error == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION ||
         error == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE ||
         error == RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH ||
         error == RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH;
}

/// Questions to the brokers before reading starts.
class Enquiry {
 public:
  explicit Enquiry(const KafkaSettings& settings) : settings_(settings) {
    KafkaConf conf = consumer_conf(settings);
    rd_kafka_conf_set_log_cb(conf.get(), nullptr);
    rd_kafka_conf_set_opaque(conf.get(), this);
    rd_kafka_conf_set_error_cb(conf.get(), [](rd_kafka_t*, int, const char* reason, void* self) {
      static_cast<Enquiry*>(self)->last_error_ = reason;
    });
    isolation_ = reads_committed(*conf) ? RD_KAFKA_ISOLATION_LEVEL_READ_COMMITTED
                                        : RD_KAFKA_ISOLATION_LEVEL_READ_UNCOMMITTED;
    client_ = make_client(RD_KAFKA_CONSUMER, std::move(conf), "kafka " + settings.brokers);
  }

  /// @see find_partitions
  std::vector<KafkaPartition> answer() {
    const Metadata metadata = ask_metadata();
    for (const std::string& topic : topics(*metadata)) {
      add_partitions(*metadata, topic);
    }
    const std::vector<std::int64_t> first = list(RD_KAFKA_OFFSET_SPEC_EARLIEST, isolation_);
    const std::vector<std::int64_t> end = list(RD_KAFKA_OFFSET_SPEC_LATEST, isolation_);
    choose_starts(first, end);
    check_starts(first, end);
    for (std::size_t i = 0; settings_.once && i < partitions_.size(); ++i) {
      partitions_[i].end = end[i];
    }
    return std::move(partitions_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw SourceError("kafka " + settings_.brokers + ": " + what);
  }
  [[noreturn]] void fail_to_ask(const std::string& question, const std::string& reason) {
    rd_kafka_poll(client_.get(), 0);
    fail(question + ": no answer within " + std::to_string(settings_.start_timeout.count()) +
         " ms: " + (last_error_.empty() ? reason : last_error_));
  }
  [[noreturn]] void fail_at(const KafkaPartition& partition, const std::string& what) const {
    fail(partition.topic + '[' + std::to_string(partition.number) + "]: " + what);
  }

  int timeout() const { return static_cast<int>(settings_.start_timeout.count()); }

  Metadata ask_metadata() {
    const rd_kafka_metadata_t* metadata = nullptr;
    const rd_kafka_resp_err_t error =
        rd_kafka_metadata(client_.get(), 1, nullptr, &metadata, timeout());
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
      fail_to_ask("topics", rd_kafka_err2str(error));
    }
    return Metadata(metadata);
  }

  std::vector<std::string> topics(const rd_kafka_metadata_t& metadata) const {
    if (settings_.topics.size() != 1 || !settings_.topics.front().starts_with('^')) {
      return settings_.topics;
    }
    const std::string& text = settings_.topics.front();
    const TopicRegex regex(text);
    if (!regex.problem().empty()) {
      fail("topics: " + text + " is no regex: " + regex.problem());
    }
    std::vector<std::string> matching;
    for (int i = 0; i < metadata.topic_cnt; ++i) {
      const std::string name = metadata.topics[i].topic;
      if (!name.starts_with("__") && regex.matches(name)) {
        matching.push_back(name);
      }
    }
    if (matching.empty()) {
      fail("no topic matches " + text);
    }
    std::sort(matching.begin(), matching.end());
    return matching;
  }

  void add_partitions(const rd_kafka_metadata_t& metadata, const std::string& name) {
    const std::span topics(metadata.topics, static_cast<std::size_t>(metadata.topic_cnt));
    const auto topic = std::find_if(topics.begin(), topics.end(), [&name](const auto& candidate) {
      return name == candidate.topic;
    });
    if (topic == topics.end()) {
      fail("unknown topic " + name);
    }
    if (topic->err != RD_KAFKA_RESP_ERR_NO_ERROR || topic->partition_cnt == 0) {
      fail("topic " + name + ": " +
           (topic->partition_cnt == 0 ? "it has no partitions" : rd_kafka_err2str(topic->err)));
    }
    if (partitions_.size() + static_cast<std::size_t>(topic->partition_cnt) > max_partitions) {
      fail("more than " + std::to_string(max_partitions) + " partitions");
    }
    for (int i = 0; i < topic->partition_cnt; ++i) {
      partitions_.push_back({name, static_cast<std::int32_t>(i), 0, std::nullopt});
    }
  }

  KafkaPartitionList list_of(std::int64_t offset) const {
    KafkaPartitionList list(
        rd_kafka_topic_partition_list_new(static_cast<int>(partitions_.size())));
    for (const KafkaPartition& partition : partitions_) {
      rd_kafka_topic_partition_list_add(list.get(), partition.topic.c_str(), partition.number)
          ->offset = offset;
    }
    return list;
  }

  /// An offset of every partition; asks again while leaders are being chosen.
  /// @param which a time in ms or an RD_KAFKA_OFFSET_SPEC
  std::vector<std::int64_t> list(std::int64_t which, rd_kafka_IsolationLevel_t isolation) {
    for (;;) {
      if (auto offsets = list_once(which, isolation)) {
        return std::move(*offsets);
      }
      rd_kafka_poll(client_.get(), ask_again_ms);
      ask_metadata();
    }
  }

  /// nullopt when some partition has no leader yet and there is time to ask again.
  std::optional<std::vector<std::int64_t>> list_once(std::int64_t which,
                                                     rd_kafka_IsolationLevel_t isolation) {
    const KafkaPartitionList asked = list_of(which);
    const KafkaAdminOptions options(
        rd_kafka_AdminOptions_new(client_.get(), RD_KAFKA_ADMIN_OP_LISTOFFSETS));
    const KafkaError refused(rd_kafka_AdminOptions_set_isolation_level(options.get(), isolation));
    if (refused) {
      fail(rd_kafka_error_string(refused.get()));
    }
    rd_kafka_AdminOptions_set_request_timeout(options.get(), timeout(), nullptr, 0);
    const KafkaQueue queue(rd_kafka_queue_new(client_.get()));
    rd_kafka_ListOffsets(client_.get(), asked.get(), options.get(), queue.get());
    const KafkaEvent event(rd_kafka_queue_poll(queue.get(), timeout()));
    if (!event || rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) {
      fail_to_ask("offsets", event ? rd_kafka_event_error_string(event.get()) : "timed out");
    }
    std::size_t count = 0;
    const auto** const infos =
        rd_kafka_ListOffsets_result_infos(rd_kafka_event_ListOffsets_result(event.get()), &count);
    std::map<std::pair<std::string, std::int32_t>, std::int64_t> found;
    for (std::size_t i = 0; i < count; ++i) {
      const auto* const info = rd_kafka_ListOffsetsResultInfo_topic_partition(infos[i]);
      if (passes_by_itself(info->err) && std::chrono::steady_clock::now() < deadline_) {
        return std::nullopt;
      }
      if (info->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        fail(std::string(info->topic) + '[' + std::to_string(info->partition) +
             "]: " + rd_kafka_err2str(info->err));
      }
      found[{info->topic, info->partition}] = info->offset;
    }
    std::vector<std::int64_t> offsets;
    for (const KafkaPartition& partition : partitions_) {
      offsets.push_back(found.at({partition.topic, partition.number}));
    }
    return offsets;
  }

  void choose_starts(const std::vector<std::int64_t>& first, const std::vector<std::int64_t>& end) {
    const std::vector<std::int64_t> wanted = wanted_starts(first, end);
    for (std::size_t i = 0; i < partitions_.size(); ++i) {
      partitions_[i].start = wanted[i];
    }
  }

  std::vector<std::int64_t> wanted_starts(const std::vector<std::int64_t>& first,
                                          const std::vector<std::int64_t>& end) {
    switch (settings_.start.from) {
      case KafkaStart::From::earliest:
        return first;
      case KafkaStart::From::latest:
        return end;
      case KafkaStart::From::committed:
        return committed(first);
      case KafkaStart::From::timestamp:
        return at_time(end);
      case KafkaStart::From::offsets:
        return given();
    }
    return first;
  }

  std::vector<std::int64_t> committed(std::vector<std::int64_t> otherwise) {
    const KafkaPartitionList list = list_of(RD_KAFKA_OFFSET_INVALID);
    const rd_kafka_resp_err_t error = rd_kafka_committed(client_.get(), list.get(), timeout());
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
      fail_to_ask("committed offsets of group " + settings_.group, rd_kafka_err2str(error));
    }
    for (std::size_t i = 0; i < partitions_.size(); ++i) {
      const rd_kafka_topic_partition_t& answer = list->elems[i];
      if (answer.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        fail_at(partitions_[i], std::string("committed offset: ") + rd_kafka_err2str(answer.err));
      }
      otherwise[i] = answer.offset >= 0 ? answer.offset : otherwise[i];
    }
    return otherwise;
  }

  /// Without a message at or after the time: the end.
  std::vector<std::int64_t> at_time(std::vector<std::int64_t> end) {
    const std::vector<std::int64_t> found =
        list(std::max<EventTime>(settings_.start.timestamp, 0), isolation_);
    for (std::size_t i = 0; i < end.size(); ++i) {
      end[i] = found[i] >= 0 ? found[i] : end[i];
    }
    return end;
  }

  std::vector<std::int64_t> given() const {
    std::vector<std::int64_t> offsets;
    for (const KafkaPartition& partition : partitions_) {
      const auto topic = settings_.start.offsets.find(partition.topic);
      if (topic == settings_.start.offsets.end() || !topic->second.contains(partition.number)) {
        fail_at(partition, "source.start.offsets names no offset for it");
      }
      offsets.push_back(topic->second.at(partition.number));
    }
    return offsets;
  }

  void check_starts(const std::vector<std::int64_t>& first, const std::vector<std::int64_t>& end) {
    std::vector<std::int64_t> log_end = end;
    const auto past = [this](const std::vector<std::int64_t>& ends) {
      for (std::size_t i = 0; i < ends.size(); ++i) {
        if (partitions_[i].start > ends[i]) {
          return true;
        }
      }
      return false;
    };
    if (past(end)) {
      // Behind an open transaction the log goes on past the last stable offset.
      log_end = list(RD_KAFKA_OFFSET_SPEC_LATEST, RD_KAFKA_ISOLATION_LEVEL_READ_UNCOMMITTED);
    }
    for (std::size_t i = 0; i < partitions_.size(); ++i) {
      const KafkaPartition& partition = partitions_[i];
      const std::string start = "start offset " + std::to_string(partition.start);
      if (partition.start > log_end[i]) {
        fail_at(partition, start + " is beyond the log's end, " + std::to_string(log_end[i]));
      }
      if (partition.start < first[i]) {
        fail_at(partition, start + " is gone: the log begins at " + std::to_string(first[i]));
      }
    }
  }

  static constexpr std::size_t max_partitions = 65'535;
  static constexpr int ask_again_ms = 100;

  const KafkaSettings& settings_;
  const std::chrono::steady_clock::time_point deadline_ =
      std::chrono::steady_clock::now() + settings_.start_timeout;
  std::string last_error_;
  rd_kafka_IsolationLevel_t isolation_;
  KafkaClient client_;
  std::vector<KafkaPartition> partitions_;
};

}  // namespace

std::vector<KafkaPartition> find_partitions(const KafkaSettings& settings) {
  return Enquiry(settings).answer();
}

}  // namespace sluice
