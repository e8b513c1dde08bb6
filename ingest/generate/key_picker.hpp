#pragma once

#include <cstdint>

#include "ingest/generate/generator_settings.hpp"
#include "ingest/generate/random.hpp"

namespace sluice {

/// Picks keys 0...keys-1, uniformly or by Zipf's law (key k with a weight of 1 / (k + 1)^exponent).
/// Zipf by rejection-inversion, constant time and memory whatever the number of keys: Hörmann and
/// Derflinger, "Rejection-inversion to generate variates from monotone discrete distributions",
/// 1996.
class KeyPicker {
 public:
  /// @param keys > 0  @param exponent >= 0, used by zipf
  KeyPicker(std::uint64_t keys, KeyDistribution distribution, double exponent);

  std::uint64_t pick(Random& random) const;

 private:
  double integral(double x) const;
  double inverse_integral(double y) const;
  double weight(double x) const;

  std::uint64_t keys_;
  bool uniform_;
  double exponent_;
  double first_ = 0;   ///< integral where the sampled range begins
  double last_ = 0;    ///< integral where it ends
  double surely_ = 0;  ///< closer to the integer than this: accepted without a test
};

}  // namespace sluice
