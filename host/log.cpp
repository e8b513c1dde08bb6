#include "host/log.hpp"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cmath>
#include <iostream>
#include <string>

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/ostream_sink.h>

namespace sluice {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

/// Length of the UTF-8 sequence that `text` starts with, 0 if it starts with none.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead < 0xC2   ? 0
                             : lead < 0xE0 ? 2
                             : lead < 0xF0 ? 3
                             : lead < 0xF5 ? 4
                                           : 0;
  if (length == 0 || text.size() < length) return 0;
  // The second byte rules out overlong forms, surrogates and what lies beyond U+10FFFF.
  const unsigned char least = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned char most = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (byte(1) < least || byte(1) > most) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  return length;
}

void append_control(std::string& line, unsigned char byte) {
  constexpr std::string_view hex = "0123456789abcdef";
  switch (byte) {
    case '\n':
      line += "\\n";
      return;
    case '\r':
      line += "\\r";
      return;
    case '\t':
      line += "\\t";
      return;
    default:
      line += "\\u00";
      line += hex[byte >> 4];
      line += hex[byte & 15];
  }
}

/// A JSON string; logfmt readers take the same form.
void append_quoted(std::string& line, std::string_view text) {
  line += '"';
  while (!text.empty()) {
    const auto byte = static_cast<unsigned char>(text[0]);
    const std::size_t length = utf8_length(text);
    if (length == 0) {
      line += replacement;
    } else if (byte == '"' || byte == '\\') {
      line += '\\';
      line += text[0];
    } else if (byte < 0x20 || byte == 0x7F) {
      append_control(line, byte);
    } else {
      line += text.substr(0, length);
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  line += '"';
}

bool is_bare_word(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return c > ' ' && c < 0x7F && c != '"' && c != '\\' && c != '=';
  });
}

/// Numbers and facts come out alike in both formats, text does not.
class ValueWriter {
 public:
  ValueWriter(std::string& line, LogFormat format) : line_(line), format_(format) {}

  void operator()(std::string_view text) const {
    if (format_ == LogFormat::logfmt && is_bare_word(text)) {
      line_ += text;
    } else {
      append_quoted(line_, text);
    }
  }
  void operator()(bool fact) const { line_ += fact ? "true" : "false"; }
  void operator()(double number) const {
    if (!std::isfinite(number)) return (*this)(spell_non_finite(number));
    append_number(number);
  }
  void operator()(std::int64_t number) const { append_number(number); }
  void operator()(std::uint64_t number) const { append_number(number); }

 private:
  static std::string_view spell_non_finite(double number) {
    if (std::isnan(number)) return "NaN";
    return number > 0 ? "Infinity" : "-Infinity";
  }
  void append_number(auto number) const {
    char digits[32];
    line_.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
  }

  std::string& line_;
  LogFormat format_;
};

[[maybe_unused]] bool is_legal_key(std::string_view key) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  return !key.empty() && is_letter(key[0]) && key != "time" && key != "level" && key != "msg" &&
         std::all_of(key.begin(), key.end(),
                     [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

void append_field(std::string& line, LogFormat format, const LogField& field) {
  assert(is_legal_key(field.key));
  if (format == LogFormat::json) {
    line += ",\"";
    line += field.key;
    line += "\":";
  } else {
    line += ' ';
    line += field.key;
    line += '=';
  }
  std::visit(ValueWriter(line, format), field.value.variant());
}

std::string_view name_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::warn:
      return "warn";
    case LogLevel::error:
      break;
  }
  return "error";
}

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warn:
      return spdlog::level::warn;
    case LogLevel::error:
      break;
  }
  return spdlog::level::err;
}

/// spdlog adds the time in front of what Logger::write renders.
std::unique_ptr<spdlog::formatter> make_formatter(LogFormat format) {
  const char* const pattern = format == LogFormat::json ? "{\"time\":\"%Y-%m-%dT%H:%M:%S.%eZ\",%v}"
                                                        : "time=%Y-%m-%dT%H:%M:%S.%eZ %v";
  return std::make_unique<spdlog::pattern_formatter>(pattern, spdlog::pattern_time_type::utc, "\n");
}

}  // namespace

Logger::Logger(LogFormat format, LogLevel least) : Logger(format, least, std::cerr) {}

Logger::Logger(LogFormat format, LogLevel least, std::ostream& out) : format_(format) {
  constexpr bool flush_each_line = true;
  spdlog_ = std::make_unique<spdlog::logger>(
      "sluice", std::make_shared<spdlog::sinks::ostream_sink_mt>(out, flush_each_line));
  spdlog_->set_formatter(make_formatter(format));
  spdlog_->set_level(spdlog_level(least));
}

Logger::~Logger() = default;

void Logger::debug(std::string_view message, Fields fields) {
  write(LogLevel::debug, message, fields);
}
void Logger::info(std::string_view message, Fields fields) {
  write(LogLevel::info, message, fields);
}
void Logger::warn(std::string_view message, Fields fields) {
  write(LogLevel::warn, message, fields);
}
void Logger::error(std::string_view message, Fields fields) {
  write(LogLevel::error, message, fields);
}

void Logger::write(LogLevel level, std::string_view message, Fields fields) {
  if (!spdlog_->should_log(spdlog_level(level))) return;
  std::string line;
  line += format_ == LogFormat::json ? "\"level\":\"" : "level=";
  line += name_of(level);
  line += format_ == LogFormat::json ? "\",\"msg\":" : " msg=";
  ValueWriter(line, format_)(message);
  for (const LogField& field : fields) append_field(line, format_, field);
  spdlog_->log(spdlog_level(level), spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace sluice
