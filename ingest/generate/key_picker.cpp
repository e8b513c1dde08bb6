#include "ingest/generate/key_picker.hpp"

#include <algorithm>
#include <cmath>

namespace sluice {
namespace {

/// log(1 + x) / x, and (exp(x) - 1) / x: exact where x is near 0.
double log1p_over(double x) { return std::abs(x) > 1e-8 ? std::log1p(x) / x : 1 - x / 2; }
double expm1_over(double x) { return std::abs(x) > 1e-8 ? std::expm1(x) / x : 1 + x / 2; }

}  // namespace

KeyPicker::KeyPicker(std::uint64_t keys, KeyDistribution distribution, double exponent)
    : keys_(std::max<std::uint64_t>(keys, 1)),
      uniform_(distribution == KeyDistribution::uniform || keys_ == 1),
      exponent_(exponent) {
  if (!uniform_) {
    first_ = integral(1.5) - 1;
    last_ = integral(static_cast<double>(keys_) + 0.5);
    surely_ = 2 - inverse_integral(integral(2.5) - weight(2));
  }
}

std::uint64_t KeyPicker::pick(Random& random) const {
  if (uniform_) {
    return random.below(keys_);
  }
  while (true) {
    const double u = last_ + random.fraction() * (first_ - last_);
    const double x = inverse_integral(u);
    const double rank = std::clamp(std::floor(x + 0.5), 1.0, static_cast<double>(keys_));
    if (rank - x <= surely_ || u >= integral(rank + 0.5) - weight(rank)) {
      return static_cast<std::uint64_t>(rank) - 1;
    }
  }
}

/// Integral of 1 / t^exponent from 1 to x.
double KeyPicker::integral(double x) const {
  const double log_x = std::log(x);
  return expm1_over((1 - exponent_) * log_x) * log_x;
}

double KeyPicker::inverse_integral(double y) const {
  const double t = std::max(y * (1 - exponent_), -1.0);
  return std::exp(log1p_over(t) * y);
}

double KeyPicker::weight(double x) const { return std::exp(-exponent_ * std::log(x)); }

}  // namespace sluice
