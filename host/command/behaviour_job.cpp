#include "host/command/behaviour_job.hpp"

#include <utility>

namespace sluice {

Job behaviour_job(std::variant<KafkaSettings, FileSettings, GeneratorSettings> source) {
  Job job;
  job.source = std::move(source);
  job.format.event_time.path = {.text = "time", .members = {"time"}};
  job.format.keys = {{.path = {.text = "user_id", .members = {"user_id"}}, .name = "user_id"}};
  ValueField value;
  value.path = {.text = "behaviour_value", .members = {"behaviour_value"}};
  value.name = "value";
  value.type = ValueType::decimal;
  value.scale = 2;
  job.format.values = {value};
  job.watermark.out_of_orderness = 1'000;
  job.windows = {{"1s", {.size = 1'000, .slide = 1'000}},
                 {"10s", {.size = 10'000, .slide = 1'000}}};
  job.aggregates = {{"events", AggregateFunction::count, {}}, {"spent", AggregateFunction::sum, 0}};
  return job;
}

}  // namespace sluice
