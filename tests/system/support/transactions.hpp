#pragma once

#include <memory>
#include <string>

namespace sluice::system_test {

/// A transactional producer to one topic's partition 0. Calls throw std::runtime_error when the
/// brokers refuse them.
class Transactions {
 public:
  Transactions(const std::string& brokers, const std::string& topic);
  ~Transactions();
  Transactions(const Transactions&) = delete;
  Transactions& operator=(const Transactions&) = delete;

  enum class End { commit, abort };
  /// `count` messages {"t":1} in a transaction of their own.
  void send(int count, End end);

 private:
  struct Producer;
  std::unique_ptr<Producer> producer_;
  std::string topic_;
};

}  // namespace sluice::system_test
