#include "host/metrics/decoding_metrics.hpp"

namespace sluice {

DecodingMetrics::DecodingMetrics(prometheus::Registry& registry, const Labels& labels)
    : events_(counters(registry, "sluice_device_decode_events_total",
                       "Events of blocks that the device was given undecoded: decoded there, "
                       "listed for the host, or in batches that it refused.",
                       labels)),
      decoded_(events_.Add({{"outcome", "decoded"}})),
      listed_(events_.Add({{"outcome", "listed"}})),
      refused_(events_.Add({{"outcome", "refused"}})),
      moves_(counters(registry, "sluice_decode_moves_total",
                      "Moves of the decoding between host and device.", labels)
                 .Add({})),
      listed_ratio_(gauges(registry, "sluice_device_decode_listed_ratio",
                           "Share of events that the device listed for the host, averaged over "
                           "the last batches.",
                           labels)
                        .Add({})),
      on_device_(gauges(registry, "sluice_decode_on_device",
                        "1: the next blocks are decoded by the device; 0: by the host.", labels)
                     .Add({})) {}

void DecodingMetrics::update(const DeviceDecoding& decoding) {
  advance(decoded_, static_cast<double>(decoding.decoded));
  advance(listed_, static_cast<double>(decoding.listed));
  advance(refused_, static_cast<double>(decoding.refused));
  advance(moves_, static_cast<double>(decoding.moves));
  listed_ratio_.Set(decoding.listed_ratio);
  on_device_.Set(decoding.on_device ? 1 : 0);
}

}  // namespace sluice
