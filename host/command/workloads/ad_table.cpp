#include "host/command/workloads/ad_table.hpp"

#include "ingest/generate/random.hpp"

namespace sluice {
namespace {

constexpr Uuid nobody{0, 0};

}  // namespace

AdTable::AdTable() : places_(size, {nobody, 0}) {
  Random random(11, 0);
  for (std::size_t a = 0; a < campaigns * ads_a_campaign; ++a) {
    ads_.push_back({random.bits(), random.bits()});
    std::size_t at = ads_.back().low % size;
    while (places_[at].ad != nobody) at = (at + 1) % size;
    places_[at] = {ads_.back(), a / ads_a_campaign};
  }
}

}  // namespace sluice
