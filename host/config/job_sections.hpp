#pragma once

#include <optional>
#include <string>

#include "host/config/job.hpp"
#include "host/config/section.hpp"

namespace sluice {

/// The parts of a job file, each read into its part of the Job. Faults go to the section.

void read_source(Section section, Job& job);
/// After read_source: defaults depend on the source's type.
void read_format(Section section, Job& job);
/// After read_format.
void read_where(Section& root, Job& job);
void read_watermark(Section section, Job& job);
void read_engine(Section section, Job& job);
void read_windows(Section& root, Job& job);
/// After read_format.
void read_aggregates(Section& root, Job& job);
void read_sinks(Section& root, Job& job);

/// Why a binary layout, or the columns that a CSV job gives itself, have no such column; nullopt
/// where they do, or nothing can be said.
std::optional<std::string> unknown_column(const Format& format, const std::string& name);

}  // namespace sluice
