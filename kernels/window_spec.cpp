#include "kernels/window_spec.hpp"

#include <algorithm>
#include <numeric>

namespace sluice {
namespace {

// Apart is the better choice where one grid for all would hold more than this many times the panes.
constexpr std::int64_t worthwhile_growth = 4;

std::int64_t ceil_div(std::int64_t value, std::int64_t divisor) {
  return -floor_div(-value, divisor);
}

PaneGrid grid_of(const WindowSpec& window) {
  return {window.offset, std::gcd(window.size, window.slide)};
}

PaneGrid joined(const PaneGrid& grid, const WindowSpec& window) {
  const Milliseconds own = std::gcd(grid_of(window).length, window.offset - grid.phase);
  return {grid.phase, std::gcd(grid.length, own)};
}

Milliseconds longest(const GridPlan& plan, std::span<const WindowSpec> windows) {
  Milliseconds size = 0;
  for (const std::uint32_t w : plan.windows) size = std::max(size, windows[w].size);
  return size;
}

}  // namespace

std::vector<GridPlan> plan_grids(std::span<const WindowSpec> windows) {
  std::vector<GridPlan> plans;
  for (std::uint32_t w = 0; w < windows.size(); ++w) {
    const WindowSpec& window = windows[w];
    const PaneGrid own = grid_of(window);
    GridPlan* best = nullptr;
    std::int64_t best_growth = 0;
    for (GridPlan& plan : plans) {
      const Milliseconds size = longest(plan, windows);
      const std::int64_t apart = size / plan.grid.length + window.size / own.length;
      const std::int64_t together = std::max(size, window.size) / joined(plan.grid, window).length;
      const std::int64_t growth = ceil_div(together, apart);
      if (best == nullptr || growth < best_growth) {
        best = &plan;
        best_growth = growth;
      }
    }
    if (best != nullptr && (best_growth <= worthwhile_growth || plans.size() == max_grids)) {
      best->grid = joined(best->grid, window);
      best->windows.push_back(w);
    } else {
      plans.push_back({own, {w}});
    }
  }
  return plans;
}

std::int64_t live_panes(const GridPlan& plan, std::span<const WindowSpec> windows,
                        Milliseconds allowed_lateness) {
  return ceil_div(longest(plan, windows), plan.grid.length) +
         ceil_div(allowed_lateness, plan.grid.length);
}

}  // namespace sluice
