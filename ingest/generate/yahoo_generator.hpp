#pragma once

#include <array>
#include <string>
#include <vector>

#include "ingest/generate/event_planner.hpp"
#include "ingest/generate/key_picker.hpp"

namespace sluice {

/// Advertising events of the Yahoo streaming benchmark, as JSON of about 290 bytes: user_id,
/// page_id, ad_id (36 hexadecimal characters each), ad_type, event_type, event_time, ip_address.
///
/// Unlike the original's, events carry the campaign_id of their advertisement, which the original
/// looks up in a table (ten advertisements a campaign), and event_time is a number. `keys` is the
/// number of advertisements (1,000 in the original), picked by the settings' distribution.
class YahooGenerator {
 public:
  explicit YahooGenerator(const GeneratorSettings& settings);

  static constexpr std::size_t max_bytes = 384;

  char* write(char* into, const EventPlan& plan, Random& random) const;

 private:
  static constexpr std::size_t users_and_pages = 100;

  std::uint64_t seed_;
  KeyPicker ads_;
  std::vector<std::string> users_;
  std::vector<std::string> pages_;
};

}  // namespace sluice
