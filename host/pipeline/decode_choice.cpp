#include "host/pipeline/decode_choice.hpp"

#include <algorithm>

namespace sluice {
namespace {

constexpr double weight_of_a_batch = 1.0 / 8;

}  // namespace

void DecodeChoice::host_batch(bool ready) noexcept {
  if (on_device_) return;
  if (stay_ > 0) {
    --stay_;
  } else if (ready) {
    on_device_ = true;
    ratio_ = 0;
    ++moves_;
  }
}

void DecodeChoice::device_batch(std::size_t events, std::size_t listed) noexcept {
  // Batches that were on their way when the device was left tell nothing new.
  if (!on_device_ || events == 0) return;
  const double share = static_cast<double>(listed) / static_cast<double>(events);
  ratio_ += weight_of_a_batch * (share - ratio_);
  if (ratio_ > most_listed) {
    leave();
  } else if (++good_ == proof) {
    next_stay_ = first_stay;
  }
}

void DecodeChoice::leave() noexcept {
  on_device_ = false;
  good_ = 0;
  ++moves_;
  stay_ = insists_ ? 0 : next_stay_;
  next_stay_ = std::min(4 * next_stay_, longest_stay);
}

}  // namespace sluice
