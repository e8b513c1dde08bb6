#include "host/config/load_job.hpp"

#include <fstream>
#include <sstream>

#include "host/config/job_sections.hpp"
#include "host/config/names.hpp"
#include "host/engine/lowering.hpp"
#include "host/http/listen_address.hpp"

namespace sluice {
namespace {

void check_row(Section& root, const Job& job) {
  try {
    layout_of(job);
  } catch (const std::length_error& error) {
    root.fault("aggregates", error.what());
  }
}

void read_root(Section& root, Job& job) {
  job.pipeline = root.text("pipeline", job.pipeline);
  if (root.has("source")) {
    read_source(root.section("source"), job);
  } else {
    root.fault("source", "is required: {type: kafka, ...}");
  }
  if (root.has("format")) {
    read_format(root.section("format"), job);
  } else {
    root.fault("format", "is required: {type: json, ...}");
  }
  read_where(root, job);
  read_watermark(root.section("watermark"), job);
  read_windows(root, job);
  read_aggregates(root, job);
  read_sinks(root, job);
  read_engine(root.section("engine"), job);
  Section http = root.section("http");
  job.listen = http.text("listen", job.listen);
  if (job.listen == "off") {
    job.listen.clear();
  } else if (const auto address = parse_listen_address(job.listen);
             const auto* wrong = std::get_if<std::string>(&address)) {
    http.fault("listen", *wrong);
  }
  http.not_supported_yet({"tls", "basic_auth"});
  http.finish();
  root.not_supported_yet({"checkpoint", "late", "dead_letter"});
}

}  // namespace

Job parse_job(std::string_view yaml, const std::string& name) {
  Faults faults(name);
  Job job;
  try {
    Section root(YAML::Load(std::string(yaml)), "", faults);
    read_root(root, job);
    root.finish();
    if (faults.empty()) check_row(root, job);
  } catch (const YAML::Exception& error) {
    faults.add(error.mark.line, "yaml", error.msg);
  }
  if (!faults.empty()) throw ConfigError(faults.text());
  return job;
}

Job load_job(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw ConfigError(path + ": cannot be read: no such file, or no permission");
  std::ostringstream text;
  text << file.rdbuf();
  return parse_job(text.str(), path);
}

}  // namespace sluice
