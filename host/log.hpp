#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include <spdlog/fwd.h>

namespace sluice {

enum class LogLevel { debug, info, warn, error };
enum class LogFormat { logfmt, json };

/// A value of a field: text, a number or a fact. Text is borrowed for the call that logs it.
class LogValue {
 public:
  // NOLINTBEGIN(google-explicit-constructor): {"port", 9465} is how fields are written.
  LogValue(std::string_view text) : value_(text) {}
  LogValue(const char* text) : value_(std::string_view(text)) {}
  LogValue(const std::string& text) : value_(std::string_view(text)) {}
  LogValue(std::same_as<bool> auto fact) : value_(fact) {}
  LogValue(std::floating_point auto number) : value_(static_cast<double>(number)) {}
  LogValue(std::signed_integral auto number) : value_(static_cast<std::int64_t>(number)) {}
  template <std::unsigned_integral Number>
  requires(!std::same_as<Number, bool>) LogValue(Number number)
      : value_(static_cast<std::uint64_t>(number)) {}

  using Variant = std::variant<std::string_view, bool, double, std::int64_t, std::uint64_t>;
  const Variant& variant() const { return value_; }

 private:
  Variant value_;
};

/// One key=value of a line. The key is [a-z_][a-z0-9_]* and none of time, level, msg.
/// Passwords, tokens and connection strings never become values: the log prints what it is given.
struct LogField {
  std::string_view key;
  LogValue value;
};

/// Writes one line an entry: time (RFC 3339, UTC, milliseconds), level, msg, then the fields in
/// their order, as logfmt or as one JSON object. Whatever bytes a message or a text holds, the line
/// stays one line of valid UTF-8 (bytes that are not become U+FFFD).
/// Thread-safe. For start, stop, faults and changes of state, never per event or batch.
class Logger {
 public:
  /// Writes to standard error.
  Logger(LogFormat format, LogLevel least);
  /// Writes to `out`, which outlives the Logger and is touched by nobody else meanwhile.
  Logger(LogFormat format, LogLevel least, std::ostream& out);
  ~Logger();
  Logger(const Logger&) = delete;
  Logger& operator=(const Logger&) = delete;

  using Fields = std::initializer_list<LogField>;
  void debug(std::string_view message, Fields fields = {});
  void info(std::string_view message, Fields fields = {});
  void warn(std::string_view message, Fields fields = {});
  void error(std::string_view message, Fields fields = {});

 private:
  void write(LogLevel level, std::string_view message, Fields fields);

  LogFormat format_;
  std::unique_ptr<spdlog::logger> spdlog_;
};

}  // namespace sluice
