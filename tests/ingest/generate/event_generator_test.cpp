#include "ingest/generate/event_generator.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <simdjson.h>

namespace sluice {
namespace {

constexpr EventTime start = 1'700'000'000'000;
constexpr std::uint64_t seed = 11;

GeneratorSettings settings(GeneratorKind kind) {
  GeneratorSettings settings;
  settings.kind = kind;
  settings.seed = seed;
  settings.disorder = 0;
  return settings;
}

/// The documents of `count` events; fails the test when one is not valid.
std::vector<simdjson::dom::element> documents(EventGenerator& generator, std::size_t count,
                                              std::vector<simdjson::dom::parser>& parsers) {
  std::vector<simdjson::dom::element> documents;
  parsers = std::vector<simdjson::dom::parser>(count);
  std::string event;
  for (simdjson::dom::parser& parser : parsers) {
    generator.write(event);
    simdjson::dom::element document;
    EXPECT_EQ(parser.parse(event).get(document), simdjson::SUCCESS) << event;
    EXPECT_LT(event.size(), generator.max_bytes());
    documents.push_back(document);
  }
  return documents;
}

std::string text_of(const simdjson::dom::element& document, const char* member) {
  return std::string(std::string_view(document[member]));
}

TEST(EventGenerator, WritesUserBehaviour) {
  EventGenerator generator(settings(GeneratorKind::user_behaviour), start, 0);
  std::vector<simdjson::dom::parser> parsers;
  std::set<std::string> users;
  std::map<std::string, int> names;
  std::int64_t number = 0;

  for (const auto& document : documents(generator, 5'000, parsers)) {
    EXPECT_EQ(std::int64_t(document["id"]), number);
    EXPECT_EQ(std::int64_t(document["time"]), start + number / 100);
    EXPECT_GE(double(document["behaviour_value"]), 0);
    EXPECT_LT(double(document["behaviour_value"]), 100);
    users.insert(text_of(document, "user_id"));
    ++names[text_of(document, "behaviour_name")];
    ++number;
  }

  EXPECT_GT(users.size(), 950u);
  EXPECT_LE(users.size(), 1'000u);
  EXPECT_TRUE(users.contains("u999"));
  EXPECT_EQ(names.size(), 5u);
  EXPECT_GT(names["view"], names["click"]);
}

TEST(EventGenerator, WritesNexmarkBidsOnHotAuctionsFromHotBidders) {
  EventGenerator generator(settings(GeneratorKind::nexmark_bids), start, 0);
  std::vector<simdjson::dom::parser> parsers;
  std::map<std::int64_t, int> auctions;
  std::map<std::int64_t, int> bidders;

  for (const auto& document : documents(generator, 1'000, parsers)) {
    ++auctions[std::int64_t(document["auction"])];
    ++bidders[std::int64_t(document["bidder"])];
    EXPECT_GE(std::int64_t(document["price"]), 100);
    EXPECT_LE(std::int64_t(document["price"]), 100'000'000);
    EXPECT_FALSE(text_of(document, "channel").empty());
    EXPECT_GE(std::int64_t(document["date_time"]), start);
  }

  EXPECT_NEAR(auctions[1'000], 500, 60) << "the hot auction of the first 1,500 bids, seed " << seed;
  EXPECT_NEAR(bidders[1'001], 760, 60) << "seed " << seed;
}

TEST(EventGenerator, WritesYahooEventsOfTenAdvertisementsACampaign) {
  EventGenerator generator(settings(GeneratorKind::yahoo), start, 0);
  std::vector<simdjson::dom::parser> parsers;
  std::map<std::string, std::set<std::string>> ads_of_campaign;
  std::set<std::string> users;

  for (const auto& document : documents(generator, 20'000, parsers)) {
    ads_of_campaign[text_of(document, "campaign_id")].insert(text_of(document, "ad_id"));
    users.insert(text_of(document, "user_id"));
    EXPECT_EQ(text_of(document, "page_id").size(), 36u);
    EXPECT_GE(std::int64_t(document["event_time"]), start);
  }

  EXPECT_EQ(users.size(), 100u);
  EXPECT_EQ(ads_of_campaign.size(), 100u);
  for (const auto& [campaign, ads] : ads_of_campaign) {
    EXPECT_EQ(ads.size(), 10u) << campaign;
  }
}

TEST(EventGenerator, RepeatsItselfFromTheSameSeedAndNotFromAnother) {
  const auto text_from = [](std::uint64_t from, unsigned partition) {
    GeneratorSettings seeded = settings(GeneratorKind::user_behaviour);
    seeded.seed = from;
    seeded.partitions = 2;
    EventGenerator generator(seeded, start, partition);
    std::string event;
    std::string all;
    for (int i = 0; i < 100; ++i) {
      generator.write(event);
      all += event;
    }
    return all;
  };

  EXPECT_EQ(text_from(1, 0), text_from(1, 0));
  EXPECT_NE(text_from(1, 0), text_from(2, 0));
  EXPECT_NE(text_from(1, 0), text_from(1, 1));
}

TEST(EventGenerator, CutsMalformedEventsOff) {
  GeneratorSettings bad = settings(GeneratorKind::user_behaviour);
  bad.malformed_ratio = 0.2;
  EventGenerator generator(bad, start, 0);
  simdjson::dom::parser parser;
  std::string event;
  std::uint64_t refused = 0;

  for (int i = 0; i < 2'000; ++i) {
    generator.write(event);
    refused += parser.parse(event).error() == simdjson::SUCCESS ? 0U : 1U;
  }

  EXPECT_GT(refused, 300u);
  EXPECT_EQ(refused, generator.malformed()) << "seed " << seed;
}

TEST(EventGenerator, StopsWhereAnotherEventMightNotFit) {
  EventGenerator generator(settings(GeneratorKind::yahoo), start, 0);
  std::string space(generator.max_bytes() * 3, '\0');
  char* at = space.data();

  const std::size_t written = generator.write(at, space.data() + space.size(), 100, true);

  EXPECT_GE(written, 3u);
  EXPECT_LT(written, 100u);
  EXPECT_LE(at, space.data() + space.size());
  EXPECT_EQ(at[-1], '\n');
}

}  // namespace
}  // namespace sluice
