#include "host/sinks/prometheus_sink.hpp"

#include <unordered_map>

namespace sluice {
namespace {

void append_values(const WindowResult& result, std::size_t row, std::vector<ResultValue>& values) {
  for (const ResultColumn& column : result.columns) values.push_back(column[row]);
}

}  // namespace

PrometheusSink::PrometheusSink(const Job& job, const PrometheusSinkSettings& settings,
                               const Clock& clock)
    : settings_(settings),
      aggregates_(job.aggregates.size()),
      clock_(clock),
      renderer_(job, settings.max_series, settings.max_label_bytes),
      exposed_(job.windows.size()),
      latest_(job.windows.size()) {}

void PrometheusSink::publish(const WindowResult& result) {
  statistics_.rows += result.size();
  std::shared_ptr<const LatestRows> newest = latest_[result.window];
  if (newest && result.end < newest->end) return;
  const bool same_window = newest && result.end == newest->end;
  newest = same_window ? revise(*newest, result) : take(result);
  const std::lock_guard lock(swap_);
  latest_[result.window] = std::move(newest);
}

std::shared_ptr<const LatestRows> PrometheusSink::take(const WindowResult& result) {
  auto rows = std::make_shared<LatestRows>();
  rows->start = result.start;
  rows->end = result.end;
  rows->published_at = clock_.steady();
  std::unordered_set<std::string>& exposed = exposed_[result.window];
  const bool over = result.size() > settings_.max_series;
  std::unordered_set<std::string> kept;
  const auto add = [&](std::size_t row, std::string key) {
    rows->keys.push_back(key);
    append_values(result, row, rows->values);
    kept.insert(std::move(key));
  };
  std::vector<std::size_t> others;
  for (std::size_t row = 0; row < result.size(); ++row) {
    std::string key(result.key(row));
    // Keys shown before stay, so that series do not come and go under the cap.
    if (!over || exposed.contains(key)) {
      add(row, std::move(key));
    } else {
      others.push_back(row);
    }
  }
  for (const std::size_t row : others) {
    if (rows->keys.size() >= settings_.max_series) break;
    add(row, std::string(result.key(row)));
  }
  rows->hidden_by_cap = result.size() - rows->keys.size();
  exposed = std::move(kept);
  return rows;
}

std::shared_ptr<const LatestRows> PrometheusSink::revise(const LatestRows& latest,
                                                         const WindowResult& result) {
  auto rows = std::make_shared<LatestRows>(latest);
  rows->published_at = clock_.steady();
  std::unordered_map<std::string_view, std::size_t> places;
  for (std::size_t row = 0; row < latest.keys.size(); ++row) places[latest.keys[row]] = row;
  for (std::size_t row = 0; row < result.size(); ++row) {
    const auto place = places.find(result.key(row));
    if (place != places.end()) {
      for (std::size_t a = 0; a < aggregates_; ++a) {
        rows->values[place->second * aggregates_ + a] = result.value(row, a);
      }
    } else if (rows->keys.size() < settings_.max_series) {
      rows->keys.emplace_back(result.key(row));
      append_values(result, row, rows->values);
    }
  }
  return rows;
}

std::shared_ptr<const std::string> PrometheusSink::page() {
  std::vector<std::shared_ptr<const LatestRows>> latest;
  {
    const std::lock_guard lock(swap_);
    latest = latest_;
  }
  const Milliseconds now = clock_.steady();
  for (auto& rows : latest) {
    if (rows && now - rows->published_at > settings_.ttl.count()) rows.reset();
  }
  const std::lock_guard lock(render_);
  if (!page_ || rendered_ != latest) {
    page_ = std::make_shared<const std::string>(renderer_.render(latest));
    rendered_ = std::move(latest);
  }
  return page_;
}

}  // namespace sluice
