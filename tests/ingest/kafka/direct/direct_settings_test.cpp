#include "ingest/kafka/direct/direct_settings.hpp"

#include <chrono>
#include <map>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ingest/source.hpp"

namespace sluice {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;

KafkaSettings with(std::map<std::string, std::string> properties) {
  KafkaSettings settings;
  settings.brokers = "127.0.0.1:9092";
  settings.properties = std::move(properties);
  return settings;
}

TEST(DirectSettings, FindBrokersAsLibrdkafkaWritesThem) {
  KafkaSettings settings = with({});
  settings.brokers = "a.example:19092, PLAINTEXT://b.example:9093,[::1]:9094,c.example,[::2]";

  EXPECT_THAT(direct_settings(settings).bootstrap,
              ElementsAre(BrokerAddress{"a.example", 19'092}, BrokerAddress{"b.example", 9'093},
                          BrokerAddress{"::1", 9'094}, BrokerAddress{"c.example", 9'092},
                          BrokerAddress{"::2", 9'092}));
}

TEST(DirectSettings, FollowThePropertiesThatBoundAFetch) {
  const DirectSettings settings = direct_settings(with({{"fetch.wait.max.ms", "250"},
                                                        {"fetch.min.bytes", "1000"},
                                                        {"fetch.max.bytes", "3000000"},
                                                        {"fetch.message.max.bytes", "70000"},
                                                        {"receive.message.max.bytes", "4000000"},
                                                        {"socket.receive.buffer.bytes", "65536"},
                                                        {"client.id", "me"}}));

  EXPECT_EQ(settings.limits.max_wait_ms, 250);
  EXPECT_EQ(settings.limits.min_bytes, 1'000);
  EXPECT_EQ(settings.limits.max_bytes, 3'000'000);
  EXPECT_EQ(settings.partition_max_bytes, 70'000);
  EXPECT_EQ(settings.max_answer_bytes, 4'000'000u);
  EXPECT_EQ(settings.receive_buffer_bytes, 65'536);
  EXPECT_EQ(settings.client_id, "me");
}

TEST(DirectSettings, FollowThePropertiesAboutTime) {
  const DirectSettings settings =
      direct_settings(with({{"socket.timeout.ms", "5000"},
                            {"fetch.wait.max.ms", "300"},
                            {"socket.connection.setup.timeout.ms", "2000"},
                            {"reconnect.backoff.ms", "40"},
                            {"reconnect.backoff.max.ms", "30"},
                            {"fetch.error.backoff.ms", "70"},
                            {"topic.metadata.refresh.interval.ms", "60000"}}));

  EXPECT_EQ(settings.answer_timeout, milliseconds(5'300)) << "a broker may wait before it answers";
  EXPECT_EQ(settings.connect_timeout, milliseconds(2'000));
  EXPECT_EQ(settings.backoff, milliseconds(40));
  EXPECT_EQ(settings.backoff_max, milliseconds(40)) << "never less than the first rest";
  EXPECT_EQ(settings.error_backoff, milliseconds(70));
  EXPECT_EQ(settings.metadata_interval, milliseconds(60'000));
}

TEST(DirectSettings, CheckChecksumsAndReadCommittedUnlessToldOtherwise) {
  const DirectSettings usual = direct_settings(with({}));
  EXPECT_TRUE(usual.check_checksums);
  EXPECT_TRUE(usual.limits.committed_only);
  EXPECT_FALSE(usual.tls.has_value());
  EXPECT_FALSE(usual.sasl.has_value());

  const DirectSettings told =
      direct_settings(with({{"check.crcs", "false"}, {"isolation.level", "read_uncommitted"}}));
  EXPECT_FALSE(told.check_checksums);
  EXPECT_FALSE(told.limits.committed_only);
}

TEST(DirectSettings, UseTlsWhereTheProtocolSaysSo) {
  const DirectSettings settings =
      direct_settings(with({{"security.protocol", "ssl"},
                            {"ssl.ca.location", "/etc/ca.pem"},
                            {"ssl.key.password", "secret"},
                            {"enable.ssl.certificate.verification", "false"},
                            {"ssl.endpoint.identification.algorithm", "none"}}));

  ASSERT_TRUE(settings.tls.has_value());
  EXPECT_EQ(settings.tls->ca_location, "/etc/ca.pem");
  EXPECT_EQ(settings.tls->key_password, "secret");
  EXPECT_FALSE(settings.tls->verify);
  EXPECT_FALSE(settings.tls->verify_host);
  EXPECT_FALSE(settings.sasl.has_value());
}

TEST(DirectSettings, AuthenticateWhereTheProtocolSaysSo) {
  for (const auto& [name, mechanism] : {std::pair("PLAIN", SaslMechanism::plain),
                                        std::pair("SCRAM-SHA-256", SaslMechanism::scram_sha_256),
                                        std::pair("SCRAM-SHA-512", SaslMechanism::scram_sha_512)}) {
    const DirectSettings settings = direct_settings(with({{"security.protocol", "sasl_ssl"},
                                                          {"sasl.mechanism", name},
                                                          {"sasl.username", "me"},
                                                          {"sasl.password", "open sesame"}}));
    ASSERT_TRUE(settings.sasl.has_value()) << name;
    EXPECT_EQ(settings.sasl->mechanism, mechanism) << name;
    EXPECT_EQ(settings.sasl->user, "me");
    EXPECT_EQ(settings.sasl->password, "open sesame");
    EXPECT_TRUE(settings.tls.has_value());
    EXPECT_TRUE(settings.tls->verify_host) << "unless it is switched off";
  }
}

TEST(DirectSettings, RefuseWhatLibrdkafkaRefuses) {
  try {
    direct_settings(with({{"fetch.min.bytes", "many"}}));
    FAIL() << "no error";
  } catch (const SourceError& error) {
    EXPECT_THAT(error.what(), HasSubstr("fetch.min.bytes"));
  }
}

}  // namespace
}  // namespace sluice
