/// What the device can do at most, each thing by itself: copies over the link and on the device,
/// reads, reductions at random places, atomics in shared memory, sorts, partitions, scans. Times
/// are the device's own (events). Bytes are those that must move: read and written ones both count.
///
/// `--small` is for machines without a GPU, where this runs over the emulator: its times mean
/// nothing, but every ceiling is exercised.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

#include "bench/gpu/ceiling_kernels.hpp"
#include "bench/gpu/device_sorts.hpp"
#include "bench/in_parallel.hpp"
#include "bench/kernel_counters.hpp"
#include "bench/key_draw.hpp"
#include "kernels/cuda/runtime.hpp"

namespace sluice::bench {
namespace {

using cuda::DeviceBuffer;
using cuda::Event;
using cuda::PinnedBuffer;
using cuda::Stream;

/// How large the inputs are.
struct Scale {
  std::size_t least_transfer = std::size_t{256} << 10;
  std::size_t most_transfer = std::size_t{64} << 20;
  std::size_t link_bytes = std::size_t{256} << 20;  ///< copied over the link in an iteration
  std::size_t device_bytes = std::size_t{2} << 30;  ///< read, or copied on the device
  std::size_t elements = std::size_t{32} << 20;
  std::size_t most_slots = 100'000'000;
  unsigned shared_rounds = 2'000;
};
constexpr Scale small{.least_transfer = 4096,
                      .most_transfer = 16'384,
                      .link_bytes = 65'536,
                      .device_bytes = 65'536,
                      .elements = 4'099,
                      .most_slots = 1'000,
                      .shared_rounds = 1};

using Body = std::function<void(benchmark::State&)>;

void add(const std::string& name, Body body) {
  benchmark::RegisterBenchmark(("ceiling/" + name).c_str(),
                               [body = std::move(body)](benchmark::State& state) {
                                 run_or_skip(state, [&] { body(state); });
                               })
      ->UseManualTime()
      ->Unit(benchmark::kMicrosecond);
}

/// Runs `work` on `stream` once unmeasured, then once an iteration, by the device's clock.
void time_on_device(benchmark::State& state, Stream& stream, const std::function<void()>& work) {
  Event begin(Event::Kind::timed);
  Event end(Event::Kind::timed);
  work();
  for (auto _ : state) {
    begin.record(stream);
    work();
    end.record(stream);
    stream.synchronize();
    state.SetIterationTime(std::chrono::duration<double>(end.since(begin)).count());
  }
}

void set_work(benchmark::State& state, std::size_t items, std::size_t bytes) {
  const auto iterations = static_cast<std::int64_t>(state.iterations());
  state.SetItemsProcessed(iterations * static_cast<std::int64_t>(items));
  state.SetBytesProcessed(iterations * static_cast<std::int64_t>(bytes));
}

/// Streams that start and end together with the first of them.
class StreamGroup {
 public:
  explicit StreamGroup(std::size_t streams) : streams_(streams), ends_(streams) {}

  Stream& first() { return streams_.front(); }
  Stream& at(std::size_t i) { return streams_[i % streams_.size()]; }

  void fork() {
    begin_.record(first());
    for (Stream& stream : streams_) {
      if (&stream != &first()) stream.wait(begin_);
    }
  }
  void join() {
    for (std::size_t s = 1; s < streams_.size(); ++s) {
      ends_[s].record(streams_[s]);
      first().wait(ends_[s]);
    }
  }

 private:
  std::vector<Stream> streams_;
  std::vector<Event> ends_;
  Event begin_;
};

enum class Link : std::uint8_t { up, down };

void copy_over_link(benchmark::State& state, Link link, std::size_t bytes, std::size_t streams,
                    std::size_t total) {
  StreamGroup group(streams);
  PinnedBuffer<std::byte> host(total);
  DeviceBuffer<std::byte> device(total);
  std::fill(host.begin(), host.end(), std::byte{1});
  cuda::fill_bytes(device.data(), 1, total, group.first());
  time_on_device(state, group.first(), [&] {
    group.fork();
    for (std::size_t at = 0; at < total; at += bytes) {
      Stream& stream = group.at(at / bytes);
      if (link == Link::up) {
        cuda::copy_bytes_to_device(device.data() + at, host.data() + at, bytes, stream);
      } else {
        cuda::copy_bytes_to_host(host.data() + at, device.data() + at, bytes, stream);
      }
    }
    group.join();
  });
  set_work(state, total / bytes, total);
}

void add_link(const Scale& scale) {
  for (const Link link : {Link::up, Link::down}) {
    for (std::size_t bytes = scale.least_transfer; bytes <= scale.most_transfer; bytes *= 4) {
      for (const std::size_t streams : {std::size_t{1}, std::size_t{2}, std::size_t{4}}) {
        const std::size_t total = scale.link_bytes;
        add((link == Link::up ? "copy_up/bytes:" : "copy_down/bytes:") + std::to_string(bytes) +
                "/streams:" + std::to_string(streams),
            [=](benchmark::State& state) { copy_over_link(state, link, bytes, streams, total); });
      }
    }
  }
}

void add_memory(const Scale& scale) {
  const std::size_t bytes = scale.device_bytes;
  add("copy_on_device/bytes:" + std::to_string(bytes), [=](benchmark::State& state) {
    Stream stream;
    DeviceBuffer<std::byte> from(bytes);
    DeviceBuffer<std::byte> to(bytes);
    cuda::fill_bytes(from.data(), 1, bytes, stream);
    time_on_device(state, stream,
                   [&] { cuda::copy_bytes_on_device(to.data(), from.data(), bytes, stream); });
    set_work(state, 1, 2 * bytes);
  });
  add("read/bytes:" + std::to_string(bytes), [=](benchmark::State& state) {
    Stream stream;
    DeviceBuffer<std::byte> from(bytes);
    DeviceBuffer<std::uint64_t> sum(1);
    cuda::fill_bytes(from.data(), 1, bytes, stream);
    cuda::fill_bytes(sum.data(), 0, sum.bytes(), stream);
    time_on_device(state, stream, [&] { cuda::read_all(from.data(), bytes, sum.data(), stream); });
    set_work(state, 1, bytes);
  });
  add("launch_and_wait", [](benchmark::State& state) {
    Stream stream;
    DeviceBuffer<std::uint64_t> words(3);
    for (auto _ : state) {
      const auto start = std::chrono::steady_clock::now();
      cuda::read_all(words.data(), 16, words.data() + 2, stream);
      stream.synchronize();
      state.SetIterationTime(
          std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    set_work(state, 1, 16);
  });
}

/// Places in [0, slots), in device memory; kept until others are asked for.
class Places {
 public:
  explicit Places(std::size_t count) : count_(count) {}

  const std::uint32_t* get(std::size_t slots, Spread spread) {
    if (slots != slots_ || spread != spread_) {
      const KeyDraw draw(spread, slots, 1);
      PinnedBuffer<std::uint32_t> host(count_);
      in_parallel(count_, [&draw, at = host.data()](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) at[i] = static_cast<std::uint32_t>(draw(i));
      });
      Stream stream;
      device_ = DeviceBuffer<std::uint32_t>(count_);
      cuda::copy_to_device(device_.data(), host.data(), count_, stream);
      stream.synchronize();
      slots_ = slots;
      spread_ = spread;
    }
    return device_.data();
  }
  std::size_t count() const { return count_; }

 private:
  std::size_t count_;
  std::size_t slots_ = 0;
  Spread spread_ = Spread::uniform;
  DeviceBuffer<std::uint32_t> device_;
};

template <class T>
void reduce(benchmark::State& state, Places& places, std::size_t slots, Spread spread) {
  Stream stream;
  const std::uint32_t* const index = places.get(slots, spread);
  DeviceBuffer<T> words(slots);
  cuda::fill_bytes(words.data(), 0, words.bytes(), stream);
  time_on_device(state, stream,
                 [&] { cuda::reduce_at(words.data(), index, places.count(), stream); });
  set_work(state, places.count(), places.count() * (sizeof(std::uint32_t) + 2 * sizeof(T)));
}

void reduce_rows(benchmark::State& state, Places& places, std::size_t slots, Spread spread,
                 unsigned words) {
  Stream stream;
  const std::uint32_t* const index = places.get(slots, spread);
  DeviceBuffer<std::uint64_t> rows(slots * words);
  cuda::fill_bytes(rows.data(), 0, rows.bytes(), stream);
  time_on_device(state, stream,
                 [&] { cuda::reduce_rows(rows.data(), words, index, places.count(), stream); });
  set_work(state, places.count(), places.count() * (sizeof(std::uint32_t) + 16 * words));
}

void add_reductions(const Scale& scale) {
  const auto places = std::make_shared<Places>(scale.elements);
  for (std::size_t slots = 1; slots <= scale.most_slots; slots *= slots == 1 ? 1'000 : 10) {
    for (const Spread spread :
         {Spread::uniform, Spread::zipf_1, Spread::zipf_1_5, Spread::half_on_one}) {
      if (slots == 1 && spread != Spread::uniform) continue;
      const std::string where =
          "/slots:" + std::to_string(slots) + "/" + std::string(name_of(spread));
      const auto add_words = [&](const char* type, auto word) {
        add("red/" + std::string(type) + where, [=](benchmark::State& state) {
          reduce<decltype(word)>(state, *places, slots, spread);
        });
      };
      add_words("u64", std::uint64_t{});
      if (spread == Spread::uniform) add_words("u32", std::uint32_t{});
      if (spread == Spread::uniform) add_words("f64", double{});
      for (const unsigned words : {2u, 4u}) {
        add("red/row" + std::to_string(words) + where,
            [=](benchmark::State& state) { reduce_rows(state, *places, slots, spread, words); });
      }
    }
  }
}

template <class T>
void add_shared(const std::string& type, const Scale& scale) {
  const unsigned rounds = scale.shared_rounds;
  for (const unsigned slots : {1u, 64u, 1024u, 4096u}) {
    add("shared/" + type + "/slots:" + std::to_string(slots), [=](benchmark::State& state) {
      Stream stream;
      DeviceBuffer<T> totals(slots);
      cuda::fill_bytes(totals.data(), 0, totals.bytes(), stream);
      std::uint64_t additions = 0;
      time_on_device(state, stream, [&] {
        additions = cuda::reduce_in_shared(totals.data(), slots, rounds, stream);
      });
      set_work(state, additions, additions * sizeof(T));
    });
  }
}

template <class V>
void sort(benchmark::State& state, Places& places, int bits) {
  Stream stream;
  const std::size_t count = places.count();
  const std::uint32_t* const keys =
      places.get(std::size_t{1} << std::min(bits, 31), Spread::uniform);
  DeviceBuffer<std::uint32_t> sorted_keys(count);
  DeviceBuffer<V> values(count);
  DeviceBuffer<V> sorted_values(count);
  cuda::fill_bytes(values.data(), 1, values.bytes(), stream);
  const auto run = [&](cuda::Scratch scratch) {
    return cuda::sort_pairs(keys, sorted_keys.data(), values.data(), sorted_values.data(), count, 0,
                            bits, scratch, stream);
  };
  DeviceBuffer<std::byte> scratch(run({}));
  time_on_device(state, stream, [&] { run({scratch.data(), scratch.bytes()}); });
  const auto passes = static_cast<std::size_t>((bits + 7) / 8);
  constexpr std::size_t pair = sizeof(std::uint32_t) + sizeof(V);
  set_work(state, count, count * (sizeof(std::uint32_t) + 2 * passes * pair));
}

void add_sorts(const Scale& scale) {
  const auto places = std::make_shared<Places>(scale.elements);
  for (const int bits : {8, 20, 24, 32}) {
    const std::string name =
        bits == 8 ? "partition/parts:256" : "sort_pairs/bits:" + std::to_string(bits);
    add(name + "/values:4", [=](benchmark::State& s) { sort<std::uint32_t>(s, *places, bits); });
    add(name + "/values:8", [=](benchmark::State& s) { sort<std::uint64_t>(s, *places, bits); });
  }
  const std::size_t count = scale.elements;
  add("scan", [=](benchmark::State& state) {
    Stream stream;
    DeviceBuffer<std::uint64_t> values(count);
    DeviceBuffer<std::uint64_t> sums(count);
    cuda::fill_bytes(values.data(), 1, values.bytes(), stream);
    DeviceBuffer<std::byte> scratch(
        cuda::sum_before(values.data(), sums.data(), count, {}, stream));
    time_on_device(state, stream, [&] {
      cuda::sum_before(values.data(), sums.data(), count, {scratch.data(), scratch.bytes()},
                       stream);
    });
    set_work(state, count, 2 * count * sizeof(std::uint64_t));
  });
}

int run(int argc, char** argv) {
  const Scale scale = take_flag(argc, argv, "--small") ? small : Scale{};
  if (cuda::device_count() == 0) {
    std::fprintf(stderr, "bench_ceilings: there is no CUDA device\n");
    return 2;
  }
  cuda::use_device(0);
  add_link(scale);
  add_memory(scale);
  add_reductions(scale);
  add_shared<std::int32_t>("i32", scale);
  add_shared<std::uint64_t>("u64", scale);
  add_shared<double>("f64", scale);
  add_sorts(scale);
  benchmark::AddCustomContext("device", cuda::device_info(0).name);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) { return sluice::bench::run(argc, argv); }
