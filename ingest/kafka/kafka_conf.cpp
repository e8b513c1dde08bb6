#include "ingest/kafka/kafka_conf.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "ingest/source.hpp"

namespace sluice {
namespace {

using Property = std::pair<const char*, const char*>;

/// Before the user's properties. Small messages cost about 330 bytes each on top of their payload
/// while they are queued, hence the bound on their number. We join no group: its session's timeout
/// is only how long a commit waits for a coordinator, and the end of a job with it.
constexpr std::array<Property, 9> defaults = {{
    {"client.id", "sluice"},
    {"statistics.interval.ms", "1000"},
    {"queued.min.messages", "200000"},
    {"queued.max.messages.kbytes", "65536"},
    {"fetch.queue.backoff.ms", "10"},
    {"fetch.wait.max.ms", "100"},
    {"fetch.message.max.bytes", "4194304"},
    {"fetch.max.bytes", "16777216"},
    {"session.timeout.ms", "5000"},
}};

/// Ours to set: partitions are assigned, offsets are committed by us, a lost offset is an error.
constexpr std::array<Property, 4> required = {{
    {"enable.auto.commit", "false"},
    {"enable.auto.offset.store", "false"},
    {"auto.offset.reset", "error"},
    {"allow.auto.create.topics", "false"},
}};

/// Ours as well, each with the option to use instead.
constexpr std::array<Property, 5> named_elsewhere = {{
    {"bootstrap.servers", "source.brokers"},
    {"metadata.broker.list", "source.brokers"},
    {"group.id", "source.group"},
    {"enable.partition.eof", "--once"},
    {"log.queue", "nothing: logs are passed on"},
}};

bool may_hold_a_secret(std::string_view property) {
  constexpr std::array<std::string_view, 7> signs = {"password", "secret", "key",  "pem",
                                                     "oauth",    "jaas",   "token"};
  return std::any_of(signs.begin(), signs.end(), [property](std::string_view sign) {
    return property.find(sign) != std::string_view::npos;
  });
}

std::optional<std::string> try_set(rd_kafka_conf_t* conf, const std::string& name,
                                   const std::string& value) {
  std::array<char, 512> reason{};
  const rd_kafka_conf_res_t result =
      rd_kafka_conf_set(conf, name.c_str(), value.c_str(), reason.data(), reason.size());
  if (result == RD_KAFKA_CONF_OK) {
    return std::nullopt;
  }
  if (result == RD_KAFKA_CONF_UNKNOWN) {
    return "property " + name + " is not known to librdkafka";
  }
  return "property " + name +
         (may_hold_a_secret(name) ? ": its value is refused" : std::string(": ") + reason.data());
}

std::optional<std::string> taken(const std::string& name) {
  for (const auto& [ours, value] : required) {
    if (name == ours) {
      return "property " + name + " cannot be set: it is always " + value;
    }
  }
  for (const auto& [ours, instead] : named_elsewhere) {
    if (name == ours) {
      return "property " + name + " cannot be set: use " + instead;
    }
  }
  return std::nullopt;
}

std::optional<std::string> set_properties(rd_kafka_conf_t* conf, const KafkaSettings& settings) {
  for (const auto& [name, value] : settings.properties) {
    if (auto problem = taken(name)) {
      return problem;
    }
    if (auto problem = try_set(conf, name, value)) {
      return problem;
    }
  }
  return std::nullopt;
}

void set_ours(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  if (const auto problem = try_set(conf, name, value)) {
    throw SourceError("kafka: " + *problem);
  }
}

}  // namespace

std::optional<std::string> problem_of(const KafkaSettings& settings) {
  const KafkaConf conf(rd_kafka_conf_new());
  return set_properties(conf.get(), settings);
}

KafkaConf consumer_conf(const KafkaSettings& settings) {
  KafkaConf conf(rd_kafka_conf_new());
  for (const auto& [name, value] : defaults) {
    set_ours(conf.get(), name, value);
  }
  if (const auto problem = set_properties(conf.get(), settings)) {
    throw SourceError("kafka: " + *problem);
  }
  for (const auto& [name, value] : required) {
    set_ours(conf.get(), name, value);
  }
  set_ours(conf.get(), "bootstrap.servers", settings.brokers);
  // librdkafka assigns partitions only to members of some group; nothing is committed to this one.
  set_ours(conf.get(), "group.id", settings.group.empty() ? "sluice" : settings.group);
  set_ours(conf.get(), "enable.partition.eof", settings.once ? "true" : "false");
  return conf;
}

bool reads_committed(const rd_kafka_conf_t& conf) {
  std::array<char, 64> value{};
  std::size_t size = value.size();
  rd_kafka_conf_get(&conf, "isolation.level", value.data(), &size);
  return std::string_view(value.data()) == "read_committed";
}

KafkaClient make_client(rd_kafka_type_t type, KafkaConf conf, const std::string& name) {
  std::array<char, 512> reason{};
  rd_kafka_conf_t* const given = conf.release();  // the client owns it, if one is made
  KafkaClient client(rd_kafka_new(type, given, reason.data(), reason.size()));
  if (!client) {
    rd_kafka_conf_destroy(given);
    throw SourceError(name + ": " + reason.data());
  }
  return client;
}

}  // namespace sluice
