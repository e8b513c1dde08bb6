#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tests/kernels/cuda/decode/text_documents.hpp"

namespace sluice::testing {

/// Random conditions over named columns; some of them are refused for comparing what cannot be.
class FilterTexts {
 public:
  struct Columns {
    std::vector<std::string> numbers;
    std::vector<std::string> strings;
    std::vector<std::string> booleans;
  };

  FilterTexts(std::uint64_t seed, Columns columns)
      : pieces_(seed, 10), columns_(std::move(columns)) {}

  std::string next() { return condition(pieces_.below(4)); }
  TextPieces& pieces() { return pieces_; }

 private:
  std::string pick(const std::vector<std::string>& choices) { return pieces_.pick(choices); }

  std::string constant() {
    if (pieces_.odd()) {
      return pick({"0", "NULL", "1e3", "-0.5", "9223372036854775807", "9223372036854775808",
                   "0.000000000000000001", "12345678901234567890123456789012345678"});
    }
    std::string number = std::to_string((std::uint64_t{1} << 63) >> (1 + pieces_.below(62)));
    if (pieces_.below(3) == 0) number += pick({".5", ".25", ".001"});
    return (pieces_.below(3) == 0 ? "-" : "") + number;
  }

  std::string term(std::uint64_t depth) {
    if (depth == 0) return pieces_.below(3) == 0 ? constant() : pick(columns_.numbers);
    if (pieces_.below(6) == 0) return "(-" + term(depth - 1) + ")";
    return "(" + term(depth - 1) + pick({" + ", " - ", " * ", " / "}) + term(depth - 1) + ")";
  }

  std::string comparison() { return pick({" = ", " <> ", " < ", " <= ", " > ", " >= "}); }

  std::string text() {
    if (pieces_.below(4) == 0) return pick({"''", "'key'", "'a b'", "'\xC3\xA9'"});
    const std::string word = pieces_.word();
    return "'" + word.substr(0, pieces_.below(4)) + "'";
  }

  std::string prefix() {
    std::string pattern = text();
    pattern.insert(pattern.size() - 1, "%");
    return pattern;
  }

  std::string of_strings() {
    const std::string column = pick(columns_.strings);
    switch (pieces_.below(5)) {
      case 0:
        return column + " LIKE " + prefix();
      case 1:
        return column + " NOT LIKE " + prefix();
      case 2:
        return column + " IN (" + text() + ", " + text() + ", " + text() + ")";
      case 3:
        return column + comparison() + pick(columns_.strings);
      default:
        return column + comparison() + text();
    }
  }

  std::string of_booleans() {
    const std::string column = pick(columns_.booleans);
    return pick({column, "NOT " + column, column + " = FALSE", column + " IS NOT TRUE"});
  }

  std::string simple() {
    switch (pieces_.below(7)) {
      case 0:
      case 1:
        return of_strings();
      case 2:
        return of_booleans();
      case 3:
        return pick(columns_.numbers) + " IN (" + constant() + ", " + constant() + ")";
      case 4:
        return term(1) + " BETWEEN " + constant() + " AND " + term(1);
      case 5: {
        std::vector<std::string> all = columns_.numbers;
        all.insert(all.end(), columns_.strings.begin(), columns_.strings.end());
        return pick(all) + pick({" IS NULL", " IS NOT NULL"});
      }
      default:
        return term(pieces_.below(3)) + comparison() + term(pieces_.below(3));
    }
  }

  std::string condition(std::uint64_t depth) {
    if (depth == 0) return simple();
    const std::string left = "(" + condition(depth - 1) + ")";
    switch (pieces_.below(5)) {
      case 0:
        return "NOT " + left;
      case 1:
        return left + pick({" IS TRUE", " IS NOT FALSE", " IS UNKNOWN", " IS NULL"});
      case 2:
        return left + " AND " + condition(pieces_.below(depth));
      default:
        return left + " OR " + condition(pieces_.below(depth));
    }
  }

  TextPieces pieces_;
  Columns columns_;
};

}  // namespace sluice::testing
