#include "ingest/kafka/kafka_reports.hpp"

#include <array>
#include <utility>

namespace sluice {
namespace {

constexpr int warning = 4;  // syslog's level

KafkaReports& reports_of(void* opaque) { return *static_cast<KafkaReports*>(opaque); }

}  // namespace

KafkaReports::KafkaReports(KafkaLog log) : log_(log ? std::move(log) : [](const std::string&) {}) {}

void KafkaReports::listen(rd_kafka_conf_t* conf) {
  rd_kafka_conf_set_opaque(conf, this);
  rd_kafka_conf_set_log_cb(conf,
                           [](const rd_kafka_t* client, int level, const char*, const char* text) {
                             if (level <= warning) {
                               reports_of(rd_kafka_opaque(client)).log_(text);
                             }
                           });
  rd_kafka_conf_set_error_cb(conf, [](rd_kafka_t* client, int error, const char*, void* opaque) {
    reports_of(opaque).note_client_error(client, static_cast<rd_kafka_resp_err_t>(error));
  });
  rd_kafka_conf_set_stats_cb(conf, [](rd_kafka_t*, char* json, std::size_t size, void* opaque) {
    reports_of(opaque).note_statistics({json, size});
    return 0;
  });
  rd_kafka_conf_set_offset_commit_cb(
      conf, [](rd_kafka_t*, rd_kafka_resp_err_t error, rd_kafka_topic_partition_list_t*,
               void* opaque) { reports_of(opaque).note_commit(error); });
}

void KafkaReports::note_commit(rd_kafka_resp_err_t error) {
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR && error != RD_KAFKA_RESP_ERR__NO_OFFSET) {
    note_error();
    log_(std::string("committing offsets: ") + rd_kafka_err2str(error));
  }
}

std::string KafkaReports::fatal_error() const {
  if (!fatal_.load(std::memory_order_acquire)) {
    return {};
  }
  const std::lock_guard lock(mutex_);
  return fatal_error_;
}

KafkaStatistics KafkaReports::statistics() const {
  const std::lock_guard lock(mutex_);
  return statistics_;
}

void KafkaReports::note_client_error(rd_kafka_t* client, rd_kafka_resp_err_t error) {
  note_error();
  if (error == RD_KAFKA_RESP_ERR__FATAL) {
    std::array<char, 512> text{};
    rd_kafka_fatal_error(client, text.data(), text.size());
    const std::lock_guard lock(mutex_);
    fatal_error_ = text.data();
    fatal_.store(true, std::memory_order_release);
  }
}

void KafkaReports::note_statistics(std::string_view json) {
  if (auto parsed = parse_kafka_statistics(json)) {
    const std::lock_guard lock(mutex_);
    statistics_ = std::move(*parsed);
  }
}

}  // namespace sluice
