#pragma once

#include <cstdint>
#include <string_view>

namespace sluice::bench {

/// How events are spread over the keys.
enum class Spread : std::uint8_t {
  uniform,
  zipf_1,       ///< probability of rank r proportional to 1 / r
  zipf_1_5,     ///< ... to 1 / r^1.5
  half_on_one,  ///< half of the events on one key, the others uniform
  sequential,   ///< event i on key i mod keys
};
std::string_view name_of(Spread spread) noexcept;

/// A number that depends on `value` alone and looks random.
constexpr std::uint64_t mixed(std::uint64_t value) noexcept {
  value = (value ^ (value >> 31)) * 0x7fb5'd329'728e'a185u;
  value = (value ^ (value >> 27)) * 0x81da'def4'bc2d'd44du;
  return value ^ (value >> 33);
}

/// The key of each event of a stream. Event i's key depends on the seed and i alone, so that parts
/// of a stream can be made by different threads.
///
/// Zipf ranks by rejection inversion (Hoermann and Derflinger, "Rejection-inversion to generate
/// variates from monotone discrete distributions", 1996): no table, so 100 million keys cost no
/// memory. Ranks are scattered over the keys, so that hot keys do not lie side by side.
class KeyDraw {
 public:
  /// @param keys from 1 to 2^31
  KeyDraw(Spread spread, std::uint64_t keys, std::uint64_t seed);

  /// In [0, keys).
  std::uint64_t operator()(std::uint64_t event) const;

 private:
  double area(double x) const;
  double area_inverse(double y) const;
  double density(double x) const;
  std::uint64_t zipf_rank(std::uint64_t random) const;

  Spread spread_;
  std::uint64_t keys_;
  std::uint64_t seed_;
  std::uint64_t stride_;  ///< coprime to keys_: rank * stride mod keys is a permutation
  double exponent_ = 1;
  double first_area_ = 0;  ///< lower end of the inverted range
  double last_area_ = 0;   ///< upper end
  double sure_ = 0;        ///< closer than this to a rank: taken without a second look
};

}  // namespace sluice::bench
