#include "tests/system/support/sluice_program.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <stdexcept>

#include <gtest/gtest.h>
#include <simdjson.h>

#include "tests/system/support/temp_folder.hpp"

namespace sluice::system_test {
namespace {

namespace json = simdjson::ondemand;
using oracle::ActualRow;

std::string_view trimmed(std::string_view text) {
  const std::size_t last = text.find_last_not_of(" \n\r\t");
  return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

std::int64_t integer_in(std::string_view token) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), number);
  if (error != std::errc{} || end != token.data() + token.size()) {
    throw std::runtime_error("no int64: " + std::string(token));
  }
  return number;
}

/// 12.50 with scale 2 is 1250; any other number of decimals is wrong.
std::int64_t scaled_in(std::string_view token, int scale) {
  if (scale == 0) return integer_in(token);
  const std::size_t point = token.find('.');
  if (point == std::string_view::npos ||
      token.size() - point - 1 != static_cast<std::size_t>(scale)) {
    throw std::runtime_error("no decimal(" + std::to_string(scale) + "): " + std::string(token));
  }
  return integer_in(std::string(token.substr(0, point)).append(token.substr(point + 1)));
}

/// What type a result has follows from the job alone.
std::optional<int> scale_of(const oracle::Job& job, const oracle::Aggregate& aggregate) {
  using oracle::Function;
  if (aggregate.function == Function::count) return 0;
  const bool kept = aggregate.function == Function::sum || aggregate.function == Function::min ||
                    aggregate.function == Function::max;
  const oracle::Column& column = job.columns.at(aggregate.column.value());
  if (!kept || column.type == oracle::ValueType::real) return std::nullopt;
  return column.type == oracle::ValueType::decimal ? column.scale : 0;
}

ActualRow::Value value_of(json::value value, std::optional<int> scale) {
  const std::string_view token = trimmed(value.raw_json_token());
  if (token == "null") return std::nullopt;
  if (scale) return scaled_in(token, *scale);
  if (token == "\"NaN\"") return std::strtod("nan", nullptr);
  if (token == "\"Infinity\"") return std::strtod("inf", nullptr);
  if (token == "\"-Infinity\"") return std::strtod("-inf", nullptr);
  return value.get_double().value();
}

oracle::KeyPart key_part_of(json::value value) {
  switch (value.type().value()) {
    case json::json_type::null:
      return std::monostate{};
    case json::json_type::boolean:
      return value.get_bool().value();
    case json::json_type::number:
      return value.get_int64().value();
    case json::json_type::string:
      return std::string(value.get_string().value());
    default:
      throw std::runtime_error("a key column is no scalar");
  }
}

/// Members are read in the order in which they must come.
ActualRow row_of(const oracle::Job& job, json::parser& parser, const std::string& line) {
  const simdjson::padded_string text(line);
  json::document document = parser.iterate(text);
  json::object object = document.get_object();
  ActualRow row;
  if (object.find_field("pipeline").get_string().value() != "test") {
    throw std::runtime_error("another pipeline");
  }
  row.window = object.find_field("window").get_string().value();
  row.start = object.find_field("window_start").get_int64();
  row.end = object.find_field("window_end").get_int64();
  oracle::Key key;
  for (auto column : object.find_field("key").get_object()) {
    const std::string_view name = column.unescaped_key().value();
    if (name != "k" + std::to_string(key.size())) throw std::runtime_error("key column's name");
    key.push_back(key_part_of(column.value()));
  }
  row.key = oracle::key_text(key);
  for (auto result : object.find_field("values").get_object()) {
    const oracle::Aggregate& aggregate = job.aggregates.at(row.values.size());
    const std::string_view name = result.unescaped_key().value();
    if (name != aggregate.as) throw std::runtime_error("a result's name");
    row.values.push_back(value_of(result.value(), scale_of(job, aggregate)));
  }
  row.revision = object.find_field("revision").get_uint64();
  json::array overflow;
  if (object.find_field("overflow").get_array().get(overflow) == simdjson::SUCCESS) {
    for (auto name : overflow) row.overflow.emplace_back(name.get_string().value());
  }
  return row;
}

}  // namespace

std::vector<std::string> sluice(const std::vector<std::string>& arguments) {
  const char* const program = std::getenv("SLUICE_PROGRAM");
  if (program == nullptr) throw std::runtime_error("SLUICE_PROGRAM is not set; run me by ctest");
  std::vector<std::string> command{program};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return command;
}

RunResult run_sluice(const std::vector<std::string>& arguments, const ProcessOptions& options) {
  Process program(sluice(arguments), options);
  const auto ending = program.wait();
  RunResult run{.output = program.output(), .errors = program.errors()};
  if (ending) {
    run.code = ending->code;
    run.peak_rss_kib = ending->peak_rss_kib;
  }
  return run;
}

Stats stats_in(const std::string& path) {
  Stats stats;
  json::parser parser;
  const simdjson::padded_string text(content_of(path));
  try {
    json::document document = parser.iterate(text);
    for (auto member : document.get_object()) {
      const std::string name(member.unescaped_key().value());
      stats[name] = member.value().get_uint64();
    }
  } catch (const simdjson::simdjson_error& error) {
    ADD_FAILURE() << path << ": " << error.what() << ": " << content_of(path);
  }
  return stats;
}

bool balances(const Stats& stats) {
  std::uint64_t told = 0;
  for (const char* term :
       {"events_accepted", "late_dropped", "malformed", "future_dropped", "keys_full", "state_full",
        "filtered", "tombstones", "in_no_window", "parked"}) {
    told += stats.at(term);
  }
  return stats.at("events_read") == told;
}

void expect_books(const oracle::Books& expected, const Stats& stats) {
  using oracle::Verdict;
  EXPECT_TRUE(balances(stats));
  EXPECT_EQ(stats.at("events_read"), expected.read);
  EXPECT_EQ(stats.at("events_accepted"), expected.of(Verdict::accepted));
  EXPECT_EQ(stats.at("late_dropped"), expected.of(Verdict::late));
  EXPECT_EQ(stats.at("malformed"), expected.of(Verdict::malformed));
  EXPECT_EQ(stats.at("future_dropped"), expected.of(Verdict::future));
  EXPECT_EQ(stats.at("filtered"), expected.of(Verdict::filtered));
  EXPECT_EQ(stats.at("tombstones"), expected.of(Verdict::tombstone));
  EXPECT_EQ(stats.at("keys_full"), expected.of(Verdict::keys_full));
  EXPECT_EQ(stats.at("in_no_window"), expected.of(Verdict::in_no_window));
  EXPECT_EQ(stats.at("windows_closed"), expected.windows_closed);
  EXPECT_EQ(stats.at("rows_emitted"), expected.rows_emitted);
  EXPECT_EQ(stats.at("rows_revised"), expected.rows_revised);
  EXPECT_EQ(stats.at("sum_overflows"), expected.overflow_values);
}

std::vector<ActualRow> rows_in(const oracle::Job& job, std::string_view lines) {
  std::vector<ActualRow> rows;
  json::parser parser;
  for (const std::string& line : lines_of(lines)) {
    try {
      rows.push_back(row_of(job, parser, line));
    } catch (const std::exception& error) {
      ADD_FAILURE() << "no result row: " << error.what() << ": " << line;
      break;
    }
  }
  return rows;
}

std::map<std::string, std::string> logfmt_fields(std::string_view line) {
  std::map<std::string, std::string> fields;
  while (!line.empty()) {
    const std::size_t equals = line.find('=');
    if (equals == 0 || equals == std::string_view::npos) return {};
    const std::string name(line.substr(0, equals));
    if (name.find_first_of(" \"") != std::string::npos) return {};
    line.remove_prefix(equals + 1);
    std::string value;
    if (line.starts_with('"')) {
      std::size_t at = 1;
      for (; at < line.size() && line[at] != '"'; ++at) {
        if (line[at] == '\\') ++at;
        if (at < line.size()) value += line[at];
      }
      if (at >= line.size()) return {};
      line.remove_prefix(at + 1);
    } else {
      value = line.substr(0, line.find(' '));
      if (value.find('"') != std::string::npos) return {};
      line.remove_prefix(value.size());
    }
    if (!line.empty() && !line.starts_with(' ')) return {};
    if (!line.empty()) line.remove_prefix(1);
    if (!fields.emplace(name, value).second) return {};
  }
  return fields;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string address_of(Process& program) {
  std::string address;
  program.wait_for_errors([&](std::string_view log) {
    const std::size_t at = log.find("msg=listening address=");
    if (at == std::string_view::npos) return false;
    const std::string_view rest = log.substr(log.find("http", at));
    const std::size_t end = rest.find_first_of(" \n");
    if (end == std::string_view::npos) return false;
    address = rest.substr(0, end);
    return true;
  });
  return address;
}

}  // namespace sluice::system_test
