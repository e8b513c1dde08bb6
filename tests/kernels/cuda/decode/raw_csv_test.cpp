#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/kernels/cuda/decode/device_decoding.hpp"
#include "tests/kernels/cuda/decode/text_documents.hpp"

// CSV rows, decoded on the device and by the host's decoder.
namespace sluice::testing {
namespace {

Format csv_format(Framing framing, char delimiter = ',') {
  Format format = format_of(FormatType::csv, framing);
  format.csv.columns = {"k", "t", "unread", "i", "f", "d", "b"};
  format.csv.delimiter = delimiter;
  format.keys = {key("k")};
  format.values = {int64_value("i"), double_value("f"), decimal_value("d", 2)};
  return format;
}

class CsvRows {
 public:
  CsvRows(std::uint64_t seed, std::uint64_t odd, char delimiter)
      : pieces_(seed, odd), delimiter_(delimiter) {}

  TextPieces& pieces() { return pieces_; }

  std::string next() {
    std::string row;
    const std::vector<std::string> fields = {
        pieces_.odd() ? pieces_.pick({"", "\xC3\xA9", "\xFF", "a b", "a\rb"}) : pieces_.word(),
        pieces_.odd() ? pieces_.integer() : std::to_string(pieces_.below(1u << 30)),
        pieces_.odd() ? "\xFF\xFE" : pieces_.word(),
        pieces_.below(9) == 0 ? "" : pieces_.integer(),
        pieces_.fraction(),
        pieces_.fraction(),
        pieces_.odd() ? "yes" : pieces_.pick({"true", "false", ""})};
    for (const std::string& field : fields) {
      if (!row.empty() || &field != fields.data()) row += delimiter_;
      row += field;
    }
    if (pieces_.odd()) row.resize(pieces_.below(row.size() + 1));
    if (pieces_.odd()) row += std::string(1 + pieces_.below(3), delimiter_);
    return row;
  }

  std::vector<std::string> next(std::size_t count) {
    std::vector<std::string> rows(count);
    for (std::string& row : rows) row = next();
    return rows;
  }

 private:
  TextPieces pieces_;
  char delimiter_;
};

TEST(RawCsv, RowsInLines) {
  for (const char delimiter : {',', '\t', ';'}) {
    const Format format = csv_format(Framing::lines, delimiter);
    DeviceDecoding device(format);
    CsvRows rows(21, 20, delimiter);
    for (int batch = 0; batch < 30; ++batch) {
      const auto lines = in_lines(rows.next(rows.pieces().below(150)), rows.pieces());
      if (!expect_same(device, format, scattered_block(lines, rows.pieces()))) FAIL();
      if (HasFailure()) return;
    }
    EXPECT_LT(device.listed(), device.decoded() * 7 / 10);
  }
}

TEST(RawCsv, RowsOneAMessage) {
  const Format format = csv_format(Framing::message);
  DeviceDecoding device(format);
  CsvRows rows(22, 20, ',');
  for (int batch = 0; batch < 30; ++batch) {
    std::vector<std::string> messages = rows.next(rows.pieces().below(150));
    for (std::string& message : messages) {
      if (rows.pieces().odd()) message += rows.pieces().pick({"\n", "\r\n", "\nx", "\"", "\r"});
    }
    if (!expect_same(device, format, scattered_block(messages, rows.pieces()))) FAIL();
    if (HasFailure()) return;
  }
}

TEST(RawCsv, TypedKeysAndTheSameColumnTwice) {
  Format format = csv_format(Framing::lines);
  format.keys = {key("b", KeyType::boolean), key("i", KeyType::int64), key("4", KeyType::string),
                 key("k")};
  DeviceDecoding device(format);
  CsvRows rows(23, 30, ',');
  for (int batch = 0; batch < 20; ++batch) {
    const auto lines = in_lines(rows.next(100), rows.pieces());
    if (!expect_same(device, format, scattered_block(lines, rows.pieces()))) FAIL();
    if (HasFailure()) return;
  }
  EXPECT_LT(device.listed(), device.decoded());
}

TEST(RawCsv, TimesInText) {
  Format format = csv_format(Framing::lines);
  format.event_time.unit = TimeUnit::iso8601;
  DeviceDecoding device(format);
  TextPieces pieces(24, 10);
  std::string message;
  for (int line = 0; line < 500; ++line) message += "k," + pieces.iso_time() + ",,1,2,3,\n";

  EXPECT_TRUE(expect_same(device, format, block_of({message})));

  EXPECT_LT(device.listed(), device.decoded() / 2);
}

TEST(RawCsv, LinesWithQuotesAreForTheHostAsAWhole) {
  const Format format = csv_format(Framing::lines);
  DeviceDecoding device(format);

  EXPECT_FALSE(device.decode(block_of({"a,1,,1,2,3,\n\"b\n\",1,,1,2,3,\n"})));
  EXPECT_TRUE(device.decode(block_of({"a,1,,1,2,3,\nb,1,,1,2,3,\n"})));
}

TEST(RawCsv, AFormatThatOnlyTheHostReadsSaysWhy) {
  Format format = csv_format(Framing::lines);
  format.values.push_back(int64_value("nowhere"));
  EXPECT_EQ(raw_plan(format).why_not, "a missing column");
  format = csv_format(Framing::lines);
  format.csv.header = true;
  format.csv.columns.clear();
  EXPECT_EQ(raw_plan(format).why_not, "CSV header lines in the stream");
}

}  // namespace
}  // namespace sluice::testing
