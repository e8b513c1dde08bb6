#include "host/metrics/books_metrics.hpp"

#include "ingest/decode/decoded_events.hpp"

namespace sluice {

BooksMetrics::BooksMetrics(prometheus::Registry& registry, const Labels& labels)
    : parked_(gauges(registry, "sluice_parked_events",
                     "Events that wait for the state to have room.", labels)
                  .Add({})) {
  const auto term = [&](std::uint64_t Books::*figure, const char* name, const char* help) {
    terms_.push_back({figure, &counters(registry, name, help, labels).Add({})});
  };
  term(&Books::events_read, "sluice_events_read_total", "Events read, whatever became of them.");
  term(&Books::events_accepted, "sluice_events_accepted_total", "Events added to a window.");
  term(&Books::late_dropped, "sluice_late_dropped_total",
       "Events dropped because every window of theirs had passed.");
  term(&Books::future_dropped, "sluice_future_dropped_total",
       "Events dropped because their time is too far ahead of the clock (max_future).");
  term(&Books::keys_full, "sluice_keys_full_total",
       "Events dropped because max_keys keys were alive.");
  term(&Books::state_full, "sluice_state_full_total",
       "Events dropped because max_state_bytes was used up.");
  term(&Books::filtered, "sluice_filtered_total", "Events that the filter left out.");
  term(&Books::tombstones, "sluice_tombstones_total", "Messages without a payload.");
  term(&Books::in_no_window, "sluice_in_no_window_total",
       "Events between windows whose slide exceeds their size.");
  term(&Books::windows_closed, "sluice_windows_closed_total", "Windows closed with rows.");
  term(&Books::rows_emitted, "sluice_rows_emitted_total", "Rows handed to the sinks.");
  term(&Books::rows_revised, "sluice_rows_revised_total",
       "Rows emitted again because of events within allowed_lateness.");
  term(&Books::sum_overflows, "sluice_sum_overflows_total",
       "Sums that left the int64 range and were published as null.");
  auto& malformed = counters(registry, "sluice_malformed_total",
                             "Events dropped because they could not be decoded.", labels);
  for (std::size_t r = 0; r < malformed_reasons; ++r) {
    malformed_.push_back(
        &malformed.Add({{"reason", std::string(name_of(static_cast<Malformed>(r)))}}));
  }
}

void BooksMetrics::update(const Books& books, std::span<const std::uint64_t> malformed) {
  for (const Term& term : terms_) advance(*term.counter, static_cast<double>(books.*term.figure));
  for (std::size_t r = 0; r < malformed.size(); ++r) {
    advance(*malformed_[r], static_cast<double>(malformed[r]));
  }
  parked_.Set(static_cast<double>(books.parked));
}

}  // namespace sluice
