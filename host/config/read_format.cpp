#include <algorithm>
#include <charconv>
#include <set>

#include "host/config/job_sections.hpp"
#include "host/config/names.hpp"

namespace sluice {
namespace {

FieldPath field_path(const std::string& text) {
  FieldPath path{.text = text, .members = {}};
  std::size_t begin = 0;
  for (;;) {
    const std::size_t dot = text.find('.', begin);
    path.members.push_back(text.substr(begin, dot - begin));
    if (dot == std::string::npos) return path;
    begin = dot + 1;
  }
}

/// decimal(2) -> 2
std::optional<unsigned> decimal_scale(std::string_view type) {
  if (!type.starts_with("decimal(") || !type.ends_with(')')) return std::nullopt;
  const std::string_view digits = type.substr(8, type.size() - 9);
  unsigned scale = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), scale);
  if (error != std::errc{} || end != digits.data() + digits.size() || scale > 18) {
    return std::nullopt;
  }
  return scale;
}

void read_event_time(Section section, Section& format, Job& job) {
  TimeField& time = job.format.event_time;
  if (section.has("from")) {
    enum class From { kafka };
    section.choice("from", From::kafka, {{"kafka", From::kafka}});
    time.from_transport = true;
    if (!std::holds_alternative<KafkaSettings>(job.source)) {
      section.fault("from", "kafka needs a source of type kafka");
    }
    if (section.has("field")) section.fault("field", "give field or from, not both");
  } else if (section.has("field")) {
    time.path = field_path(section.required_text("field"));
    time.unit = section.choice("unit", TimeUnit::milliseconds,
                               {{"s", TimeUnit::seconds},
                                {"ms", TimeUnit::milliseconds},
                                {"us", TimeUnit::microseconds},
                                {"ns", TimeUnit::nanoseconds},
                                {"iso8601", TimeUnit::iso8601},
                                {"rfc3339", TimeUnit::iso8601}});
  } else {
    format.fault("event_time", "is required: {field: NAME, unit: ms} or {from: kafka}");
  }
  section.finish();
}

KeyField read_key(const YAML::Node& node, Section& format, Faults& faults) {
  KeyField key;
  if (node.IsScalar()) {
    key.path = field_path(node.Scalar());
    key.name = last_member(key.path.text);
    return key;
  }
  Section section(node, format.path() + ".key", faults);
  key.path = field_path(section.required_text("field"));
  key.name = section.text("as", last_member(key.path.text));
  key.type = section.choice(
      "type", KeyType::as_it_came,
      {{"int64", KeyType::int64}, {"string", KeyType::string}, {"boolean", KeyType::boolean}});
  section.finish();
  return key;
}

void read_keys(Section& section, Faults& faults, Format& format) {
  if (!section.has("key")) return;
  const YAML::Node keys = section.node("key");
  if (keys.IsSequence()) {
    for (const YAML::Node& key : keys) format.keys.push_back(read_key(key, section, faults));
  } else {
    format.keys.push_back(read_key(keys, section, faults));
  }
  std::set<std::string> names;
  for (const KeyField& key : format.keys) {
    if (!is_name(key.name) || is_reserved_name(key.name)) {
      section.fault("key", "\"" + key.name +
                               "\" cannot name a column: letters, digits and _, none of the "
                               "reserved pipeline, window, job, instance, le, quantile; give it "
                               "another name with as");
    }
    if (!names.insert(key.name).second) {
      section.fault("key",
                    "two columns are called " + key.name + "; give one another name with as");
    }
  }
}

void read_value_type(Section& section, const std::string& key, const std::string& written,
                     ValueField& value) {
  if (written == "int64") {
    value.type = ValueType::int64;
  } else if (written == "double") {
    value.type = ValueType::float64;
  } else if (const auto scale = decimal_scale(written)) {
    value.type = ValueType::decimal;
    value.scale = *scale;
  } else {
    section.fault(key, "\"" + written +
                           "\" is no type; int64, double, or decimal(SCALE) with 0 "
                           "to 18 digits after the point");
  }
}

void read_values(Section section, Format& format, Faults& faults, const YAML::Node& values) {
  if (!values.IsMap()) return;
  std::set<std::string> names;
  for (const auto& entry : values) {
    ValueField value;
    value.name = entry.first.Scalar();
    if (!names.insert(value.name).second) section.fault(value.name, "is given twice");
    if (!is_name(value.name)) {
      section.fault(value.name, "cannot name a value: letters, digits and _");
    }
    value.path = field_path(value.name);
    if (entry.second.IsScalar()) {
      read_value_type(section, value.name, entry.second.Scalar(), value);
    } else {
      Section option(entry.second, section.path() + "." + value.name, faults);
      value.path = field_path(option.text("field", value.name));
      read_value_type(option, "type", option.text("type", "int64"), value);
      value.required = option.flag("required", false);
      option.finish();
    }
    format.values.push_back(value);
  }
  if (format.values.size() > max_values) {
    section.fault("", "more than " + std::to_string(max_values) + " values");
  }
}

void read_csv(Section section, CsvFormat& csv) {
  csv.columns = section.texts("columns");
  csv.header = section.flag("header", csv.columns.empty());
  if (csv.header && !csv.columns.empty()) {
    section.fault("columns", "a file with a header names its own columns; give one of the two");
  }
  const auto one_character = [&](const std::string& key, char standard) {
    const std::string written = section.text(key, std::string(1, standard));
    if (written.size() == 1 && written[0] != '\n' && written[0] != '\r') return written[0];
    section.fault(key, "must be one character");
    return standard;
  };
  csv.delimiter = one_character("delimiter", ',');
  csv.quote = one_character("quote", '"');
  if (csv.delimiter == csv.quote) section.fault("quote", "must differ from delimiter");
  section.finish();
}

void read_binary_type(Section& section, const std::string& written, BinaryField& field) {
  using Type = BinaryField::Type;
  struct Known {
    std::string_view name;
    Type type;
    std::uint32_t bytes;
  };
  static constexpr Known known[] = {
      {"int8", Type::int8, 1},       {"int16", Type::int16, 2},    {"int32", Type::int32, 4},
      {"int64", Type::int64, 8},     {"uint8", Type::uint8, 1},    {"uint16", Type::uint16, 2},
      {"uint32", Type::uint32, 4},   {"uint64", Type::uint64, 8},  {"float32", Type::float32, 4},
      {"float64", Type::float64, 8}, {"double", Type::float64, 8}, {"boolean", Type::boolean, 1}};
  for (const Known& type : known) {
    if (written != type.name) continue;
    field.type = type.type;
    field.bytes = type.bytes;
    return;
  }
  unsigned length = 0;
  if (written.starts_with("char(") && written.ends_with(')')) {
    const char* end = written.data() + written.size() - 1;
    const auto [stop, error] = std::from_chars(written.data() + 5, end, length);
    if (error == std::errc{} && stop == end && length > 0 && length <= 65'536) {
      field.type = Type::chars;
      field.bytes = length;
      return;
    }
  }
  section.fault("type", "\"" + written +
                            "\" is no type; int8 to int64, uint8 to uint64, float32, float64, "
                            "boolean or char(LENGTH)");
}

void read_binary(Section section, Faults& faults, BinaryFormat& binary) {
  binary.order = section.choice("endian", ByteOrder::little,
                                {{"little", ByteOrder::little}, {"big", ByteOrder::big}});
  const YAML::Node layout = section.node("layout");
  if (!layout.IsDefined() || !layout.IsSequence() || layout.size() == 0) {
    section.fault("layout", "is required: a list of {name: NAME, type: TYPE} and {pad: BYTES}");
  } else {
    for (const YAML::Node& item : layout) {
      Section option(item, section.path() + ".layout", faults);
      BinaryField field;
      if (option.has("pad")) {
        field.type = BinaryField::Type::pad;
        field.bytes = static_cast<std::uint32_t>(option.integer("pad", 1, 1, 65'536));
      } else {
        field.name = option.required_text("name");
        read_binary_type(option, option.required_text("type"), field);
      }
      option.finish();
      binary.layout.push_back(field);
    }
  }
  section.finish();
}

void check_names(Section& section, const Format& format) {
  const auto check = [&](const std::string& option, const std::string& name) {
    if (name.empty()) return;
    if (const auto fault = unknown_column(format, name)) section.fault(option, *fault);
  };
  check("event_time", format.event_time.path.text);
  for (const KeyField& key : format.keys) check("key", key.path.text);
  for (const ValueField& value : format.values) check("values", value.path.text);
}

}  // namespace

std::optional<std::string> unknown_column(const Format& format, const std::string& name) {
  std::vector<std::string_view> names;
  for (const BinaryField& field : format.binary.layout) {
    if (field.type != BinaryField::Type::pad) names.push_back(field.name);
  }
  const bool binary = format.type == FormatType::binary;
  if (!binary) names.assign(format.csv.columns.begin(), format.csv.columns.end());
  if (names.empty() || (!binary && format.type != FormatType::csv)) return std::nullopt;
  if (std::find(names.begin(), names.end(), name) != names.end()) return std::nullopt;
  if (!binary && name.find_first_not_of("0123456789") == std::string::npos) return std::nullopt;
  const auto meant = nearest(name, names);
  return "no column is called \"" + name + "\"" + (meant ? "; did you mean " + *meant + "?" : "");
}

void read_format(Section section, Job& job) {
  Faults& faults = section.faults();
  Format& format = job.format;
  enum class Type { json, csv, binary, avro, protobuf };
  if (!section.has("type")) section.fault("type", "is required: json, csv or binary");
  const Type type = section.choice("type", Type::json,
                                   {{"json", Type::json},
                                    {"csv", Type::csv},
                                    {"binary", Type::binary},
                                    {"avro", Type::avro},
                                    {"protobuf", Type::protobuf}});
  if (type == Type::avro || type == Type::protobuf) section.fault("type", "not supported yet");
  format.type = type == Type::csv      ? FormatType::csv
                : type == Type::binary ? FormatType::binary
                                       : FormatType::json;
  const bool from_kafka = std::holds_alternative<KafkaSettings>(job.source);
  format.framing = section.choice("framing", from_kafka ? Framing::message : Framing::lines,
                                  {{"message", Framing::message}, {"lines", Framing::lines}});
  read_event_time(section.section("event_time"), section, job);
  read_keys(section, faults, format);
  read_values(section.section("values"), format, faults, section.node("values"));
  if (section.has("csv") || format.type == FormatType::csv) {
    read_csv(section.section("csv"), format.csv);
    if (format.csv.header && from_kafka) {
      section.fault("csv",
                    "Kafka messages have no header; name the columns with csv.columns, or "
                    "use 1-based numbers with csv: {header: false}");
    }
  }
  if (section.has("binary") || format.type == FormatType::binary) {
    read_binary(section.section("binary"), faults, format.binary);
  }
  check_names(section, format);
  format.max_key_bytes = section.bytes("max_key_bytes", format.max_key_bytes, 1);
  format.allow_non_finite = section.flag("allow_non_finite", false);
  enum class Malformed { drop, fail, dead_letter };
  const Malformed on_malformed = section.choice("on_malformed", Malformed::drop,
                                                {{"drop", Malformed::drop},
                                                 {"fail", Malformed::fail},
                                                 {"dead_letter", Malformed::dead_letter}});
  if (on_malformed == Malformed::dead_letter) {
    section.fault("on_malformed", "dead_letter is not supported yet; use drop or fail");
  }
  job.on_malformed = on_malformed == Malformed::fail ? OnMalformed::fail : OnMalformed::drop;
  section.not_supported_yet({"schema_registry", "dead_letter"});
  section.finish();
}

}  // namespace sluice
