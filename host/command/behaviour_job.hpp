#pragma once

#include <variant>

#include "host/config/job.hpp"

namespace sluice {

/// A job over user-behaviour events (ingest/generate/behaviour_generator.hpp): keyed by user, 1 s
/// of disorder, windows of 1 s and of 10 s by 1 s, count and sum of the behaviour's value.
Job behaviour_job(std::variant<KafkaSettings, FileSettings, GeneratorSettings> source);

}  // namespace sluice
