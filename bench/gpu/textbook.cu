#include "bench/gpu/textbook.hpp"

#include <map>

#include <thrust/copy.h>
#include <thrust/iterator/counting_iterator.h>
#include <thrust/iterator/transform_iterator.h>
#include <thrust/reduce.h>
#include <thrust/sort.h>
#include <thrust/transform.h>

#if defined(SLUICE_CUDA_EMULATED)
#include <thrust/system/cpp/execution_policy.h>
#else
#include <thrust/system/cuda/execution_policy.h>
#endif

#include "kernels/cuda/launch.hpp"
#include "kernels/hd.hpp"

namespace sluice::cuda {
namespace {

struct CountSum {
  std::uint64_t count;
  std::int64_t sum;
};
struct CountSumMinMax {
  std::uint64_t count;
  std::int64_t sum;
  std::int64_t minimum;
  std::int64_t maximum;
};

SLUICE_HD CountSum lifted(std::int64_t value, const CountSum*) { return {1, value}; }
SLUICE_HD CountSumMinMax lifted(std::int64_t value, const CountSumMinMax*) {
  return {1, value, value, value};
}
SLUICE_HD CountSum combined(const CountSum& a, const CountSum& b) {
  return {a.count + b.count, a.sum + b.sum};
}
SLUICE_HD CountSumMinMax combined(const CountSumMinMax& a, const CountSumMinMax& b) {
  return {a.count + b.count, a.sum + b.sum, a.minimum < b.minimum ? a.minimum : b.minimum,
          a.maximum > b.maximum ? a.maximum : b.maximum};
}

template <class Partial>
struct Lift {
  SLUICE_HD Partial operator()(std::int64_t value) const {
    return lifted(value, static_cast<const Partial*>(nullptr));
  }
};
template <class Partial>
struct Combine {
  SLUICE_HD Partial operator()(const Partial& a, const Partial& b) const { return combined(a, b); }
};
struct Same {
  SLUICE_HD bool operator()(std::uint32_t a, std::uint32_t b) const { return a == b; }
};

struct GroupOf {
  const std::uint32_t* time;
  const std::uint32_t* key;
  std::uint32_t keys;
  SLUICE_HD std::uint32_t operator()(std::size_t i) const {
    return time[i] / static_cast<std::uint32_t>(bench::pane_length) * keys + key[i];
  }
};

/// Hands out memory that earlier runs gave back.
class KeptMemory {
 public:
  using value_type = char;

  char* allocate(std::ptrdiff_t bytes) {
    const auto size = static_cast<std::size_t>(bytes);
    auto found = free_.lower_bound(size);
    if (found == free_.end()) {
      DeviceBuffer<char> made(size);
      char* const memory = made.data();
      used_.emplace(memory, std::move(made));
      return memory;
    }
    char* const memory = found->second.data();
    used_.emplace(memory, std::move(found->second));
    free_.erase(found);
    return memory;
  }
  void deallocate(char* memory, std::size_t /*bytes*/) {
    auto found = used_.find(memory);
    const std::size_t size = found->second.size();
    free_.emplace(size, std::move(found->second));
    used_.erase(found);
  }

 private:
  std::multimap<std::size_t, DeviceBuffer<char>> free_;
  std::map<char*, DeviceBuffer<char>> used_;
};

}  // namespace

struct Textbook::Impl {
  Impl(std::size_t max_events, std::uint32_t key_count)
      : keys(key_count),
        time(max_events),
        key(max_events),
        value(max_events),
        groups(max_events),
        values(max_events),
        found(max_events),
        partials(max_events) {}

  auto policy() {
#if defined(SLUICE_CUDA_EMULATED)
    stream.synchronize();
    return thrust::cpp::par;
#else
    return thrust::cuda::par_nosync(memory).on(stream.handle());
#endif
  }

  template <class Partial>
  void reduce(Partial* out) {
    const auto lifted_values = thrust::make_transform_iterator(
        static_cast<const std::int64_t*>(values.data()), Lift<Partial>{});
    const auto ends =
        thrust::reduce_by_key(policy(), groups.data(), groups.data() + size, lifted_values,
                              found.data(), out, Same{}, Combine<Partial>{});
    group_count = static_cast<std::size_t>(ends.first - found.data());
  }

  std::uint32_t keys;
  Stream stream;
  KeptMemory memory;
  std::size_t size = 0;
  DeviceBuffer<std::uint32_t> time;
  DeviceBuffer<std::uint32_t> key;
  DeviceBuffer<std::int64_t> value;
  DeviceBuffer<std::uint32_t> groups;
  DeviceBuffer<std::int64_t> values;
  DeviceBuffer<std::uint32_t> found;
  DeviceBuffer<CountSumMinMax> partials;
  std::size_t group_count = 0;
  bench::Aggregates aggregates = bench::Aggregates::count_sum;
};

Textbook::Textbook(std::size_t max_events, std::uint32_t keys)
    : impl_(std::make_unique<Impl>(max_events, keys)) {}

Textbook::~Textbook() = default;

void Textbook::load(const EventColumns& events) {
  Impl& t = *impl_;
  t.size = events.size;
  copy_to_device(t.time.data(), events.time.narrow, t.size, t.stream);
  copy_to_device(t.key.data(), events.key.narrow, t.size, t.stream);
  copy_to_device(t.value.data(), events.values[0].bits, t.size, t.stream);
  t.stream.synchronize();
}

std::size_t Textbook::run(bench::Aggregates aggregates) {
  Impl& t = *impl_;
  t.aggregates = aggregates;
  const auto first = thrust::make_counting_iterator(std::size_t{0});
  thrust::transform(t.policy(), first, first + static_cast<std::ptrdiff_t>(t.size), t.groups.data(),
                    GroupOf{t.time.data(), t.key.data(), t.keys});
  thrust::copy(t.policy(), t.value.data(), t.value.data() + t.size, t.values.data());
  thrust::sort_by_key(t.policy(), t.groups.data(), t.groups.data() + t.size, t.values.data());
  if (aggregates == bench::Aggregates::count_sum_min_max) {
    t.reduce(t.partials.data());
  } else {
    t.reduce(reinterpret_cast<CountSum*>(t.partials.data()));
  }
  t.stream.synchronize();
  return t.group_count;
}

std::vector<bench::GroupRow> Textbook::rows() {
  Impl& t = *impl_;
  PinnedBuffer<std::uint32_t> groups(t.group_count);
  PinnedBuffer<CountSumMinMax> partials(t.group_count);
  const bool extremes = t.aggregates == bench::Aggregates::count_sum_min_max;
  copy_to_host(groups.data(), t.found.data(), t.group_count, t.stream);
  copy_bytes_to_host(partials.data(), t.partials.data(),
                     t.group_count * (extremes ? sizeof(CountSumMinMax) : sizeof(CountSum)),
                     t.stream);
  t.stream.synchronize();
  std::vector<bench::GroupRow> rows;
  for (std::size_t i = 0; i < t.group_count; ++i) {
    if (extremes) {
      const CountSumMinMax& partial = partials[i];
      rows.push_back({groups[i], partial.count, partial.sum, partial.minimum, partial.maximum});
    } else {
      const CountSum& partial = reinterpret_cast<const CountSum*>(partials.data())[i];
      rows.push_back({groups[i], partial.count, partial.sum, 0, 0});
    }
  }
  return rows;
}

}  // namespace sluice::cuda
