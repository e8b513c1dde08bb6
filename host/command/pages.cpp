#include "host/command/pages.hpp"

#include "host/version.hpp"

namespace sluice {
namespace {

/// An engine that has not reported for this long is stuck.
constexpr Milliseconds stuck_after = 60'000;

Response text_response(unsigned status, std::string text) {
  return {.status = status, .body = std::make_shared<const std::string>(std::move(text))};
}

std::string escaped(std::string_view text) {
  std::string html;
  for (const char c : text) {
    if (c == '<') {
      html += "&lt;";
    } else if (c == '>') {
      html += "&gt;";
    } else if (c == '&') {
      html += "&amp;";
    } else {
      html += c;
    }
  }
  return html;
}

std::string landing_page(const Job& job) {
  std::string page =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Sluice</title>"
      "<style>body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:3rem auto;"
      "padding:0 1rem}code{background:#f2f2f2;padding:0 .2em}</style></head>\n<body><h1>Sluice "
      "</h1>\n<p>Keyed window aggregation of streams. Version ";
  page.append(version()).append(" (").append(revision()).append(").</p>\n<p>Pipeline <code>");
  page.append(escaped(job.pipeline)).append("</code> with windows");
  for (const WindowDefinition& window : job.windows) {
    page.append(" <code>").append(escaped(window.name)).append("</code>");
  }
  page +=
      ".</p>\n<ul><li><a href=\"/metrics\">/metrics</a>: results and the engine's own metrics</li>"
      "<li><a href=\"/-/healthy\">/-/healthy</a></li><li><a href=\"/-/ready\">/-/ready</a></li>"
      "</ul></body></html>\n";
  return page;
}

}  // namespace

Routes make_routes(const Job& job, const EngineMetrics& metrics, PrometheusSink* sink,
                   const Pulse& pulse) {
  const auto landing = std::make_shared<const std::string>(landing_page(job));
  return {
      {"/",
       [landing](const Request&) {
         return Response{.content_type = "text/html; charset=utf-8", .body = landing};
       }},
      {"/metrics",
       [&metrics, sink](const Request&) {
         std::string page = metrics.text();
         if (sink != nullptr) page += *sink->page();
         return Response{.content_type = "text/plain; version=0.0.4; charset=utf-8",
                         .body = std::make_shared<const std::string>(std::move(page))};
       }},
      {"/-/healthy",
       [&pulse](const Request&) {
         if (pulse.started() && pulse.age() > stuck_after) {
           return text_response(
               503, "the engine has not moved for " + std::to_string(pulse.age() / 1'000) + " s\n");
         }
         return text_response(200, "healthy\n");
       }},
      {"/-/ready",
       [&pulse](const Request&) {
         return pulse.started() ? text_response(200, "ready\n")
                                : text_response(503, "starting: nothing was read yet\n");
       }},
  };
}

}  // namespace sluice
