#include "ingest/generate/nexmark_generator.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "ingest/generate/text_writer.hpp"

namespace sluice {
namespace {

constexpr std::uint64_t bids_of_an_epoch = 46;
constexpr std::uint64_t auctions_of_an_epoch = 3;
constexpr std::uint64_t first_id = 1'000;
constexpr std::uint64_t hot_every = 100;  // ids between two hot ones
constexpr std::uint64_t recent_auctions = 100;
constexpr std::uint64_t active_people = 1'000;
constexpr std::uint64_t lead = 10;  // ids that are named before they exist
constexpr std::array<std::string_view, 4> hot_channels = {"Google", "Facebook", "Baidu", "Apple"};
constexpr std::uint64_t channels = 10'000;

std::uint64_t pick_auction(std::uint64_t last, Random& random) {
  if (random.below(2) == 0) {
    return last / hot_every * hot_every;
  }
  const std::uint64_t oldest = last - std::min(last, recent_auctions);
  return oldest + random.below(last - oldest + lead + 1);
}

std::uint64_t pick_bidder(std::uint64_t last, Random& random) {
  if (random.below(4) != 0) {
    return last / hot_every * hot_every + 1;
  }
  const std::uint64_t active = std::min(last + 1, active_people);
  return last + 1 - active + random.below(active + lead);
}

}  // namespace

char* NexmarkGenerator::write(char* into, const EventPlan& plan, Random& random) const {
  const std::uint64_t epoch = plan.number / bids_of_an_epoch;
  const std::uint64_t last_person = epoch;
  const std::uint64_t last_auction = epoch * auctions_of_an_epoch + auctions_of_an_epoch - 1;
  const auto price =
      static_cast<std::uint64_t>(std::llround(std::pow(10.0, random.fraction() * 6) * 100));
  TextWriter text(into);
  text << R"({"auction":)" << first_id + pick_auction(last_auction, random) << R"(,"bidder":)"
       << first_id + pick_bidder(last_person, random) << R"(,"price":)" << price
       << R"(,"channel":")";
  if (random.below(2) == 0) {
    text << hot_channels[random.below(hot_channels.size())];
  } else {
    text << "channel-" << random.below(channels);
  }
  text << R"(","date_time":)" << plan.time << "}";
  return text.at();
}

}  // namespace sluice
