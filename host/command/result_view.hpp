#pragma once

#include <string>

#include "host/config/job.hpp"
#include "host/sinks/sink.hpp"

namespace sluice {

/// Prints one line for each closed window on standard output: its end, how many keys and events it
/// has, and the key with the most events. Expects the first aggregate to be count.
class ResultView : public Sink {
 public:
  explicit ResultView(const Job& job);

  std::string_view name() const noexcept override { return "view"; }
  void publish(const WindowResult& result) override;
  void flush() override;
  SinkStatistics statistics() const noexcept override { return statistics_; }

 private:
  std::string values_of(const WindowResult& result, std::size_t row) const;

  const Job& job_;
  bool terminal_;
  SinkStatistics statistics_;
};

}  // namespace sluice
