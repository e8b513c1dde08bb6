#include "host/command/workloads/workload.hpp"

#include <limits>

#include "host/command/workloads/column_sums.hpp"
#include "ingest/key.hpp"

namespace sluice {

std::vector<Workload> all_workloads() {
  return {yahoo_streaming(), cluster_monitoring_1(), cluster_monitoring_2(), smart_grid_1(),
          smart_grid_2(),    linear_road_1(),        nexmark_5_lightsaber(), nexmark_5(),
          nexmark_7()};
}

Job workload_job(std::string_view name, WindowSpec window, std::vector<Aggregate> aggregates,
                 std::vector<ValueField> values) {
  Job job;
  job.pipeline = name;
  job.format.values = std::move(values);
  job.watermark.out_of_orderness = 0;
  job.watermark.idle_timeout.reset();
  job.watermark.max_future.reset();
  job.windows = {{"w", window}};
  job.aggregates = std::move(aggregates);
  job.engine.max_keys = std::size_t{1} << 20;
  job.listen.clear();
  return job;
}

ValueField required_value(std::string_view name, ValueType type, unsigned scale) {
  ValueField field;
  field.name = name;
  field.type = type;
  field.scale = scale;
  field.required = true;
  return field;
}

std::string encode_integer_key(std::uint64_t key) {
  std::string encoded;
  append_key_column(encoded, static_cast<std::int64_t>(key));
  return encoded;
}

void keep_every_row(const WindowResult& result, ResultTotals& totals) {
  totals.rows += result.size();
  totals.kept += result.size();
  for (const ResultColumn& column : result.columns) {
    if (column.kind == ResultValue::Kind::real) {
      totals.reals += sum_below(column.bits, std::numeric_limits<double>::infinity()).sum;
    } else {
      totals.integers += sum_of_words(column.bits);
    }
  }
}

}  // namespace sluice
