#include "ingest/generate/yahoo_generator.hpp"

#include <string_view>

#include "ingest/generate/text_writer.hpp"

namespace sluice {
namespace {

constexpr std::size_t uuid_length = 36;
constexpr std::uint64_t ads_of_a_campaign = 10;
constexpr std::array<std::string_view, 5> ad_types = {"banner", "modal", "sponsored-search", "mail",
                                                      "mobile"};
constexpr std::array<std::string_view, 3> event_types = {"view", "click", "purchase"};

/// The kinds of things that have ids, so that no two share one.
enum class Kind : std::uint64_t { user = 1, page, ad, campaign };

/// splitmix64: every 64-bit number gives another one.
std::uint64_t scramble(std::uint64_t number) {
  number += 0x9E37'79B9'7F4A'7C15;
  number = (number ^ (number >> 30)) * 0xBF58'476D'1CE4'E5B9;
  number = (number ^ (number >> 27)) * 0x94D0'49BB'1331'11EB;
  return number ^ (number >> 31);
}

/// The id of a thing: fixed by the seed, in the form of a UUID.
void write_uuid(char* into, std::uint64_t seed, Kind kind, std::uint64_t number) {
  constexpr std::string_view digits = "0123456789abcdef";
  const std::uint64_t high = scramble(seed ^ scramble(static_cast<std::uint64_t>(kind)));
  const std::array<std::uint64_t, 2> halves = {scramble(high ^ number), scramble(number)};
  std::size_t nibble = 0;
  for (std::size_t at = 0; at < uuid_length; ++at) {
    if (at == 8 || at == 13 || at == 18 || at == 23) {
      into[at] = '-';
    } else {
      into[at] = digits[(halves[nibble / 16] >> (nibble % 16 * 4)) & 15];
      ++nibble;
    }
  }
}

std::string uuid(std::uint64_t seed, Kind kind, std::uint64_t number) {
  std::string text(uuid_length, ' ');
  write_uuid(text.data(), seed, kind, number);
  return text;
}

}  // namespace

YahooGenerator::YahooGenerator(const GeneratorSettings& settings)
    : seed_(settings.seed), ads_(settings.keys, settings.distribution, settings.zipf_exponent) {
  for (std::size_t i = 0; i < users_and_pages; ++i) {
    users_.push_back(uuid(seed_, Kind::user, i));
    pages_.push_back(uuid(seed_, Kind::page, i));
  }
}

char* YahooGenerator::write(char* into, const EventPlan& plan, Random& random) const {
  const std::uint64_t ad = ads_.pick(random);
  const auto put_id = [this](TextWriter text, Kind kind, std::uint64_t number) {
    write_uuid(text.at(), seed_, kind, number);
    return TextWriter(text.at() + uuid_length);
  };
  TextWriter text(into);
  text << R"({"user_id":")" << users_[random.below(users_.size())] << R"(","page_id":")"
       << pages_[random.below(pages_.size())] << R"(","ad_id":")";
  text = put_id(text, Kind::ad, ad);
  text << R"(","campaign_id":")";
  text = put_id(text, Kind::campaign, ad / ads_of_a_campaign);
  text << R"(","ad_type":")" << ad_types[random.below(ad_types.size())] << R"(","event_type":")"
       << event_types[random.below(event_types.size())] << R"(","event_time":)" << plan.time
       << R"(,"ip_address":"1.2.3.4"})";
  return text.at();
}

}  // namespace sluice
