#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "tests/system/support/event_text.hpp"

namespace sluice::system_test {

/// A cluster to test against.
struct Cluster {
  std::string brokers;
  std::function<void(const std::string& topic, int partitions)> create_topic;
  std::string fetch = "auto";  ///< source.fetch of the jobs that read from it
};

/// What holds on every cluster: each runs the program against it and fails the test where it
/// differs from the oracle. `topic` is a name that nobody uses yet.

/// --once from the earliest offsets, one event a message, with malformed, future and null messages.
void expect_once_gives_the_oracles_rows(const Cluster& cluster, const std::string& topic,
                                        std::uint64_t seed, Encoding encoding,
                                        const std::string& compression = "none");

/// A running job over four partitions: rows appear as windows close, late events are dropped and
/// corrections revise rows once the windows have passed or closed, /metrics shows the newest
/// windows, and SIGTERM keeps the open ones back.
void expect_live_job_gives_the_oracles_rows(const Cluster& cluster, const std::string& topic,
                                            Encoding encoding,
                                            const std::string& compression = "none");

/// A job that is stopped has committed what it read, and the next one goes on from there.
void expect_next_run_goes_on_from_the_committed_offsets(const Cluster& cluster,
                                                        const std::string& topic);

/// start: {offsets: ...}, also at and beyond the log's end.
void expect_start_at_given_offsets(const Cluster& cluster, const std::string& topic);

/// Two topics found by a regular expression are read like partitions of one.
void expect_topics_by_regular_expression(const Cluster& cluster, const std::string& topic);

/// A topic that is not there, and an expression that no topic matches, end the program with code 1.
void expect_absent_topics_are_named(const Cluster& cluster, const std::string& topic);

/// A partition whose events are so far ahead that the state cannot hold their panes waits for one
/// that is behind; nothing is lost.
void expect_a_partition_ahead_waits(const Cluster& cluster, const std::string& topic);

/// promtool finds nothing wrong with the metrics of a Kafka job, with its partitions and lags.
/// @return why promtool did not run, or empty
std::string expect_metrics_that_promtool_accepts(const Cluster& cluster, const std::string& topic);

/// Neither logs nor pages nor messages show what properties hold.
void expect_no_secret_is_shown(const Cluster& cluster, const std::string& topic);

}  // namespace sluice::system_test
