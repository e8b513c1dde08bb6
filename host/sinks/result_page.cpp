#include "host/sinks/result_page.hpp"

#include <algorithm>
#include <cmath>

#include "host/sinks/row_text.hpp"
#include "ingest/key.hpp"

namespace sluice {
namespace {

std::string_view name_of(AggregateFunction function) {
  switch (function) {
    case AggregateFunction::count:
      return "count";
    case AggregateFunction::sum:
      return "sum";
    case AggregateFunction::min:
      return "minimum";
    case AggregateFunction::max:
      return "maximum";
    case AggregateFunction::avg:
      return "average";
    case AggregateFunction::stddev:
      return "sample standard deviation";
    case AggregateFunction::stddev_pop:
      return "population standard deviation";
    case AggregateFunction::variance:
      return "sample variance";
    case AggregateFunction::variance_pop:
      return "population variance";
  }
  return "";
}

/// Cut to at most `most` bytes, not inside a character.
std::string_view cut(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xc0) == 0x80) --most;
  return text.substr(0, most);
}

void append_label_value(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '\\' || c == '"') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  out += '"';
}

void append_sample(std::string& out, const ResultValue& value) {
  if (value.kind == ResultValue::Kind::real && !std::isfinite(value.real)) {
    out += std::isnan(value.real) ? "NaN" : value.real > 0 ? "+Inf" : "-Inf";
  } else {
    append_number(out, value);
  }
}

void append_head(std::string& out, std::string_view metric, std::string_view help) {
  out.append("# HELP ").append(metric).append(" ").append(help).append("\n# TYPE ");
  out.append(metric).append(" gauge\n");
}

void append_gauge(std::string& out, std::string_view metric, std::string_view labels,
                  std::string_view value) {
  out.append(metric).append("{").append(labels).append("} ").append(value).append("\n");
}

/// Milliseconds as seconds, exactly.
std::string seconds_text(EventTime time) {
  std::string text;
  append_number(text, {.kind = ResultValue::Kind::decimal, .scale = 3, .integer = time});
  return text;
}

}  // namespace

struct ResultPage::Line {
  std::string labels;
  std::size_t row;
  bool shown = true;
};

ResultPage::ResultPage(const Job& job, std::size_t max_series, std::size_t max_label_bytes)
    : max_series_(max_series), max_label_bytes_(max_label_bytes) {
  for (const WindowDefinition& window : job.windows) {
    std::string labels = "pipeline=";
    append_label_value(labels, job.pipeline);
    labels += ",window=";
    append_label_value(labels, window.name);
    window_labels_.push_back(std::move(labels));
  }
  for (const KeyField& key : job.format.keys) key_names_.push_back(key.name);
  for (const Aggregate& aggregate : job.aggregates) {
    metric_names_.push_back("sluice_result_" + aggregate.name);
    std::string help = "Newest closed window: ";
    help += name_of(aggregate.function);
    help += aggregate.value ? " of " + job.format.values[*aggregate.value].name + "."
                            : std::string(" of events.");
    help_.push_back(std::move(help));
  }
}

std::string ResultPage::labels_of(std::string_view encoded_key) const {
  std::string labels;
  const std::vector<KeyScalar> key = decode_key(encoded_key);
  std::string text;
  for (std::size_t k = 0; k < key_names_.size(); ++k) {
    std::string_view value;
    if (const auto* string = std::get_if<std::string_view>(&key[k])) {
      value = *string;
    } else if (!std::holds_alternative<std::monostate>(key[k])) {
      text.clear();
      append_json_scalar(text, key[k]);
      value = text;
    }
    value = cut(value, max_label_bytes_);
    if (value.empty()) continue;
    labels.append(",").append(key_names_[k]).append("=");
    append_label_value(labels, value);
  }
  return labels;
}

std::vector<ResultPage::Line> ResultPage::lines_of(const LatestRows& rows) const {
  std::vector<Line> lines;
  for (std::size_t row = 0; row < rows.keys.size(); ++row) {
    lines.push_back({.labels = labels_of(rows.keys[row]), .row = row});
  }
  std::sort(lines.begin(), lines.end(), [&](const Line& a, const Line& b) {
    return a.labels != b.labels ? a.labels < b.labels : rows.keys[a.row] < rows.keys[b.row];
  });
  for (std::size_t i = 1; i < lines.size(); ++i) {
    lines[i].shown = lines[i].labels != lines[i - 1].labels;
  }
  return lines;
}

std::string ResultPage::render(std::span<const std::shared_ptr<const LatestRows>> windows) const {
  std::vector<std::vector<Line>> lines(windows.size());
  for (std::size_t w = 0; w < windows.size(); ++w) {
    if (windows[w]) lines[w] = lines_of(*windows[w]);
  }
  std::string page;
  for (std::size_t a = 0; a < metric_names_.size(); ++a) {
    append_head(page, metric_names_[a], help_[a]);
    for (std::size_t w = 0; w < windows.size(); ++w) {
      for (const Line& line : lines[w]) {
        const ResultValue& value = windows[w]->values[line.row * metric_names_.size() + a];
        if (!line.shown || value.kind == ResultValue::Kind::null) continue;
        page.append(metric_names_[a]).append("{").append(window_labels_[w]);
        page.append(line.labels).append("} ");
        append_sample(page, value);
        page += '\n';
      }
    }
  }
  append_head(page, "sluice_window_end_timestamp_seconds",
              "End of the newest closed window that results are shown of.");
  for (std::size_t w = 0; w < windows.size(); ++w) {
    if (!windows[w]) continue;
    append_gauge(page, "sluice_window_end_timestamp_seconds", window_labels_[w],
                 seconds_text(windows[w]->end));
  }
  append_head(page, "sluice_result_series_shown", "Keys shown of the newest closed window.");
  for (std::size_t w = 0; w < windows.size(); ++w) {
    const auto shown = std::count_if(lines[w].begin(), lines[w].end(),
                                     [](const Line& line) { return line.shown; });
    append_gauge(page, "sluice_result_series_shown", window_labels_[w], std::to_string(shown));
  }
  append_head(page, "sluice_result_series_limit", "Most keys shown of a window (max_series).");
  for (const std::string& labels : window_labels_) {
    append_gauge(page, "sluice_result_series_limit", labels, std::to_string(max_series_));
  }
  append_head(page, "sluice_result_series_hidden",
              "Keys of the newest closed window that are not shown, by reason.");
  for (std::size_t w = 0; w < windows.size(); ++w) {
    const auto collided = std::count_if(lines[w].begin(), lines[w].end(),
                                        [](const Line& line) { return !line.shown; });
    append_gauge(page, "sluice_result_series_hidden", window_labels_[w] + ",reason=\"cap\"",
                 std::to_string(windows[w] ? windows[w]->hidden_by_cap : 0));
    append_gauge(page, "sluice_result_series_hidden",
                 window_labels_[w] + ",reason=\"label_collision\"", std::to_string(collided));
  }
  return page;
}

}  // namespace sluice
