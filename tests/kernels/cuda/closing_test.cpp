#include "kernels/cuda/closing.hpp"

#include <algorithm>
#include <bit>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/cuda/cuda_backend.hpp"
#include "kernels/row_layout.hpp"
#include "kernels/row_operations.hpp"
#include "tests/kernels/cuda/backend_session.hpp"

// Closing programs against a model that does the same steps one after the other, key by key: rows
// in registers and in memory, strands side by side, dense and sealed chunks, late events.
namespace sluice::cuda {
namespace {

using Kind = ColumnStep::Kind;
using Words = std::vector<std::uint64_t>;

struct NamedLayout {
  std::string name;
  RowLayout layout;
};

std::vector<NamedLayout> layouts() {
  using K = AccumulatorKind;
  const auto layout = [](std::vector<AccumulatorNeed> needs) { return lay_out_row(needs); };
  return {
      {"Count", layout({})},
      {"CountNulls", layout({{K::nulls, 0}})},
      {"CountSum", layout({{K::sum_integer, 0}})},
      {"CountSumNulls", layout({{K::nulls, 0}, {K::sum_integer, 0}})},
      {"CountMinimum", layout({{K::minimum, 0}})},
      {"CountSumOfDoubles", layout({{K::sum_double, 1, true}})},
      {"CountMaximumMinimumSum",
       layout({{K::maximum, 0}, {K::minimum, 1, true}, {K::sum_integer, 0}})},
      {"Large", layout({{K::nulls, 1},
                        {K::sum_squares_integer, 0},
                        {K::sum_integer, 0},
                        {K::sum_double, 1, true},
                        {K::minimum, 0},
                        {K::maximum, 0}})},
      {"LargeInvertible",
       layout({{K::nulls, 0}, {K::sum_squares_integer, 0}, {K::sum_integer, 0}, {K::nulls, 1}})},
  };
}

/// Columns of rows by key, and what steps do to them.
class TableModel {
 public:
  explicit TableModel(const RowLayout& layout) : layout_(layout) {}

  void lift(const TestBatch& batch, std::size_t event, ColumnIndex column) {
    const double shifts[max_values] = {};
    lift_event<PlainWords>(layout_, row(column, batch.key(event)), batch.columns(), shifts, event);
  }

  void step(const ColumnStep& step, const std::vector<KeyValue>& keys,
            std::vector<NamedRows>& outputs) {
    for (const KeyValue& key : keys) {
      const RowRef source = find(step.source, key);
      switch (step.kind) {
        case Kind::combine:
          if (source.hot != nullptr) {
            combine_row<PlainWords>(layout_, row(step.target, key), source);
          }
          break;
        case Kind::remove:
          if (source.hot != nullptr) remove_row(layout_, row(step.target, key), source);
          break;
        case Kind::reset:
        case Kind::drop:
          columns_[step.target].erase(key);
          break;
        case Kind::emit:
          emit(step, key, outputs[step.output]);
          break;
        case Kind::seal:
          break;
      }
    }
  }

  NamedRows rows(ColumnIndex column) const {
    NamedRows rows;
    const auto found = columns_.find(column);
    if (found == columns_.end()) return rows;
    for (const auto& [key, words] : found->second) {
      if (words[0] != 0) rows.emplace(key, words);
    }
    return rows;
  }

 private:
  RowRef row(ColumnIndex column, const KeyValue& key) {
    const auto [at, is_new] = columns_[column].try_emplace(key, layout_.words());
    const RowRef row{at->second.data(), at->second.data() + layout_.hot_words};
    if (is_new) reset_row(layout_, row);
    return row;
  }
  RowRef find(ColumnIndex column, const KeyValue& key) {
    if (column == no_column || !columns_[column].contains(key)) return {};
    const RowRef found = row(column, key);
    return found.hot[0] != 0 ? found : RowRef{};
  }
  void emit(const ColumnStep& step, const KeyValue& key, NamedRows& output) {
    Words words(layout_.words());
    const RowRef sum{words.data(), words.data() + layout_.hot_words};
    reset_row(layout_, sum);
    for (const ColumnIndex column : {step.target, step.source}) {
      const RowRef part = find(column, key);
      if (part.hot != nullptr) combine_row<PlainWords>(layout_, sum, part);
    }
    if (words[0] != 0) output.emplace(key, words);
  }

  RowLayout layout_;
  std::map<ColumnIndex, std::map<KeyValue, Words>> columns_;
};

constexpr ColumnIndex shared_panes = 4;  ///< [0, 4): read by every strand
constexpr ColumnIndex own_pane = 4;      ///< + strand
constexpr ColumnIndex panes = 8;
constexpr ColumnIndex first_working = 10;
constexpr ColumnIndex working_each = 3;

using Random = std::mt19937_64;

std::uint32_t below(Random& random, std::uint32_t bound) {
  return static_cast<std::uint32_t>(random() % bound);
}

/// Writes the steps of one strand, which changes its own pane and its own working columns only.
class RandomStrand {
 public:
  RandomStrand(Random& random, std::uint32_t strand, bool invertible)
      : random_(random), strand_(strand), invertible_(invertible) {}

  std::vector<ColumnStep> steps(std::uint32_t count, std::uint32_t outputs_each) {
    std::vector<ColumnStep> steps;
    std::uint32_t output = strand_ * outputs_each;
    const std::uint32_t last_output = output + outputs_each;
    while (steps.size() < count) {
      const ColumnIndex target = working();
      const std::uint32_t dice = below(random_, 100);
      if (dice < 45) {
        const ColumnIndex source = readable();
        steps.push_back({Kind::combine, target, source, 0});
        // Panes stay as they are, so that they can be removed again; working columns change.
        if (source < panes) combined_[target].push_back(source);
      } else if (dice < 60 && invertible_ && !combined_[target].empty()) {
        steps.push_back({Kind::remove, target, combined_[target].back(), 0});
        combined_[target].pop_back();
      } else if (dice < 85 && output < last_output) {
        const ColumnIndex source = below(random_, 3) == 0 ? no_column : readable();
        steps.push_back(
            {Kind::emit, below(random_, 4) == 0 ? readable() : target, source, output++});
      } else if (dice < 92) {
        steps.push_back({below(random_, 2) == 0 ? Kind::reset : Kind::drop, target, no_column, 0});
        combined_[target].clear();
      } else if (dice < 98) {
        steps.push_back({Kind::seal, below(random_, 3) == 0 ? target : own(), no_column, 0});
      } else {
        steps.push_back({below(random_, 2) == 0 ? Kind::reset : Kind::drop, own(), no_column, 0});
        for (auto& [column, sources] : combined_) std::erase(sources, own());
      }
    }
    return steps;
  }

 private:
  ColumnIndex own() const { return own_pane + strand_; }
  ColumnIndex working() {
    return first_working + strand_ * working_each + below(random_, working_each);
  }
  ColumnIndex readable() {
    const std::uint32_t dice = below(random_, 10);
    return dice < 6 ? below(random_, shared_panes) : dice < 8 ? own() : working();
  }

  Random& random_;
  std::uint32_t strand_;
  bool invertible_;
  std::map<ColumnIndex, std::vector<ColumnIndex>> combined_;
};

class ClosingPrograms : public testing::TestWithParam<NamedLayout> {
 protected:
  void make(std::size_t max_state_bytes = std::size_t{1} << 26) {
    BackendShape shape;
    shape.layout = GetParam().layout;
    shape.max_batch_events = 4000;
    shape.max_keys = 5000;
    shape.max_state_bytes = max_state_bytes;
    session_ = std::make_unique<BackendSession>(make_backend(shape), shape.layout);
  }
  void start() {
    make();
    model_ = std::make_unique<TableModel>(GetParam().layout);
  }

  static KeyValue key_of(std::uint64_t number) { return {number, number % 3}; }

  /// Events of `keys` keys in some of the panes; most keys are in few of them.
  void offer(Random& random, std::uint32_t keys, std::uint32_t events) {
    TestBatch batch(2);
    std::vector<ColumnIndex> columns;
    for (std::uint32_t i = 0; i < events; ++i) {
      const ColumnIndex pane = below(random, panes);
      const auto number = i < keys ? i : below(random, keys);
      std::optional<std::int64_t> integer = static_cast<std::int64_t>(below(random, 300)) - 100;
      if (below(random, 50) == 0) integer = static_cast<std::int64_t>(random());
      if (below(random, 20) == 0) integer = std::nullopt;
      const double real = static_cast<double>(below(random, 1000)) - 500;
      std::optional<std::int64_t> bits = std::bit_cast<std::int64_t>(real);
      if (below(random, 20) == 0) bits = std::nullopt;
      batch.add(10 * pane + below(random, 10), key_of(number), {integer, bits});
      columns.push_back(pane);
    }
    std::vector<ColumnIndex> all(panes);
    for (ColumnIndex pane = 0; pane < panes; ++pane) all[pane] = pane;
    ASSERT_EQ(session_->accumulate(batch, tumbling_limits(10, 0, all)).accepted, batch.size());
    for (std::size_t i = 0; i < batch.size(); ++i) model_->lift(batch, i, columns[i]);
  }

  /// Runs strands side by side on the backend and one after the other on the model.
  void run(const std::vector<std::vector<ColumnStep>>& strands, std::size_t outputs,
           const std::vector<KeyValue>& all, std::span<const KeyValue> only) {
    std::vector<ColumnStep> steps;
    std::vector<std::uint32_t> ends;
    for (const auto& strand : strands) {
      steps.insert(steps.end(), strand.begin(), strand.end());
      ends.push_back(static_cast<std::uint32_t>(steps.size()));
    }
    const std::vector<NamedRows> found = session_->run_strands({steps, ends}, outputs, only);
    std::vector<NamedRows> expected(outputs);
    const std::vector<KeyValue> keys = only.empty() ? all : std::vector(only.begin(), only.end());
    for (const ColumnStep& step : steps) model_->step(step, keys, expected);
    for (std::size_t output = 0; output < outputs; ++output) {
      ASSERT_EQ(found[output], expected[output]) << "output " << output;
    }
  }

  void expect_columns(ColumnIndex last) {
    for (ColumnIndex column = 0; column < last; ++column) {
      ASSERT_EQ(session_->rows_of(column), model_->rows(column)) << "column " << column;
    }
  }

  std::unique_ptr<BackendSession> session_;
  std::unique_ptr<TableModel> model_;
};

INSTANTIATE_TEST_SUITE_P(Layouts, ClosingPrograms, testing::ValuesIn(layouts()),
                         [](const auto& tested) { return tested.param.name; });

TEST_P(ClosingPrograms, DoWhatTheirStepsDoOneAfterTheOther) {
  constexpr std::uint32_t outputs_each = 6;
  std::uint64_t seed = 1;
  for (const std::uint32_t keys : {1u, 31u, 255u, 256u, 257u, 600u}) {
    SCOPED_TRACE("seed " + std::to_string(seed) + ", " + std::to_string(keys) + " keys");
    Random random(seed++);
    start();
    std::vector<KeyValue> all;
    for (std::uint32_t k = 0; k < keys; ++k) all.push_back(key_of(k));
    for (int round = 0; round < 4; ++round) {
      ASSERT_NO_FATAL_FAILURE(offer(random, keys, std::max(keys, 500u)));
      ASSERT_NO_FATAL_FAILURE(expect_columns(panes));
      const std::uint32_t count = 1 + below(random, 4);
      std::vector<std::vector<ColumnStep>> strands;
      for (std::uint32_t s = 0; s < count; ++s) {
        RandomStrand strand(random, s, GetParam().layout.invertible);
        strands.push_back(strand.steps(round == 0 ? 300 : 20, outputs_each));
      }
      std::vector<KeyValue> only;
      if (round == 2) {
        for (std::uint32_t k = 0; k < keys; k += 1 + below(random, 5)) only.push_back(key_of(k));
      }
      ASSERT_NO_FATAL_FAILURE(run(strands, count * outputs_each, all, only));
      ASSERT_NO_FATAL_FAILURE(expect_columns(first_working + 4 * working_each));
    }
  }
}

TEST_P(ClosingPrograms, SealedPanesAreSmallAndTheSameInEveryStep) {
  start();
  Random random(77);
  std::vector<KeyValue> all;
  for (std::uint32_t k = 0; k < 700; ++k) all.push_back(key_of(k));
  offer(random, 700, 4000);
  const std::size_t dense = session_->backend().status().state_bytes;
  std::vector<ColumnStep> seals;
  for (ColumnIndex pane = 0; pane < panes; ++pane)
    seals.push_back({Kind::seal, pane, no_column, 0});

  run({seals}, 0, all, {});
  EXPECT_LT(session_->backend().status().state_bytes, dense);
  expect_columns(panes);

  std::vector<ColumnStep> steps;
  for (ColumnIndex pane = 0; pane < panes; ++pane) {
    steps.push_back({Kind::combine, 20, pane, 0});
    steps.push_back({Kind::emit, 20, pane, pane});
  }
  if (GetParam().layout.invertible) steps.push_back({Kind::remove, 20, 3, 0});
  run({steps}, panes, all, {});
  expect_columns(21);

  offer(random, 700, 300);  // late events open them again
  expect_columns(21);
}

TEST_P(ClosingPrograms, WhatIsSealedAndDroppedGivesItsMemoryBack) {
  start();
  Random random(5);
  offer(random, 300, 2000);
  std::vector<ColumnStep> drops;
  for (ColumnIndex pane = 0; pane < panes; ++pane)
    drops.push_back({Kind::drop, pane, no_column, 0});
  session_->run(drops, 0);
  const std::size_t empty = session_->backend().status().state_bytes;

  for (int round = 0; round < 20; ++round) {
    offer(random, 300, 1000);
    std::vector<ColumnStep> steps;
    for (ColumnIndex pane = 0; pane < panes; ++pane) {
      steps.push_back({Kind::seal, pane, no_column, 0});
    }
    session_->run(steps, 0);
    if (round % 2 == 0) offer(random, 300, 100);
    session_->run(drops, 0);
  }

  // The page that each group of slots has open stays.
  const std::size_t page = std::size_t{chunk_slots} * GetParam().layout.words() * 8;
  EXPECT_LE(session_->backend().status().state_bytes, empty + 2 * page);
  EXPECT_EQ(session_->backend().status().columns, 0u);
}

TEST_P(ClosingPrograms, KeysOfSealedRowsKeepTheirSlots) {
  start();
  Random random(6);
  std::vector<KeyValue> all;
  for (std::uint32_t k = 0; k < 2000; ++k) all.push_back(key_of(k));
  offer(random, 2000, 2000);
  std::vector<ColumnStep> steps;
  for (ColumnIndex pane = 0; pane < panes; ++pane) {
    steps.push_back({pane == 2 ? Kind::drop : Kind::seal, pane, no_column, 0});
  }
  run({steps}, 0, all, {});
  const std::size_t live = session_->backend().status().keys;

  // More keys than there is room for: the slots of those that were dropped are collected.
  for (std::uint64_t first = 10'000; first < 14'000; first += 1000) {
    TestBatch batch(2);
    for (std::uint64_t k = 0; k < 1000; ++k) batch.add(75, key_of(first + k), {1, 0});
    const std::vector<ColumnIndex> columns = {7};
    session_->accumulate(batch, tumbling_limits(10, 7, columns));
  }

  EXPECT_GT(session_->backend().status().keys, live);
  EXPECT_GT(session_->backend().status().rehashes, 1u);
  for (ColumnIndex pane = 0; pane < 7; ++pane) {
    EXPECT_EQ(session_->rows_of(pane), model_->rows(pane)) << pane;
  }
}

TEST_P(ClosingPrograms, ASavedStateWithSealedPanesIsLoadedInAsLittleMemory) {
  start();
  Random random(7);
  offer(random, 500, 3000);
  std::vector<ColumnStep> seals;
  for (ColumnIndex pane = 0; pane < panes; ++pane)
    seals.push_back({Kind::seal, pane, no_column, 0});
  session_->run(seals, 0);
  const std::size_t sealed = session_->backend().status().state_bytes;

  const StateImage image = session_->backend().save();
  const std::size_t page = std::size_t{chunk_slots} * GetParam().layout.words() * 8;
  make(sealed + 6 * page);
  session_->load(image);

  expect_columns(panes);
}

}  // namespace
}  // namespace sluice::cuda
