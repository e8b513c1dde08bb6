#pragma once

#include <string>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

namespace sluice {

using Labels = prometheus::Labels;

inline prometheus::Family<prometheus::Counter>& counters(prometheus::Registry& registry,
                                                         const std::string& name,
                                                         const std::string& help,
                                                         const Labels& labels = {}) {
  return prometheus::BuildCounter().Name(name).Help(help).Labels(labels).Register(registry);
}

inline prometheus::Family<prometheus::Gauge>& gauges(prometheus::Registry& registry,
                                                     const std::string& name,
                                                     const std::string& help,
                                                     const Labels& labels = {}) {
  return prometheus::BuildGauge().Name(name).Help(help).Labels(labels).Register(registry);
}

/// Brings a counter to a cumulative figure that somebody else keeps.
inline void advance(prometheus::Counter& counter, double total) {
  if (total > counter.Value()) counter.Increment(total - counter.Value());
}

}  // namespace sluice
