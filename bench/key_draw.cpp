#include "bench/key_draw.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace sluice::bench {
namespace {

constexpr std::uint64_t golden = 0x9e37'79b9'7f4a'7c15u;

double unit_interval(std::uint64_t random) { return static_cast<double>(random >> 11) * 0x1p-53; }

std::uint64_t below(std::uint64_t random, std::uint64_t limit) {
  __extension__ using Product = unsigned __int128;
  return static_cast<std::uint64_t>((Product{random} * limit) >> 64);
}

/// (e^x - 1) / x and log(1 + x) / x, which have limits at 0.
double expm1_over(double x) { return std::abs(x) > 1e-8 ? std::expm1(x) / x : 1 + x / 2; }
double log1p_over(double x) { return std::abs(x) > 1e-8 ? std::log1p(x) / x : 1 - x / 2; }

}  // namespace

std::string_view name_of(Spread spread) noexcept {
  switch (spread) {
    case Spread::uniform:
      return "uniform";
    case Spread::zipf_1:
      return "zipf1";
    case Spread::zipf_1_5:
      return "zipf1.5";
    case Spread::half_on_one:
      return "half";
    case Spread::sequential:
      return "sequential";
  }
  return {};
}

KeyDraw::KeyDraw(Spread spread, std::uint64_t keys, std::uint64_t seed)
    : spread_(spread), keys_(keys), seed_(mixed(seed + golden)), stride_(2'654'435'761u) {
  while (std::gcd(stride_, keys_) != 1) ++stride_;
  exponent_ = spread == Spread::zipf_1_5 ? 1.5 : 1.0;
  first_area_ = area(1.5) - 1;
  last_area_ = area(static_cast<double>(keys) + 0.5);
  sure_ = 2 - area_inverse(area(2.5) - density(2));
}

double KeyDraw::density(double x) const { return std::exp(-exponent_ * std::log(x)); }

double KeyDraw::area(double x) const {
  const double log_x = std::log(x);
  return expm1_over((1 - exponent_) * log_x) * log_x;
}

double KeyDraw::area_inverse(double y) const {
  return std::exp(log1p_over(std::max((1 - exponent_) * y, -1.0)) * y);
}

std::uint64_t KeyDraw::zipf_rank(std::uint64_t random) const {
  while (true) {
    const double y = last_area_ + unit_interval(random) * (first_area_ - last_area_);
    const double x = area_inverse(y);
    const double rank = std::clamp(std::round(x), 1.0, static_cast<double>(keys_));
    if (rank - x <= sure_ || y >= area(rank + 0.5) - density(rank)) {
      return static_cast<std::uint64_t>(rank) - 1;
    }
    random = mixed(random + golden);
  }
}

std::uint64_t KeyDraw::operator()(std::uint64_t event) const {
  if (spread_ == Spread::sequential) return event % keys_;
  const std::uint64_t random = mixed(seed_ ^ (event * golden));
  const auto scattered = [&](std::uint64_t rank) { return rank * stride_ % keys_; };
  switch (spread_) {
    case Spread::zipf_1:
    case Spread::zipf_1_5:
      return scattered(zipf_rank(random));
    case Spread::half_on_one:
      return (random & 1) == 0 ? scattered(keys_ / 2) : below(mixed(random), keys_);
    default:
      return below(random, keys_);
  }
}

}  // namespace sluice::bench
