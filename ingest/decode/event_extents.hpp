#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace sluice {

/// Where an event's bytes are in the block.
struct EventExtent {
  std::uint32_t begin = 0;
  std::uint32_t length = 0;
  std::uint32_t message = 0;  ///< index of its message
};

/// The extents of a batch's events, by event. Events of one length that lie back to back in one
/// message share an entry, so that a batch of fixed rows needs one a message.
class EventExtents {
 public:
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  EventExtent operator[](std::size_t event) const noexcept;

  void push_back(const EventExtent& extent) { append(extent, 1); }
  /// `count` > 0 events back to back, the first one at `first`.
  void append(const EventExtent& first, std::size_t count) {
    if (!continues(first)) runs_.push_back({first, static_cast<std::uint32_t>(size_)});
    size_ += count;
  }
  void append(std::span<const EventExtent> extents) {
    const std::size_t runs = runs_.size();
    runs_.resize(runs + extents.size());
    Run* run = runs_.data() + runs;
    auto event = static_cast<std::uint32_t>(size_);
    for (const EventExtent& extent : extents) *run++ = {extent, event++};
    size_ += extents.size();
  }
  /// Keeps the first `size` events. @param size at most size()
  void shrink(std::size_t size) noexcept;
  /// Keeps the events with keeps[event] != 0. @param keeps [size()] 1 or 0
  void keep(const std::uint8_t* keeps);

  void clear() noexcept {
    runs_.clear();
    size_ = 0;
  }
  /// Makes room for that many events of which no two share an entry.
  void reserve(std::size_t capacity) { runs_.reserve(capacity); }

 private:
  struct Run {
    EventExtent first;
    std::uint32_t first_event = 0;
  };

  bool continues(const EventExtent& next) const noexcept {
    if (runs_.empty()) return false;
    const auto& [first, first_event] = runs_.back();
    const std::size_t bytes = (size_ - first_event) * first.length;
    return first.message == next.message && first.length == next.length &&
           first.begin + bytes == next.begin;
  }

  std::vector<Run> runs_;
  std::vector<Run> kept_;  ///< memory of `keep`
  std::size_t size_ = 0;
};

}  // namespace sluice
