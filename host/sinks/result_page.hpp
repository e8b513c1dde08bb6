#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/config/job.hpp"
#include "host/engine/window_result.hpp"

namespace sluice {

/// The rows of a definition's newest closed window, owned; immutable once shared.
struct LatestRows {
  EventTime end = 0;
  EventTime start = 0;
  Milliseconds published_at = 0;    ///< steady clock
  std::vector<std::string> keys;    ///< encoded
  std::vector<ResultValue> values;  ///< [rows x aggregates]
  std::size_t hidden_by_cap = 0;    ///< rows left out by max_series
};

/// Renders results in the Prometheus text exposition format 0.0.4: one gauge family per aggregate,
/// `sluice_result_<as>{pipeline,window,<key columns>}`, and companion gauges per window.
///
/// Label values are UTF-8, escaped and cut at max_label_bytes; a null or empty key column is an
/// absent label. Of rows that look alike then, the smallest key is shown.
class ResultPage {
 public:
  ResultPage(const Job& job, std::size_t max_series, std::size_t max_label_bytes);

  /// @param windows one per definition, null for none.
  std::string render(std::span<const std::shared_ptr<const LatestRows>> windows) const;

 private:
  struct Line;
  std::vector<Line> lines_of(const LatestRows& rows) const;
  std::string labels_of(std::string_view encoded_key) const;

  std::vector<std::string> window_labels_;  ///< pipeline="..",window=".." per definition
  std::vector<std::string> key_names_;
  std::vector<std::string> metric_names_;  ///< sluice_result_<as>
  std::vector<std::string> help_;
  std::size_t max_series_;
  std::size_t max_label_bytes_;
};

}  // namespace sluice
