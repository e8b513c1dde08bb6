#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "host/config/job.hpp"
#include "host/engine/window_result.hpp"
#include "ingest/decode/decoded_events.hpp"
#include "kernels/types.hpp"

namespace sluice {

/// What came out of a workload: enough to compare two runs of it.
struct ResultTotals {
  std::uint64_t rows = 0;      ///< that the engine emitted
  std::uint64_t kept = 0;      ///< that the post stage kept of them
  std::uint64_t integers = 0;  ///< sum of the kept rows' integers and scaled decimals, modulo 2^64
  double reals = 0;            ///< sum of the kept rows' doubles

  friend bool operator==(const ResultTotals&, const ResultTotals&) = default;
};

/// A published streaming benchmark, as data: rows of fixed size in host memory, a job, and what the
/// engine has no feature for. Its decode stage filters, joins and computes keys; its post stage
/// takes the closed windows further, and sums up what is left of them.
struct Workload {
  std::string name;
  std::string definition;  ///< one line: the query, its windows, the shape of the stream
  std::size_t row_bytes = 0;
  std::size_t batch_rows = 32'768;  ///< fewer where a row read makes many rows
  Job job;

  /// Fills `rows` rows in the order of time, from time 0 on, the same for a seed on every machine.
  /// @returns the event time at which the rows may be repeated, ms
  std::function<Milliseconds(std::byte* memory, std::size_t rows, std::uint64_t seed)> generate;
  /// Appends the events of the rows to empty columns, `shift` later. At most `rows` of them.
  std::function<void(const std::byte* memory, std::size_t rows, Milliseconds shift,
                     DecodedEvents& events)>
      decode;
  /// The encoded key columns (ingest/key.hpp) of a key as `decode` makes it.
  std::function<std::string(std::uint64_t key)> key_of;
  std::function<void(const WindowResult&, ResultTotals&)> post;
};

/// YSB, CM1, CM2, SG1, SG2, LRB1, NBQ5, Q5, Q7.
std::vector<Workload> all_workloads();

Workload yahoo_streaming();
Workload cluster_monitoring_1();
Workload cluster_monitoring_2();
Workload smart_grid_1();
Workload smart_grid_2();
Workload linear_road_1();
/// LightSaber's form of Nexmark Q5: 60 s by 1 s, 1,000 events a second.
Workload nexmark_5_lightsaber();
/// Nexmark Q5 as published: 10 s by 2 s.
Workload nexmark_5();
Workload nexmark_7();

/// What the workloads' jobs share: ordered input, no source, no sink, exact values.
Job workload_job(std::string_view name, WindowSpec window, std::vector<Aggregate> aggregates,
                 std::vector<ValueField> values);
ValueField required_value(std::string_view name, ValueType type, unsigned scale);

/// A decode stage's key encoder for one int64 key column.
std::string encode_integer_key(std::uint64_t key);
/// A post stage that keeps every row.
void keep_every_row(const WindowResult& result, ResultTotals& totals);

}  // namespace sluice
