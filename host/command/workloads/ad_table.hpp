#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "host/command/workloads/workload_rows.hpp"

namespace sluice {

/// The campaign of every ad, as YSB joins them: a table with linear probing, half of it free.
class AdTable {
 public:
  static constexpr std::size_t campaigns = 100;
  static constexpr std::size_t ads_a_campaign = 10;

  AdTable();

  /// Ad `a` is one of campaign `a / ads_a_campaign`.
  const std::vector<Uuid>& ads() const noexcept { return ads_; }

  /// @param ad one of ads()
  std::uint64_t campaign_of(const Uuid& ad) const noexcept {
    std::size_t at = ad.low % size;
    while (places_[at].ad != ad) at = (at + 1) % size;
    return places_[at].campaign;
  }

 private:
  static constexpr std::size_t size = 2'048;
  struct Place {
    Uuid ad;
    std::uint64_t campaign;
  };
  std::vector<Place> places_;
  std::vector<Uuid> ads_;
};

}  // namespace sluice
