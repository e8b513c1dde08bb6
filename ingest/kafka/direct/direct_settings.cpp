#include "ingest/kafka/direct/direct_settings.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <string_view>

#include "ingest/kafka/kafka_conf.hpp"

namespace sluice {
namespace {

/// Properties that the direct path keeps to, and those that have no bearing on fetching.
const std::set<std::string_view>& taken_properties() {
  static const std::set<std::string_view> names = {"client.id",
                                                   "isolation.level",
                                                   "check.crcs",
                                                   "security.protocol",
                                                   "receive.message.max.bytes",
                                                   "fetch.wait.max.ms",
                                                   "fetch.min.bytes",
                                                   "fetch.max.bytes",
                                                   "fetch.message.max.bytes",
                                                   "max.partition.fetch.bytes",
                                                   "fetch.error.backoff.ms",
                                                   "fetch.queue.backoff.ms",
                                                   "queued.min.messages",
                                                   "queued.max.messages.kbytes",
                                                   "socket.timeout.ms",
                                                   "socket.connection.setup.timeout.ms",
                                                   "socket.receive.buffer.bytes",
                                                   "socket.send.buffer.bytes",
                                                   "socket.keepalive.enable",
                                                   "socket.nagle.disable",
                                                   "reconnect.backoff.ms",
                                                   "reconnect.backoff.max.ms",
                                                   "retry.backoff.ms",
                                                   "retry.backoff.max.ms",
                                                   "topic.metadata.refresh.interval.ms",
                                                   "metadata.max.age.ms",
                                                   "topic.metadata.propagation.max.ms",
                                                   "topic.metadata.refresh.fast.interval.ms",
                                                   "topic.metadata.refresh.sparse",
                                                   "statistics.interval.ms",
                                                   "debug",
                                                   "log_level",
                                                   "log.connection.close",
                                                   "log.thread.name",
                                                   "client.software.name",
                                                   "session.timeout.ms",
                                                   "heartbeat.interval.ms",
                                                   "max.poll.interval.ms",
                                                   "partition.assignment.strategy",
                                                   "group.instance.id",
                                                   "coordinator.query.interval.ms",
                                                   "connections.max.idle.ms",
                                                   "message.max.bytes",
                                                   "max.in.flight",
                                                   "ssl.ca.location",
                                                   "ssl.ca.pem",
                                                   "ssl.certificate.location",
                                                   "ssl.certificate.pem",
                                                   "ssl.key.location",
                                                   "ssl.key.pem",
                                                   "ssl.key.password",
                                                   "ssl.cipher.suites",
                                                   "ssl.endpoint.identification.algorithm",
                                                   "enable.ssl.certificate.verification",
                                                   "sasl.mechanism",
                                                   "sasl.mechanisms",
                                                   "sasl.username",
                                                   "sasl.password"};
  return names;
}

class Properties {
 public:
  explicit Properties(const KafkaSettings& settings) : conf_(consumer_conf(settings)) {}

  std::string text(const char* name) const {
    std::size_t size = 0;
    if (rd_kafka_conf_get(conf_.get(), name, nullptr, &size) != RD_KAFKA_CONF_OK || size == 0) {
      return {};
    }
    std::string value(size, '\0');
    rd_kafka_conf_get(conf_.get(), name, value.data(), &size);
    value.resize(size - 1);  // the zero at its end
    return value;
  }
  std::int64_t number(const char* name) const {
    const std::string value = text(name);
    std::int64_t result = 0;
    std::from_chars(value.data(), value.data() + value.size(), result);
    return result;
  }
  std::int32_t int32(const char* name) const { return static_cast<std::int32_t>(number(name)); }
  std::chrono::milliseconds time(const char* name) const {
    return std::chrono::milliseconds(number(name));
  }

 private:
  KafkaConf conf_;
};

BrokerAddress address_of(std::string_view text) {
  if (const auto scheme = text.find("://"); scheme != std::string_view::npos) {
    text.remove_prefix(scheme + 3);
  }
  BrokerAddress address;
  const auto closing = text.find(']');
  const auto colon = text.find(':', closing == std::string_view::npos ? 0 : closing);
  const std::string_view host = text.substr(0, colon);
  address.host = closing == std::string_view::npos ? host : text.substr(1, closing - 1);
  if (colon != std::string_view::npos) {
    const std::string_view port = text.substr(colon + 1);
    std::from_chars(port.data(), port.data() + port.size(), address.port);
  }
  return address;
}

std::vector<BrokerAddress> addresses_of(std::string_view list) {
  std::vector<BrokerAddress> addresses;
  while (!list.empty()) {
    std::string_view one = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), one.size() + 1));
    one.remove_prefix(std::min(one.size(), one.find_first_not_of(' ')));
    one = one.substr(0, one.find_last_not_of(' ') + 1);
    if (!one.empty()) {
      addresses.push_back(address_of(one));
    }
  }
  return addresses;
}

std::optional<SaslMechanism> mechanism_of(std::string_view name) {
  for (const SaslMechanism each :
       {SaslMechanism::plain, SaslMechanism::scram_sha_256, SaslMechanism::scram_sha_512}) {
    if (name == name_of(each)) {
      return each;
    }
  }
  return std::nullopt;
}

bool uses_sasl(const Properties& properties) {
  return properties.text("security.protocol").starts_with("sasl_");
}
bool uses_tls(const Properties& properties) {
  return properties.text("security.protocol").ends_with("ssl");
}

TlsSettings tls_settings(const Properties& properties) {
  TlsSettings tls;
  tls.ca_location = properties.text("ssl.ca.location");
  if (tls.ca_location == "probe") {
    tls.ca_location.clear();
  }
  tls.ca_pem = properties.text("ssl.ca.pem");
  tls.certificate_location = properties.text("ssl.certificate.location");
  tls.certificate_pem = properties.text("ssl.certificate.pem");
  tls.key_location = properties.text("ssl.key.location");
  tls.key_pem = properties.text("ssl.key.pem");
  tls.key_password = properties.text("ssl.key.password");
  tls.cipher_suites = properties.text("ssl.cipher.suites");
  tls.verify = properties.text("enable.ssl.certificate.verification") == "true";
  tls.verify_host = properties.text("ssl.endpoint.identification.algorithm") == "https";
  return tls;
}

}  // namespace

std::optional<std::string> why_not_direct(const KafkaSettings& settings) {
  for (const auto& [name, value] : settings.properties) {
    if (!taken_properties().contains(name)) {
      return "property " + name + " is librdkafka's alone";
    }
  }
  const Properties properties(settings);
  const std::string mechanism = properties.text("sasl.mechanisms");
  if (uses_sasl(properties) && !mechanism_of(mechanism)) {
    return "sasl.mechanism " + mechanism + " is librdkafka's alone";
  }
  return std::nullopt;
}

DirectSettings direct_settings(const KafkaSettings& settings) {
  const Properties properties(settings);
  DirectSettings direct;
  direct.brokers = settings.brokers;
  direct.bootstrap = addresses_of(settings.brokers);
  direct.client_id = properties.text("client.id");
  direct.limits = {.max_wait_ms = properties.int32("fetch.wait.max.ms"),
                   .min_bytes = properties.int32("fetch.min.bytes"),
                   .max_bytes = properties.int32("fetch.max.bytes"),
                   .committed_only = properties.text("isolation.level") == "read_committed"};
  direct.partition_max_bytes = properties.int32("fetch.message.max.bytes");
  direct.max_answer_bytes =
      static_cast<std::size_t>(properties.number("receive.message.max.bytes"));
  // librdkafka leaves them out by default; here they cost next to nothing.
  direct.check_checksums =
      !settings.properties.contains("check.crcs") || properties.text("check.crcs") == "true";
  direct.receive_buffer_bytes = properties.int32("socket.receive.buffer.bytes");
  direct.connect_timeout = properties.time("socket.connection.setup.timeout.ms");
  direct.answer_timeout =
      properties.time("socket.timeout.ms") + properties.time("fetch.wait.max.ms");
  direct.backoff = properties.time("reconnect.backoff.ms");
  direct.backoff_max = std::max(direct.backoff, properties.time("reconnect.backoff.max.ms"));
  direct.error_backoff = properties.time("fetch.error.backoff.ms");
  if (const auto interval = properties.time("topic.metadata.refresh.interval.ms");
      interval.count() > 0) {
    direct.metadata_interval = interval;
  }
  direct.unknown_topic_grace = properties.time("topic.metadata.propagation.max.ms");
  if (uses_tls(properties)) {
    direct.tls = tls_settings(properties);
  }
  if (uses_sasl(properties)) {
    const auto mechanism = mechanism_of(properties.text("sasl.mechanisms"));
    direct.sasl = {.mechanism = mechanism.value_or(SaslMechanism::plain),
                   .user = properties.text("sasl.username"),
                   .password = properties.text("sasl.password")};
  }
  return direct;
}

}  // namespace sluice
