/// Our side of bench/peers: groups random events by key and tumbling window again and again, with
/// times that move on, as its standard input asks.
///
///   peer_group_by EVENTS KEYS PANES THREADS
///
/// Commands, one a line, each answered by one line of JSON: `csv PATH` writes the events
/// (ms,k,v); `run` takes all of them through the engine once more; `end` closes the last windows
/// and shows what one run's rows come to.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/column_engine.hpp"
#include "ingest/generate/random.hpp"

namespace sluice::bench {
namespace {

constexpr Milliseconds pane = 1'000;
constexpr std::size_t batch_events = 262'144;

/// Events in the order of time, of random keys and values.
struct Events {
  Events(std::size_t count, std::uint64_t keys, std::int64_t panes)
      : time(count), key(count), value(count), span(panes * pane) {
    Random random(5, 0);
    for (std::size_t i = 0; i < count; ++i) {
      time[i] = static_cast<std::uint32_t>(i * static_cast<std::size_t>(span) / count);
      key[i] = static_cast<std::uint32_t>(random.below(keys));
      value[i] = static_cast<std::int32_t>(random.below(10'000)) - 2'000;
    }
  }

  void write(const std::string& path) const {
    std::ofstream file(path, std::ios::trunc);
    file << "ms,k,v\n";
    for (std::size_t i = 0; i < time.size(); ++i) {
      file << time[i] << ',' << key[i] << ',' << value[i] << '\n';
    }
    if (!file.flush()) throw std::runtime_error(path + " cannot be written");
  }

  std::vector<std::uint32_t> time;
  std::vector<std::uint32_t> key;
  std::vector<std::int32_t> value;
  Milliseconds span;
};

/// Sums over all rows that differ when a row does.
struct RowSums {
  std::int64_t rows = 0, n = 0, total = 0, least = 0, most = 0, key_n = 0, pane_total = 0,
               key_least = 0, pane_most = 0;
};

Job group_by_job(std::size_t keys, unsigned threads) {
  Job job = column_job({.size = pane, .slide = pane},
                       {{"n", AggregateFunction::count, {}},
                        {"total", AggregateFunction::sum, std::uint8_t{0}},
                        {"least", AggregateFunction::min, std::uint8_t{0}},
                        {"most", AggregateFunction::max, std::uint8_t{0}}});
  job.engine.batch_events = batch_events;
  job.engine.max_keys = std::max<std::size_t>(keys * 2, 1'024);
  job.engine.threads = threads;
  return job;
}

class GroupBy {
 public:
  GroupBy(const Events& events, std::size_t keys, unsigned threads)
      : events_(events),
        job_(group_by_job(keys, threads)),
        engine_(BackendKind::cpu, job_, [this](const WindowResult& result) { count(result); }) {}

  double run() {
    const auto start = std::chrono::steady_clock::now();
    for (std::size_t first = 0; first < events_.time.size(); first += batch_events) {
      process(first, std::min(batch_events, events_.time.size() - first));
    }
    ++runs_;
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }

  RowSums finish() {
    engine_.finish();
    for (std::int64_t* sum :
         {&sums_.rows, &sums_.n, &sums_.total, &sums_.least, &sums_.most, &sums_.key_n,
          &sums_.pane_total, &sums_.key_least, &sums_.pane_most}) {
      if (*sum % runs_ != 0) throw std::runtime_error("the runs' rows are not alike");
      *sum /= runs_;
    }
    return sums_;
  }

 private:
  void process(std::size_t first, std::size_t size) {
    EventColumns columns;
    columns.size = size;
    columns.time.narrow = events_.time.data() + first;
    columns.time.base = runs_ * events_.span;
    columns.key.narrow = events_.key.data() + first;
    columns.value_count = 1;
    columns.values[0].narrow = events_.value.data() + first;
    engine_.process(columns, columns.time[0], columns.time[size - 1]);
  }

  void count(const WindowResult& result) {
    const std::int64_t start = result.start % events_.span;
    sums_.rows += static_cast<std::int64_t>(result.size());
    for (std::size_t r = 0; r < result.size(); ++r) {
      const std::int64_t key = integer_of(result.key(r));
      const std::int64_t n = result.columns[0].integer(r);
      const std::int64_t total = result.columns[1].integer(r);
      const std::int64_t least = result.columns[2].integer(r);
      const std::int64_t most = result.columns[3].integer(r);
      sums_.n += n;
      sums_.total += total;
      sums_.least += least;
      sums_.most += most;
      sums_.key_n += key * n;
      sums_.pane_total += start * total;
      sums_.key_least += key * least;
      sums_.pane_most += start * most;
    }
  }

  const Events& events_;
  Job job_;
  RowSums sums_;
  ColumnEngine engine_;
  std::int64_t runs_ = 0;
};

void serve(const Events& events, GroupBy& group_by) {
  for (std::string command; std::getline(std::cin, command);) {
    if (command == "run") {
      std::printf("{\"seconds\": %.6f}\n", group_by.run());
    } else if (command == "end") {
      const RowSums sums = group_by.finish();
      std::printf(
          "{\"rows\": %ld, \"n\": %ld, \"total\": %ld, \"least\": %ld, \"most\": %ld, \"key_n\": "
          "%ld, \"pane_total\": %ld, \"key_least\": %ld, \"pane_most\": %ld}\n",
          sums.rows, sums.n, sums.total, sums.least, sums.most, sums.key_n, sums.pane_total,
          sums.key_least, sums.pane_most);
    } else if (command.starts_with("csv ")) {
      events.write(command.substr(4));
      std::puts("{}");
    } else {
      throw std::runtime_error("no such command: " + command);
    }
    std::fflush(stdout);
  }
}

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fputs("usage: peer_group_by EVENTS KEYS PANES THREADS\n", stderr);
    return 2;
  }
  try {
    const sluice::bench::Events events(std::stoul(argv[1]), std::stoul(argv[2]),
                                       std::stol(argv[3]));
    sluice::bench::GroupBy group_by(events, std::stoul(argv[2]),
                                    static_cast<unsigned>(std::stoul(argv[4])));
    sluice::bench::serve(events, group_by);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "peer_group_by: %s\n", error.what());
    return 1;
  }
  return 0;
}
