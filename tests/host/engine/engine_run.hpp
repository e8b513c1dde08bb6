#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "host/config/job.hpp"
#include "host/engine/engine.hpp"
#include "kernels/backend.hpp"
#include "tests/support/oracle.hpp"
#include "tests/support/rows_match.hpp"

namespace sluice {

/// Makes the backend under test.
using MakeBackend = std::function<std::unique_ptr<Backend>(const BackendShape&)>;

/// The engine's form of an oracle's job.
Job job_of(const oracle::Job& job);

/// Feeds an engine what the oracle is fed, and keeps its rows in the oracle's terms.
class EngineRun {
 public:
  EngineRun(const oracle::Job& job, const MakeBackend& make_backend, unsigned threads = 1);

  void feed(const oracle::Batch& batch);

  const std::vector<oracle::ActualRow>& rows() const { return rows_; }
  const Engine& engine() const { return *engine_; }

 private:
  void keep(const WindowResult& result);

  oracle::Job oracle_job_;
  Job job_;
  std::unique_ptr<Backend> backend_;
  std::unique_ptr<Engine> engine_;
  std::vector<PartitionIndex> partitions_;
  std::vector<oracle::ActualRow> rows_;
};

}  // namespace sluice
