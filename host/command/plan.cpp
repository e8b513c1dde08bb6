#include "host/command/plan.hpp"

#include <cstdint>
#include <vector>

#include "host/command/job_backend.hpp"
#include "host/engine/lowering.hpp"
#include "host/engine/window_values.hpp"
#include "kernels/backend.hpp"
#include "kernels/device_plan.hpp"
#include "kernels/window_spec.hpp"

namespace sluice {
namespace {

std::string_view name_of(AccumulatorKind kind) {
  switch (kind) {
    case AccumulatorKind::nulls:
      return "nulls";
    case AccumulatorKind::sum_integer:
      return "exact sum";
    case AccumulatorKind::sum_squares_integer:
      return "exact sum of squares";
    case AccumulatorKind::sum_double:
      return "sum";
    case AccumulatorKind::sum_shifted:
      return "shifted sum";
    case AccumulatorKind::sum_squares_shifted:
      return "shifted sum of squares";
    case AccumulatorKind::minimum:
      return "minimum";
    case AccumulatorKind::maximum:
      return "maximum";
  }
  return "";
}

std::string_view name_of(WindowValues::Method method) {
  switch (method) {
    case WindowValues::Method::direct:
      return "combined from its panes";
    case WindowValues::Method::running:
      return "running value";
    case WindowValues::Method::two_stacks:
      return "two stacks";
  }
  return "";
}

std::string_view name_of(FilterField::Type type) {
  switch (type) {
    case FilterField::Type::boolean:
      return "boolean";
    case FilterField::Type::integer:
      return "int64";
    case FilterField::Type::number:
      return "double";
    case FilterField::Type::string:
      return "string";
    case FilterField::Type::presence:
      break;
  }
  return "null or not";
}

/// The filter, and what has to be decoded for it alone.
std::string describe_where(const Where& where) {
  std::string text = "where " + where.text + "\n";
  std::string_view before = "  reads beside the values: ";
  for (const FilterField& field : where.program.fields) {
    text.append(before).append(field.path.text);
    text.append(" (").append(name_of(field.type)).append(")");
    before = ", ";
  }
  return where.program.fields.empty() ? text : text + "\n";
}

std::string duration_text(Milliseconds length) {
  if (length % 1'000 != 0) return std::to_string(length) + "ms";
  return std::to_string(length / 1'000) + "s";
}

/// What max_keys keys take of a device's memory, by part.
std::string describe_device(const Job& job, const BackendShape& shape, std::int64_t panes,
                            std::int64_t working) {
  const DevicePlan plan =
      plan_device(shape, {.keys = job.engine.max_keys,
                          .panes = static_cast<std::size_t>(panes),
                          .working_columns = static_cast<std::size_t>(working)});
  return "device memory for max_keys keys: dictionary " + std::to_string(plan.dictionary) +
         ", directory " + std::to_string(plan.directory) + ", rows of panes " +
         std::to_string(plan.panes) + " (sealed about " + std::to_string(plan.sealed_panes) +
         "), working rows " + std::to_string(plan.working) +
         " bytes, under max_state_bytes; beside it staging " + std::to_string(plan.staging) +
         ", batch lists " + std::to_string(plan.batch_lists) + ", results " +
         std::to_string(plan.results) + " bytes\n";
}

}  // namespace

std::string describe_plan(const Job& job) {
  const RowLayout layout = layout_of(job);
  std::vector<WindowSpec> specs;
  for (const WindowDefinition& window : job.windows) specs.push_back(window.spec);
  std::string text = "pipeline " + job.pipeline + "\n";
  if (job.where) text += describe_where(*job.where);
  std::int64_t all_panes = 0;
  std::int64_t working = 0;
  for (const GridPlan& plan : plan_grids(specs)) {
    const std::int64_t panes = live_panes(plan, specs, job.watermark.allowed_lateness);
    all_panes += panes;
    text += "panes of " + duration_text(plan.grid.length) + ", " + std::to_string(panes) +
            " live without disorder\n";
    for (const std::uint32_t w : plan.windows) {
      const WindowSpec& spec = specs[w];
      text += "  window " + job.windows[w].name + ": size " + duration_text(spec.size) +
              ", slide " + duration_text(spec.slide) + ", " +
              std::string(name_of(WindowValues::method_for(spec, layout.invertible))) + "\n";
      working += WindowValues::working_columns(spec, plan.grid, layout.invertible);
    }
  }
  text += "row of " + std::to_string(layout.words() * 8) + " bytes (" +
          std::to_string(layout.hot_words * 8) + " hot): count of events";
  for (std::uint32_t a = 0; a < layout.count; ++a) {
    const AccumulatorSpec& spec = layout.accumulators[a];
    text += ", " + std::string(name_of(spec.kind)) + " of " + job.format.values[spec.value].name;
  }
  const std::int64_t columns = all_panes + working;
  const auto per_key = static_cast<std::int64_t>(layout.words()) * 8 * columns;
  text += "\nmemory " + std::to_string(per_key) + " bytes a key (" + std::to_string(columns) +
          " rows) and about 32 for the key itself; engine.max_state_bytes (" +
          std::to_string(job.engine.max_state_bytes) + ") holds " +
          std::to_string(static_cast<std::int64_t>(job.engine.max_state_bytes) / (per_key + 32)) +
          " such keys, engine.max_keys is " + std::to_string(job.engine.max_keys) + "\n";
  text += "staging " + std::to_string(job.engine.batches) + " blocks of " +
          std::to_string(job.engine.batch_bytes) + " bytes\n";
  const BackendKind kind = choose_backend(job);
  const Decoding decoding = decoding_of(job, kind, 1);
  BackendShape shape = shape_of(job);
  shape.raw = decoding.raw;
  if (kind == BackendKind::cuda) text += describe_device(job, shape, all_panes, working);
  text += "backend " + std::string(sluice::name_of(kind));
  if (!job.engine.backend && kind == BackendKind::cpu) text += " (" + cuda_unavailable() + ")";
  text += std::string("\ndecoding by the ") + (decoding.raw ? "device" : "host") + " (" +
          decoding.why + ")";
  return text + "\n";
}

}  // namespace sluice
