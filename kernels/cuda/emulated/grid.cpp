#include "kernels/cuda/emulated/grid.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "kernels/cuda/emulated/fiber.hpp"
#include "kernels/cuda/emulated/lane.hpp"

namespace sluice::cuda::emulated {

constinit const ThreadContext* current_thread = nullptr;

namespace {

/// The numbers 0..count-1 in an order that a seed chooses; ascending for 0.
class Order {
 public:
  Order(std::uint64_t count, std::uint64_t seed) : count_(count) {
    if (seed == 0 || count < 2) return;
    start_ = seed % count;
    step_ = seed / count % count;
    while (std::gcd(step_, count) != 1) step_ = (step_ + 1) % count;
  }
  std::uint64_t operator[](std::uint64_t i) const { return (start_ + i * step_) % count_; }

 private:
  std::uint64_t count_;
  std::uint64_t start_ = 0;
  std::uint64_t step_ = 1;
};

[[noreturn]] void stop(const BlockContext& block, const std::string& what) {
  std::fprintf(stderr, "kernel %s, block %s: %s\n", block.kernel,
               to_string(block.block_index).c_str(), what.c_str());
  std::abort();
}

/// The device's one multiprocessor: fibers and the state of the block that runs.
class Multiprocessor {
 public:
  void run(const Grid& grid);
  std::uint64_t meet_warp(WarpOperation operation, unsigned mask, std::uint64_t operand,
                          unsigned source);
  unsigned meet_block(bool vote, std::source_location where);

 private:
  Lane& self() { return *running_; }
  std::span<Lane> warp_of(unsigned thread);

  void start_block(std::uint64_t index);
  void run_block();
  void run_warp(std::span<Lane> warp);
  void expect_no_deadlock(std::span<const Lane> warp) const;
  void resume(Lane& lane);
  void thread_function(Lane& lane);
  void release_block();
  bool meet(std::span<Lane> warp, const Lane& waiting);
  std::size_t warp_index(std::span<Lane> warp) const;

  const Grid* grid_ = nullptr;
  BlockContext block_;
  unsigned threads_ = 0;
  unsigned votes_ = 0;
  Lane* running_ = nullptr;
  std::vector<Lane> lanes_ = std::vector<Lane>(1024);
  char arrival_ = 0;
  char departure_ = 0;
  std::array<char, 32> warp_arrival_{};
  std::array<char, 32> warp_departure_{};
};

void Multiprocessor::run(const Grid& grid) {
  grid_ = &grid;
  block_.kernel = grid.kernel;
  block_.block_size = grid.block_size;
  block_.grid_size = grid.grid_size;
  threads_ = grid.block_size.x * grid.block_size.y * grid.block_size.z;
  // Of exactly this size, so that AddressSanitizer sees an access past its end.
  const std::unique_ptr<unsigned char[]> shared(new unsigned char[grid.shared_bytes]);
  block_.dynamic_shared = shared.get();
  const std::uint64_t blocks =
      std::uint64_t{grid.grid_size.x} * grid.grid_size.y * grid.grid_size.z;
  const Order order(blocks, grid.order);
  for (std::uint64_t i = 0; i < blocks; ++i) {
    start_block(order[i]);
    run_block();
  }
}

void Multiprocessor::start_block(std::uint64_t index) {
  const dim3& grid = block_.grid_size;
  block_.block_index = {static_cast<unsigned>(index % grid.x),
                        static_cast<unsigned>(index / grid.x % grid.y),
                        static_cast<unsigned>(index / grid.x / grid.y)};
  std::memset(block_.dynamic_shared, poison, grid_->shared_bytes);
  const dim3& size = block_.block_size;
  for (unsigned i = 0; i < threads_; ++i) {
    Lane& lane = lanes_[i];
    lane.thread_index = {i % size.x, i / size.x % size.y, i / size.x / size.y};
    lane.lane = i % warp_lanes;
    lane.block = &block_;
    lane.state = State::running;
    if (lane.fiber == nullptr) {
      lane.fiber = new Fiber([this, &lane] { thread_function(lane); });
    }
  }
  votes_ = 0;
  release(&departure_);
}

void Multiprocessor::run_block() {
  const unsigned warps = (threads_ + warp_lanes - 1) / warp_lanes;
  const Order order(warps, grid_->order);
  const auto block = std::span(lanes_).first(threads_);
  const auto returned = [](const Lane& lane) { return lane.state == State::returned; };
  while (true) {
    for (unsigned i = 0; i < warps; ++i) {
      run_warp(warp_of(static_cast<unsigned>(order[i]) * warp_lanes));
    }
    acquire(&arrival_);
    if (std::all_of(block.begin(), block.end(), returned)) return;
    release_block();
  }
}

std::span<Lane> Multiprocessor::warp_of(unsigned thread) {
  const unsigned first = thread / warp_lanes * warp_lanes;
  return std::span(lanes_).subspan(first, std::min(warp_lanes, threads_ - first));
}

std::size_t Multiprocessor::warp_index(std::span<Lane> warp) const {
  return static_cast<std::size_t>(warp.data() - lanes_.data()) / warp_lanes;
}

void Multiprocessor::run_warp(std::span<Lane> warp) {
  const Order order(warp.size(), grid_->order);
  for (bool progress = true; progress;) {
    progress = false;
    for (std::size_t i = 0; i < warp.size(); ++i) {
      Lane& lane = warp[order[i]];
      if (lane.state != State::running) continue;
      resume(lane);
      progress = true;
    }
  }
  expect_no_deadlock(warp);
}

void Multiprocessor::expect_no_deadlock(std::span<const Lane> warp) const {
  for (const Lane& lane : warp) {
    if (lane.state != State::at_warp) continue;
    for (const Lane& other : warp) {
      const bool meets = other.state == State::returned ||
                         (other.state == State::at_warp && other.operation == lane.operation &&
                          other.mask == lane.mask);
      if (other.in(lane.mask) && !meets) {
        stop(block_,
             "deadlock in a divergent warp: " + describe(lane) + ", but " + describe(other));
      }
    }
  }
}

void Multiprocessor::resume(Lane& lane) {
  running_ = &lane;
  current_thread = &lane;
  lane.fiber->resume();
  current_thread = nullptr;
  if (lane.state != State::returned) return;
  // The others of its warp no longer wait for it.
  const auto warp = warp_of(static_cast<unsigned>(&lane - lanes_.data()));
  for (const Lane& other : warp) {
    if (other.state == State::at_warp && lane.in(other.mask)) meet(warp, other);
  }
}

// A fiber outlives the block: it runs one thread of each block that is large enough.
void Multiprocessor::thread_function(Lane& lane) {
  while (true) {
    acquire(&departure_);
    grid_->thread();
    release(&arrival_);
    lane.state = State::returned;
    lane.fiber->suspend();
  }
}

void Multiprocessor::release_block() {
  const auto block = std::span(lanes_).first(threads_);
  const auto waits = [](const Lane& lane) { return lane.state == State::at_block; };
  const Lane& first = *std::find_if(block.begin(), block.end(), waits);
  for (const Lane& lane : block) {
    const bool same = lane.state == State::at_block && lane.where.line() == first.where.line() &&
                      lane.where.column() == first.where.column();
    if (!same) {
      stop(block_, "divergent barrier: " + describe(first) + ", but " + describe(lane));
    }
  }
  const auto votes =
      std::count_if(block.begin(), block.end(), [](auto& lane) { return lane.vote; });
  votes_ = static_cast<unsigned>(votes);
  for (Lane& lane : block) lane.state = State::running;
  release(&departure_);
}

unsigned Multiprocessor::meet_block(bool vote, std::source_location where) {
  const Unobserved unobserved;
  Lane& lane = self();
  lane.vote = vote;
  lane.where = where;
  lane.state = State::at_block;
  release(&arrival_);
  lane.fiber->suspend();
  acquire(&departure_);
  return votes_;
}

std::uint64_t Multiprocessor::meet_warp(WarpOperation operation, unsigned mask,
                                        std::uint64_t operand, unsigned source) {
  const Unobserved unobserved;
  Lane& lane = self();
  lane.operation = operation;
  lane.mask = mask;
  lane.operand = operand;
  lane.source = source;
  lane.state = State::at_warp;
  if (!lane.in(mask)) stop(block_, describe(lane) + ", itself not one of them");
  const auto warp = warp_of(static_cast<unsigned>(&lane - lanes_.data()));
  if (operation == WarpOperation::sync) release(&warp_arrival_[warp_index(warp)]);
  if (!meet(warp, lane)) lane.fiber->suspend();
  if (operation == WarpOperation::sync) acquire(&warp_departure_[warp_index(warp)]);
  return lane.result;
}

/// Lets all lanes of a warp operation go on if every one that can come is there.
bool Multiprocessor::meet(std::span<Lane> warp, const Lane& waiting) {
  const WarpOperation operation = waiting.operation;
  const unsigned mask = waiting.mask;
  unsigned lanes = 0;
  for (const Lane& lane : warp) {
    if (!lane.in(mask) || lane.state == State::returned) continue;
    const bool there =
        lane.state == State::at_warp && lane.operation == operation && lane.mask == mask;
    if (!there) return false;
    lanes |= 1u << lane.lane;
  }
  if (operation == WarpOperation::sync) {
    acquire(&warp_arrival_[warp_index(warp)]);
    release(&warp_departure_[warp_index(warp)]);
  } else {
    exchange(warp, operation, lanes);
  }
  for (Lane& lane : warp) {
    if (lane.in(lanes)) lane.state = State::running;
  }
  return true;
}

Multiprocessor& multiprocessor() {
  static auto* const one = new Multiprocessor;  // never destroyed, as its fibers never end
  return *one;
}

}  // namespace

void run_grid(const Grid& grid) {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  const Unobserved unobserved;
  multiprocessor().run(grid);
}

std::uint64_t meet_warp(WarpOperation operation, unsigned mask, std::uint64_t value,
                        unsigned source) {
  return multiprocessor().meet_warp(operation, mask, value, source);
}

unsigned meet_block(bool vote, std::source_location where) {
  return multiprocessor().meet_block(vote, where);
}

std::uint64_t undefined_value() noexcept { return 0xA5A5A5A5A5A5A5A5u; }

void stop_kernel(const char* what) {
  stop(*current_thread->block, "thread " + to_string(current_thread->thread_index) + ": " + what);
}

}  // namespace sluice::cuda::emulated
