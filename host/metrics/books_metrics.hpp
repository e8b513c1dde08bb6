#pragma once

#include <span>
#include <string>
#include <vector>

#include "host/engine/books.hpp"
#include "host/metrics/series.hpp"

namespace sluice {

/// The terms of the books, as `sluice_<term>_total` and by reason.
class BooksMetrics {
 public:
  BooksMetrics(prometheus::Registry& registry, const Labels& labels);
  void update(const Books& books, std::span<const std::uint64_t> malformed);

 private:
  struct Term {
    std::uint64_t Books::*figure;
    prometheus::Counter* counter;
  };
  std::vector<Term> terms_;
  std::vector<prometheus::Counter*> malformed_;
  prometheus::Gauge& parked_;
};

}  // namespace sluice
