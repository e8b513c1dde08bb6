#include "kernels/cuda/copy_runs.hpp"

#include <algorithm>
#include <cassert>

namespace sluice::cuda {

void CopyRuns::add(const void* host, std::size_t bytes) {
  if (host != nullptr && bytes > 0)
    runs_.push_back({static_cast<const std::byte*>(host), bytes, 0});
}

std::size_t CopyRuns::settle(bool one_block) {
  std::sort(runs_.begin(), runs_.end(),
            [](const CopyRun& a, const CopyRun& b) { return a.host < b.host; });
  std::size_t merged = 0;
  for (std::size_t i = 1; one_block && i < runs_.size(); ++i) {
    CopyRun& last = runs_[merged];
    const auto distance = static_cast<std::size_t>(runs_[i].host - last.host);
    if (distance <= last.bytes + largest_gap && distance % column_alignment == 0) {
      last.bytes = std::max(last.bytes, distance + runs_[i].bytes);
    } else {
      runs_[++merged] = runs_[i];
    }
  }
  if (one_block && !runs_.empty()) runs_.resize(merged + 1);
  std::size_t used = 0;
  for (CopyRun& run : runs_) {
    run.offset = used;
    used += (run.bytes + alignment - 1) / alignment * alignment;
  }
  return used;
}

std::size_t CopyRuns::offset_of(const void* host) const noexcept {
  const auto* const begin = static_cast<const std::byte*>(host);
  const auto after = std::find_if(runs_.begin(), runs_.end(),
                                  [&](const CopyRun& run) { return run.host > begin; });
  assert(after != runs_.begin());
  const CopyRun& run = *(after - 1);
  return run.offset + static_cast<std::size_t>(begin - run.host);
}

}  // namespace sluice::cuda
