#include "ingest/decode/raw_plan.hpp"

#include <algorithm>
#include <charconv>
#include <numeric>
#include <string_view>
#include <utility>
#include <vector>

#include "ingest/decode/binary_row.hpp"
#include "ingest/decode/field_plan.hpp"
#include "ingest/filter/raw_filter.hpp"

namespace sluice {
namespace {

using Field = DecodePlan::Field;
using Use = DecodePlan::Use;

static_assert(static_cast<RawKeyType>(KeyType::int64) == RawKeyType::int64 &&
              static_cast<RawKeyType>(KeyType::string) == RawKeyType::string &&
              static_cast<RawKeyType>(KeyType::boolean) == RawKeyType::boolean);

/// 10^this many milliseconds.
std::int8_t power_of(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::seconds:
      return 3;
    case TimeUnit::microseconds:
      return -3;
    case TimeUnit::nanoseconds:
      return -6;
    default:
      return 0;
  }
}

RowType row_type(BinaryField::Type type) {
  using Type = BinaryField::Type;
  switch (type) {
    case Type::int8:
    case Type::int16:
    case Type::int32:
    case Type::int64:
      return RowType::signed_integer;
    case Type::uint8:
    case Type::uint16:
    case Type::uint32:
    case Type::uint64:
      return RowType::unsigned_integer;
    case Type::float32:
      return RowType::float32;
    case Type::float64:
      return RowType::float64;
    case Type::boolean:
      return RowType::boolean;
    case Type::chars:
      return RowType::chars;
    default:
      return RowType::missing;
  }
}

std::optional<std::uint32_t> csv_column(const CsvFormat& csv, const std::string& name) {
  const auto named = std::ranges::find(csv.columns, name);
  if (named != csv.columns.end()) return static_cast<std::uint32_t>(named - csv.columns.begin());
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc{} || end != name.data() + name.size() || number == 0) return std::nullopt;
  return number - 1;
}

/// Fields of the configuration, in the order of the plan.
class Builder {
 public:
  Builder(const Format& format, const FilterProgram* filter)
      : format_(format), filter_(filter), fields_(format) {
    order_.resize(fields_.paths.size());
    std::iota(order_.begin(), order_.end(), std::size_t{0});
  }

  RawPlan build() {
    RawPlan made;
    if (filter_ != nullptr) made.filter = raw_filter(*filter_);
    if (filter_ != nullptr && !made.filter) return refused("a long filter");
    if (filter_ == nullptr && !format_.filter.empty()) return refused("where");
    if (order_.size() > DecodePlan::max_fields) return refused("more than 32 fields");
    if (format_.keys.size() > DecodePlan::max_keys) return refused("more than 8 key columns");
    if (format_.type == FormatType::csv && format_.csv.header && format_.csv.columns.empty()) {
      return refused("CSV header lines in the stream");
    }
    set_format();
    if (format_.type == FormatType::csv && !find_csv_columns()) return refused("a missing column");
    if (format_.type == FormatType::binary) find_row_fields();
    add_uses();
    if (reads_float_as_decimal_) return refused("floats as decimals or times");
    made.plan = plan_;
    return made;
  }

 private:
  static RawPlan refused(std::string why) { return {std::nullopt, std::nullopt, std::move(why)}; }

  void set_format() {
    plan_.format = format_.type == FormatType::json  ? RawFormat::json
                   : format_.type == FormatType::csv ? RawFormat::csv
                                                     : RawFormat::rows;
    plan_.lines = format_.type != FormatType::binary && format_.framing == Framing::lines;
    plan_.transport_time = format_.event_time.from_transport;
    plan_.iso_time = format_.event_time.unit == TimeUnit::iso8601;
    plan_.time_power = power_of(format_.event_time.unit);
    plan_.delimiter = format_.csv.delimiter;
    plan_.quote = format_.csv.quote;
    plan_.fields = static_cast<std::uint8_t>(order_.size());
    plan_.keys = static_cast<std::uint8_t>(format_.keys.size());
    plan_.values = static_cast<std::uint8_t>(format_.values.size());
    plan_.max_key_bytes = static_cast<std::uint32_t>(format_.max_key_bytes);
    plan_.key_seed = format_.key_seed;
    for (std::size_t key = 0; key < format_.keys.size(); ++key) {
      plan_.key[key] = static_cast<RawKeyType>(format_.keys[key].type);
    }
    for (std::size_t value = 0; value < format_.values.size(); ++value) {
      const ValueField& field = format_.values[value];
      plan_.value[value] = {field.type, static_cast<std::uint8_t>(field.scale), field.required};
    }
  }

  bool find_csv_columns() {
    std::vector<std::uint32_t> columns;
    for (const FieldPath& path : fields_.paths) {
      const std::optional<std::uint32_t> column = csv_column(format_.csv, path.text);
      if (!column) return false;
      columns.push_back(*column);
    }
    std::ranges::stable_sort(order_, {}, [&](std::size_t field) { return columns[field]; });
    for (std::size_t place = 0; place < order_.size(); ++place) {
      plan_.field[place].begin = columns[order_[place]];
    }
    return true;
  }

  void find_row_fields() {
    const BinaryRow row(format_);
    plan_.row_bytes = row.bytes();
    plan_.swapped = row.order() == ByteOrder::big;
    for (std::size_t place = 0; place < order_.size(); ++place) {
      const BinaryRow::Place& found = row.places()[order_[place]];
      Field& field = plan_.field[place];
      field.type = row_type(found.type);
      field.begin = found.begin;
      field.chars = found.bytes;
      field.bytes = static_cast<std::uint8_t>(std::min<std::uint32_t>(found.bytes, 8));
    }
  }

  void add_uses() {
    std::uint8_t used = 0;
    const auto add = [&](Use::Kind kind, std::size_t column) {
      plan_.use[used++] = {kind, static_cast<std::uint8_t>(column)};
    };
    for (std::size_t place = 0; place < order_.size(); ++place) {
      Field& field = plan_.field[place];
      field.first_use = used;
      if (fields_.time == order_[place]) {
        add(Use::Kind::time, 0);
        note_float(field, true);
      }
      for (std::size_t key = 0; key < fields_.keys.size(); ++key) {
        if (fields_.keys[key] == order_[place]) add(Use::Kind::key, key);
      }
      for (std::size_t value = 0; value < fields_.values.size(); ++value) {
        if (fields_.values[value] != order_[place]) continue;
        add(Use::Kind::value, value);
        note_float(field, format_.values[value].type == ValueType::decimal);
      }
      for (std::size_t column = 0; column < fields_.filter.size(); ++column) {
        if (fields_.filter[column] == order_[place]) add(Use::Kind::filter, column);
      }
      field.uses = static_cast<std::uint8_t>(used - field.first_use);
    }
  }

  /// The host reads such a float by its shortest decimal form.
  void note_float(const Field& field, bool as_decimal) {
    const bool is_float = field.type == RowType::float32 || field.type == RowType::float64;
    reads_float_as_decimal_ = reads_float_as_decimal_ || (is_float && as_decimal);
  }

  const Format& format_;
  const FilterProgram* filter_;
  FieldPlan fields_;
  std::vector<std::size_t> order_;  ///< [fields of the plan] index into FieldPlan::paths
  DecodePlan plan_;
  bool reads_float_as_decimal_ = false;
};

}  // namespace

RawPlan raw_plan(const Format& format, const FilterProgram* filter) {
  return Builder(format, filter).build();
}

}  // namespace sluice
