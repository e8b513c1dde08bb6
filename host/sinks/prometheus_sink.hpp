#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "host/config/job.hpp"
#include "host/pipeline/clock.hpp"
#include "host/sinks/result_page.hpp"
#include "host/sinks/sink.hpp"

namespace sluice {

/// Keeps the newest closed window of each definition for Prometheus to scrape.
///
/// publish runs on the engine thread and swaps in immutable rows; `page` runs on the scrape thread
/// and renders them, once for all scrapes that see the same rows. The two share a mutex for the
/// swap of pointers only.
class PrometheusSink : public Sink {
 public:
  PrometheusSink(const Job& job, const PrometheusSinkSettings& settings, const Clock& clock);

  std::string_view name() const noexcept override { return "prometheus"; }
  void publish(const WindowResult& result) override;
  void flush() override {}
  SinkStatistics statistics() const noexcept override { return statistics_; }

  /// The results in the text exposition format, to be appended to the engine's own metrics.
  /// Thread-safe.
  std::shared_ptr<const std::string> page();

 private:
  std::shared_ptr<const LatestRows> take(const WindowResult& result);
  std::shared_ptr<const LatestRows> revise(const LatestRows& latest, const WindowResult& result);

  PrometheusSinkSettings settings_;
  std::size_t aggregates_;
  const Clock& clock_;
  ResultPage renderer_;
  std::vector<std::unordered_set<std::string>> exposed_;  ///< keys shown, per definition
  SinkStatistics statistics_;

  std::mutex swap_;
  std::vector<std::shared_ptr<const LatestRows>> latest_;  ///< per definition; null: none yet

  std::mutex render_;
  std::vector<std::shared_ptr<const LatestRows>> rendered_;
  std::shared_ptr<const std::string> page_;
};

}  // namespace sluice
