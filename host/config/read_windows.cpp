#include <set>

#include "host/config/job_sections.hpp"
#include "host/config/names.hpp"
#include "kernels/window_spec.hpp"

namespace sluice {
namespace {

/// Windows longer than this are refused: far beyond any stream, and safe to compute with.
constexpr Milliseconds longest_window = std::int64_t{1} << 45;

/// Stands in for a size that is missing or wrong, so that the other windows can be checked.
constexpr Milliseconds default_size = 1'000;

WindowDefinition read_window(Section& section) {
  WindowDefinition window{.name = section.required_text("name"),
                          .spec = {.size = default_size, .slide = default_size}};
  if (!is_name(window.name) && !is_name("_" + window.name)) {
    section.fault("name", "\"" + window.name + "\" cannot name a window: letters, digits and _");
  }
  enum class Type { tumbling, sliding, cumulate, session };
  if (!section.has("type")) section.fault("type", "is required: tumbling or sliding");
  const Type type = section.choice("type", Type::tumbling,
                                   {{"tumbling", Type::tumbling},
                                    {"sliding", Type::sliding},
                                    {"cumulate", Type::cumulate},
                                    {"session", Type::session}});
  if (type == Type::cumulate || type == Type::session) {
    section.fault("type", "not supported yet; use tumbling or sliding");
    return window;
  }
  if (!section.has("size")) section.fault("size", "is required, as in 10s or 1m");
  WindowSpec& spec = window.spec;
  spec.size = section.duration("size", default_size, 1);
  spec.slide = spec.size;
  if (type == Type::sliding) {
    if (!section.has("slide")) section.fault("slide", "is required, as in 1s");
    spec.slide = section.duration("slide", spec.size, 1);
  } else if (section.has("slide")) {
    section.fault("slide", "a tumbling window has none; use type: sliding");
  }
  if (spec.size > longest_window || spec.slide > longest_window) {
    section.fault("size", "longer than a thousand years");
  }
  spec.offset = section.duration("offset", 0, -longest_window);
  section.not_supported_yet({"time_zone"});
  section.finish();
  return window;
}

}  // namespace

void read_windows(Section& root, Job& job) {
  const YAML::Node windows = root.node("windows");
  if (!windows.IsDefined() || !windows.IsSequence() || windows.size() == 0) {
    root.fault("windows", "is required: a list of {name: NAME, type: tumbling, size: 1m}");
    return;
  }
  if (windows.size() > max_windows) {
    root.fault("windows", "more than " + std::to_string(max_windows) + " definitions");
    return;
  }
  std::set<std::string> names;
  for (std::size_t i = 0; i < windows.size(); ++i) {
    Section section(windows[i], "windows[" + std::to_string(i) + "]", root.faults());
    job.windows.push_back(read_window(section));
    if (!names.insert(job.windows.back().name).second) {
      section.fault("name", "two windows are called " + job.windows.back().name);
    }
  }
  std::vector<WindowSpec> specs;
  for (const WindowDefinition& window : job.windows) specs.push_back(window.spec);
  const auto plans = plan_grids(specs);
  if (plans.size() > max_grids) {
    root.fault("windows", "need " + std::to_string(plans.size()) + " pane grids, more than " +
                              std::to_string(max_grids) +
                              "; give windows sizes and slides that divide each other");
  }
  for (const GridPlan& plan : plans) {
    const std::int64_t panes =
        live_panes(plan, specs, job.watermark.allowed_lateness + job.watermark.out_of_orderness);
    if (panes <= max_live_panes) continue;
    root.fault("windows",
               job.windows[plan.windows.front()].name + " needs " + std::to_string(panes) +
                   " live panes of " + std::to_string(plan.grid.length) + "ms, more than " +
                   std::to_string(max_live_panes) + "; make its slide (or offset) coarser");
  }
}

void read_watermark(Section section, Job& job) {
  WatermarkSettings& watermark = job.watermark;
  const bool live = std::holds_alternative<KafkaSettings>(job.source);
  watermark.out_of_orderness = section.duration("out_of_orderness", watermark.out_of_orderness, 0);
  watermark.idle_timeout = section.duration_or_off("idle_timeout", watermark.idle_timeout);
  watermark.advance_when_all_idle =
      section.choice<bool>("on_all_idle", false, {{"hold", false}, {"advance", true}});
  watermark.allowed_lateness = section.duration("allowed_lateness", 0, 0);
  watermark.max_future = section.duration_or_off(
      "max_future", live ? watermark.max_future : std::optional<Milliseconds>());
  section.finish();
}

void read_engine(Section section, Job& job) {
  EngineSettings& engine = job.engine;
  engine.backend = section.choice<std::optional<BackendKind>>(
      "backend", std::nullopt,
      {{"auto", std::nullopt}, {"cpu", BackendKind::cpu}, {"cuda", BackendKind::cuda}});
  engine.batch_events = static_cast<std::size_t>(section.integer(
      "batch_events", static_cast<std::int64_t>(engine.batch_events), 1, std::int64_t{1} << 27));
  engine.batch_bytes = section.bytes("batch_bytes", engine.batch_bytes, 4'096);
  if (engine.batch_bytes > std::size_t{1} << 31) {
    section.fault("batch_bytes", "must be at most 2GiB");
  }
  engine.batch_linger =
      std::chrono::milliseconds(section.duration("batch_linger", engine.batch_linger.count(), 1));
  engine.batches = static_cast<std::size_t>(
      section.integer("batches", static_cast<std::int64_t>(engine.batches), 3, 1'024));
  engine.max_keys = static_cast<std::size_t>(section.integer(
      "max_keys", static_cast<std::int64_t>(engine.max_keys), 1, std::int64_t{1} << 31));
  engine.max_state_bytes =
      section.bytes("max_state_bytes", engine.max_state_bytes, std::size_t{1} << 20);
  engine.on_full = section.choice("on_full", engine.on_full,
                                  {{"stop", OnFull::stop}, {"drop_new", OnFull::drop_new}});
  engine.path = section.choice("accumulate", engine.path,
                               {{"auto", AccumulatePath::automatic},
                                {"private", AccumulatePath::private_tables},
                                {"shared", AccumulatePath::shared_table},
                                {"partitioned", AccumulatePath::partitioned}});
  engine.decode = section.choice("decode", engine.decode,
                                 {{"auto", DecodePlace::automatic},
                                  {"host", DecodePlace::host},
                                  {"device", DecodePlace::device}});
  engine.threads = static_cast<unsigned>(section.integer("threads", 0, 0, 1'024));
  engine.max_rows_per_close = static_cast<std::size_t>(
      section.integer("max_rows_per_close", static_cast<std::int64_t>(engine.max_rows_per_close), 1,
                      std::int64_t{1} << 40));
  section.not_supported_yet({"devices"});
  section.finish();
}

}  // namespace sluice
