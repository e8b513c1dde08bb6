#include "host/command/workloads/machine_ceilings.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <thread>
#include <vector>

#include <sched.h>

namespace sluice {
namespace {

constexpr std::size_t words_each = std::size_t{16} << 20;
constexpr int passes = 5;

struct Blocks {
  std::vector<std::uint64_t> from = std::vector<std::uint64_t>(words_each, 1);
  std::vector<std::uint64_t> to = std::vector<std::uint64_t>(words_each, 0);
  std::uint64_t sum = 0;
};

/// Cores that this process may run on.
unsigned usable_cores() {
  cpu_set_t cores;
  if (::sched_getaffinity(0, sizeof(cores), &cores) != 0) return 1;
  return static_cast<unsigned>(std::max(1, CPU_COUNT(&cores)));
}

void read(Blocks& blocks) {
  // Sums that do not wait for each other.
  std::uint64_t sums[8] = {};
  for (std::size_t i = 0; i < words_each; i += 8) {
    for (std::size_t k = 0; k < 8; ++k) sums[k] += blocks.from[i + k];
  }
  blocks.sum = 0;
  for (const std::uint64_t sum : sums) blocks.sum += sum;
}

void copy(Blocks& blocks) { std::memcpy(blocks.to.data(), blocks.from.data(), words_each * 8); }

double best_rate(std::vector<Blocks>& blocks, unsigned threads, void (*pass)(Blocks&)) {
  double best = 0;
  for (int p = 0; p < passes; ++p) {
    const auto start = std::chrono::steady_clock::now();
    {
      std::vector<std::jthread> workers;
      for (unsigned t = 1; t < threads; ++t) workers.emplace_back([&, t] { pass(blocks[t]); });
      pass(blocks[0]);
    }
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    best = std::max(best, static_cast<double>(threads * words_each * 8) / elapsed.count());
  }
  return best;
}

}  // namespace

MachineCeilings measure_ceilings() {
  MachineCeilings ceilings;
  ceilings.cores = usable_cores();
  std::vector<Blocks> blocks(ceilings.cores);
  ceilings.read_one = best_rate(blocks, 1, read);
  ceilings.read_all = best_rate(blocks, ceilings.cores, read);
  if (blocks[0].sum != words_each) throw std::runtime_error("the memory pass read wrong data");
  ceilings.copy_one = best_rate(blocks, 1, copy);
  ceilings.copy_all = best_rate(blocks, ceilings.cores, copy);
  return ceilings;
}

}  // namespace sluice
