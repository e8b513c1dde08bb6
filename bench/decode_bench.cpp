#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <initializer_list>
#include <new>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>
#include <simdjson.h>

#include "ingest/decode/decoded_events.hpp"
#include "ingest/decode/decoder.hpp"
#include "ingest/decode/format.hpp"
#include "ingest/filter/event_filter.hpp"
#include "ingest/key.hpp"
#include "ingest/source_block.hpp"

namespace sluice {
namespace {

constexpr std::size_t event_count = 65'536;

StagingBlock make_staging(std::size_t bytes) {
  constexpr std::align_val_t alignment{64};
  auto* const memory = static_cast<std::byte*>(::operator new(bytes, alignment));
  std::memset(memory, 0, bytes);
  return {memory, bytes, [](std::byte* block) noexcept { ::operator delete(block, alignment); }};
}

FieldPath path(const std::string& text) { return {text, {text}}; }

// What the generator's user behaviour looks like: a string or an integer key, an int64, a decimal.
Format behaviour_format(FormatType type, Framing framing, const std::string& key) {
  Format format;
  format.type = type;
  format.framing = framing;
  format.event_time.path = path("time");
  format.keys = {{path(key), key, KeyType::as_it_came}};
  format.values = {{path("id"), "id", ValueType::int64, 0, false},
                   {path("behaviour_value"), "value", ValueType::decimal, 2, false}};
  format.csv.columns = {"id", "user_id", "behaviour_name", "behaviour_value", "time"};
  using Type = BinaryField::Type;
  format.binary.layout = {{"id", Type::int64, 8},
                          {"user_id", Type::int64, 8},
                          {"behaviour_value", Type::int32, 4},
                          {"", Type::pad, 4},
                          {"time", Type::int64, 8}};
  return format;
}

std::string joined(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts) text += part;
  return text;
}

constexpr std::array<std::string_view, 4> behaviours = {"view", "cart", "purchase", "search"};

struct Behaviour {
  std::string id, user, name, value, time;
};

std::vector<Behaviour> behaviour_events() {
  std::mt19937_64 random(7);
  std::vector<Behaviour> events;
  for (std::size_t i = 0; i < event_count; ++i) {
    events.push_back(
        {std::to_string(1'000'000 + i), joined({"u", std::to_string(random() % 100'000)}),
         std::string(behaviours[random() % behaviours.size()]),
         joined({std::to_string(random() % 500), ".", std::to_string(10 + random() % 90)}),
         std::to_string(1'700'000'000'000 + static_cast<std::int64_t>(i))});
  }
  return events;
}

std::string json_of(const Behaviour& event) {
  return joined({R"({"id":)", event.id, R"(,"user_id":")", event.user, R"(","behaviour_name":")",
                 event.name, R"(","behaviour_value":)", event.value, R"(,"time":)", event.time,
                 "}"});
}

// Documents that a shape does not fit: with members in one of 120 orders, or two more of made-up
// names, or something in them that is read by itself, or cannot be read but by the parser.
enum class Oddity : std::uint8_t {
  none,
  escape_unread,
  escape_in_key,
  escapes_in_key,  // one of each kind
  escape_in_name,
  exponent_in_value,
  exponent_in_time,
  twenty_digits,
  no_number,  // malformed
  for_the_parser,
};
struct Disorder {
  bool any_order = true;
  bool made_up_names = false;
  Oddity oddity = Oddity::none;
  std::size_t every = 1;  // of so many documents, one is odd
};

Behaviour odd_one(Behaviour event, Oddity oddity) {
  switch (oddity) {
    case Oddity::escape_unread:
      event.name += R"(\/\u00e9)";
      break;
    case Oddity::escape_in_key:
      event.user += R"(\/1)";
      break;
    case Oddity::escapes_in_key:
      event.user += R"(\"\u00e9\ud83d\ude00)";
      break;
    case Oddity::exponent_in_value:
      event.value += "e0";
      break;
    case Oddity::exponent_in_time:
      event.time.insert(1, ".");
      event.time += "e12";
      break;
    case Oddity::twenty_digits:
      event.value += std::string(20 - event.value.size() + 1, '0');
      break;
    case Oddity::no_number:
      event.value = joined({"\"", event.value, "\""});
      break;
    default:
      break;
  }
  return event;
}

std::string disorderly_json_of(const Behaviour& event, const Disorder& disorder, bool odd,
                               std::mt19937_64& random) {
  const auto [id, user, name, value, time] = odd ? odd_one(event, disorder.oddity) : event;
  const bool escaped_name = odd && disorder.oddity == Oddity::escape_in_name;
  std::vector<std::string> members = {
      joined({R"("id":)", id}),
      joined({escaped_name ? R"("user\u005fid":")" : R"("user_id":")", user, "\""}),
      joined({R"("behaviour_name":")", name, "\""}), joined({R"("behaviour_value":)", value}),
      joined({R"("time":)", time})};
  if (odd && disorder.oddity == Oddity::for_the_parser) {
    members.push_back(R"("d":1e300)");
  }
  if (disorder.made_up_names) {
    const std::string made_up = std::to_string(random() % 1'000'000);
    members.push_back(joined({R"("n)", made_up, R"(":)", event.user.substr(1)}));
    members.push_back(joined({R"("tag)", made_up, R"(": ")", event.name, "\""}));
  }
  if (disorder.any_order) std::ranges::shuffle(members, random);
  std::string document;
  for (const std::string& member : members) {
    document += document.empty() ? '{' : ',';
    document += member;
  }
  document += '}';
  return document;
}

// 2023-11-14T22:13:20.000Z and on.
std::string iso_time_of(const Behaviour& event) {
  const std::int64_t time = std::stoll(event.time);
  const std::time_t seconds = time / 1'000;
  tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%FT%T.", &parts);
  const std::string milliseconds = std::to_string(1'000 + time % 1'000).substr(1);
  return joined({text.data(), milliseconds, "Z"});
}

// About 63 bytes, each in a Kafka message of its own.
std::string small_json_of(const Behaviour& event) {
  const std::string amount = std::to_string(std::stoll(event.id) % 10'000);
  return joined({R"({"user_id":")", event.user, R"(","amount":)", amount, R"(,"time":)", event.time,
                 R"(,"ok":true})"});
}

std::string csv_of(const Behaviour& event) {
  return joined({event.id, ",", event.user, ",", event.name, ",", event.value, ",", event.time});
}

std::vector<std::string> json_documents() {
  std::vector<std::string> texts;
  for (const Behaviour& event : behaviour_events()) texts.push_back(json_of(event));
  return texts;
}

std::vector<std::string> disorderly_json_documents(const Disorder& disorder) {
  std::mt19937_64 random(8);
  std::vector<std::string> texts;
  for (const Behaviour& event : behaviour_events()) {
    const bool odd = texts.size() % disorder.every == 0;
    texts.push_back(disorderly_json_of(event, disorder, odd, random));
  }
  return texts;
}

std::vector<std::string> small_json_documents() {
  std::vector<std::string> texts;
  for (const Behaviour& event : behaviour_events()) texts.push_back(small_json_of(event));
  return texts;
}

std::vector<std::string> json_documents_with_iso_time() {
  std::vector<std::string> texts;
  for (Behaviour event : behaviour_events()) {
    event.time = joined({"\"", iso_time_of(event), "\""});
    texts.push_back(json_of(event));
  }
  return texts;
}

std::vector<std::string> csv_rows() {
  std::vector<std::string> texts;
  for (const Behaviour& event : behaviour_events()) texts.push_back(csv_of(event));
  return texts;
}

std::vector<std::string> binary_rows() {
  std::vector<std::string> texts;
  std::mt19937_64 random(7);
  for (std::size_t i = 0; i < event_count; ++i) {
    std::string row(32, '\0');
    const std::array<std::int64_t, 4> fields = {static_cast<std::int64_t>(i),
                                                static_cast<std::int64_t>(random() % 100'000),
                                                static_cast<std::int64_t>(random() % 50'000),
                                                1'700'000'000'000 + static_cast<std::int64_t>(i)};
    std::memcpy(row.data(), fields.data(), row.size());
    texts.push_back(row);
  }
  return texts;
}

// A block of messages of `events_per_message` texts each, with a gap behind each.
SourceBlock make_block(const std::vector<std::string>& texts, std::size_t events_per_message,
                       std::string_view separator, std::string_view gap = {}) {
  SourceBlock block;
  std::string bytes;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (i % events_per_message == 0) {
      block.messages.push_back({.begin = static_cast<std::uint32_t>(bytes.size())});
    }
    bytes += texts[i];
    bytes += separator;
    Message& message = block.messages.back();
    message.length = static_cast<std::uint32_t>(bytes.size() - message.begin);
    message.offset = static_cast<std::int64_t>(message.begin) + 1;
    if ((i + 1) % events_per_message == 0) bytes += gap;
  }
  block.memory = make_staging(bytes.size() + block_padding);
  std::memcpy(block.memory.data(), bytes.data(), bytes.size());
  block.used = bytes.size();
  return block;
}

void decode(benchmark::State& state, const Format& format, const SourceBlock& block) {
  Decoder decoder(format);
  const auto value_count = static_cast<std::uint32_t>(format.values.size());
  DecodedEvents events(make_staging(DecodedEvents::bytes_needed(event_count, value_count)),
                       event_count, value_count);
  for (auto _ : state) {
    events.clear();
    decoder.decode(block, 0, events);
    benchmark::DoNotOptimize(events.size);
  }
  if (events.size != event_count) state.SkipWithError("not every event was accepted");
  const auto passes = static_cast<std::int64_t>(state.iterations());
  state.SetItemsProcessed(passes * static_cast<std::int64_t>(event_count));
  state.SetBytesProcessed(passes * static_cast<std::int64_t>(block.used));
}

void BM_JsonLines(benchmark::State& state) {
  decode(state, behaviour_format(FormatType::json, Framing::lines, "user_id"),
         make_block(json_documents(), 1024, "\n"));
}
BENCHMARK(BM_JsonLines);

void BM_JsonLinesIntegerKey(benchmark::State& state) {
  decode(state, behaviour_format(FormatType::json, Framing::lines, "id"),
         make_block(json_documents(), 1024, "\n"));
}
BENCHMARK(BM_JsonLinesIntegerKey);

void BM_JsonMessages(benchmark::State& state) {
  decode(state, behaviour_format(FormatType::json, Framing::message, "user_id"),
         make_block(json_documents(), 1, ""));
}
BENCHMARK(BM_JsonMessages);

void BM_JsonSmallMessages(benchmark::State& state) {
  Format format = behaviour_format(FormatType::json, Framing::message, "user_id");
  format.values = {{path("amount"), "amount", ValueType::decimal, 2, false}};
  // Between messages lie the heads of Kafka's records.
  decode(state, format,
         make_block(small_json_documents(), 1, "", "\x96\x01\x00\x02\xfc\x07\x01\x84\x01"));
}
BENCHMARK(BM_JsonSmallMessages);

void BM_JsonLinesIsoTime(benchmark::State& state) {
  Format format = behaviour_format(FormatType::json, Framing::lines, "user_id");
  format.event_time.unit = TimeUnit::iso8601;
  decode(state, format, make_block(json_documents_with_iso_time(), 1024, "\n"));
}
BENCHMARK(BM_JsonLinesIsoTime);

double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// What one would write by hand: simdjson's DOM parser for each line, and the same columns.
class ParserAlone {
 public:
  explicit ParserAlone(DecodedEvents& events) : events_(events) {}

  void decode(const SourceBlock& block) {
    for (const Message& message : block.messages) {
      const char* line = block.text() + message.begin;
      const char* const end = line + message.length;
      while (line < end) {
        const auto* const line_end =
            static_cast<const char*>(std::memchr(line, '\n', static_cast<std::size_t>(end - line)));
        read(line, static_cast<std::size_t>(line_end - line));
        line = line_end + 1;
      }
    }
  }

 private:
  void read(const char* line, std::size_t length) {
    simdjson::dom::element document;
    if (parser_.parse(line, length, false).get(document) != simdjson::SUCCESS) return;
    const std::size_t event = events_.size++;
    const KeyIdentity key =
        identify(std::string_view(document["user_id"].get_string().value_unsafe()), 0);
    events_.key_low[event] = key.low;
    events_.key_high[event] = key.high;
    events_.time[event] = document["time"].get_int64().value_unsafe();
    events_.values[0][event] = document["id"].get_int64().value_unsafe();
    events_.values[1][event] =
        static_cast<std::int64_t>(document["behaviour_value"].get_double().value_unsafe() * 100);
  }

  simdjson::dom::parser parser_;
  DecodedEvents& events_;
};

// Its ratio to the parser alone, in turns with it.
void BM_JsonLinesBesideTheParser(benchmark::State& state, const Disorder& disorder) {
  const Format format = behaviour_format(FormatType::json, Framing::lines, "user_id");
  const SourceBlock block = make_block(disorderly_json_documents(disorder), 1024, "\n");
  DecodedEvents events(make_staging(DecodedEvents::bytes_needed(event_count, 2)), event_count, 2);
  Decoder decoder(format);
  ParserAlone parser(events);
  double ours = 0;
  double parsers = 0;
  for (auto _ : state) {
    const double start = thread_seconds();
    events.clear();
    decoder.decode(block, 0, events);
    benchmark::DoNotOptimize(events.size);
    const double middle = thread_seconds();
    events.clear();
    parser.decode(block);
    benchmark::DoNotOptimize(events.size);
    state.SetIterationTime(middle - start);
    ours += middle - start;
    parsers += thread_seconds() - middle;
  }
  const auto passes = static_cast<std::int64_t>(state.iterations());
  state.SetItemsProcessed(passes * static_cast<std::int64_t>(event_count));
  state.SetBytesProcessed(passes * static_cast<std::int64_t>(block.used));
  state.counters["times_the_parser_alone"] = ours / parsers;
}

constexpr struct {
  const char* name;
  Disorder disorder;
} disorders[] = {
    {"alike", {.any_order = false}},
    {"any_order", {}},
    {"never_alike", {.made_up_names = true}},
    {"escape_unread", {.oddity = Oddity::escape_unread}},
    {"escape_in_key", {.oddity = Oddity::escape_in_key}},
    {"escapes_in_key", {.oddity = Oddity::escapes_in_key}},
    {"escape_in_name", {.oddity = Oddity::escape_in_name}},
    {"exponent_in_value", {.oddity = Oddity::exponent_in_value}},
    {"exponent_in_time", {.oddity = Oddity::exponent_in_time}},
    {"twenty_digits", {.oddity = Oddity::twenty_digits}},
    {"no_number", {.oddity = Oddity::no_number}},
    {"for_the_parser", {.oddity = Oddity::for_the_parser}},
    {"alike_escape_in_key", {.any_order = false, .oddity = Oddity::escape_in_key}},
    {"alike_exponent_in_value", {.any_order = false, .oddity = Oddity::exponent_in_value}},
    {"alike_twenty_digits", {.any_order = false, .oddity = Oddity::twenty_digits}},
    {"alike_no_number", {.any_order = false, .oddity = Oddity::no_number}},
    {"alike_for_the_parser", {.any_order = false, .oddity = Oddity::for_the_parser}},
    {"every_other_escape_in_key",
     {.any_order = false, .oddity = Oddity::escape_in_key, .every = 2}},
    {"every_other_twenty_digits",
     {.any_order = false, .oddity = Oddity::twenty_digits, .every = 2}},
    {"every_other_no_number", {.any_order = false, .oddity = Oddity::no_number, .every = 2}},
    {"every_other_for_the_parser",
     {.any_order = false, .oddity = Oddity::for_the_parser, .every = 2}},
};

void register_disorders() {
  for (const auto& [name, disorder] : disorders) {
    benchmark::RegisterBenchmark(joined({"BM_JsonLinesBesideTheParser/", name}).c_str(),
                                 BM_JsonLinesBesideTheParser, disorder)
        ->UseManualTime();
  }
}

void BM_CsvLines(benchmark::State& state) {
  decode(state, behaviour_format(FormatType::csv, Framing::lines, "user_id"),
         make_block(csv_rows(), 1024, "\n"));
}
BENCHMARK(BM_CsvLines);

// The value as a decimal and as a double.
void BM_CsvLinesOfNumbers(benchmark::State& state) {
  Format format = behaviour_format(FormatType::csv, Framing::lines, "id");
  format.keys[0].type = KeyType::int64;
  format.values = {{path("behaviour_value"), "exact", ValueType::decimal, 2, false},
                   {path("behaviour_value"), "real", ValueType::float64, 0, false}};
  decode(state, format, make_block(csv_rows(), 1024, "\n"));
}
BENCHMARK(BM_CsvLinesOfNumbers);

void BM_BinaryRows(benchmark::State& state) {
  decode(state, behaviour_format(FormatType::binary, Framing::message, "user_id"),
         make_block(binary_rows(), 512, ""));
}
BENCHMARK(BM_BinaryRows);

// Decoding, and a filter that takes out some of the events.
void decode_filtered(benchmark::State& state, Format format, const SourceBlock& block,
                     const char* where) {
  FilterProgram program = plan_filter(parse_filter(where), format);
  format.filter = program.fields;
  EventFilter filter(std::move(program), std::nullopt);
  FilteredEvents filtered;
  Decoder decoder(format);
  const auto value_count = static_cast<std::uint32_t>(format.values.size());
  DecodedEvents events(make_staging(DecodedEvents::bytes_needed(event_count, value_count)),
                       event_count, value_count);
  for (auto _ : state) {
    events.clear();
    decoder.decode(block, 0, events);
    filter.apply(events, decoder.filter_columns(), 0, filtered);
    benchmark::DoNotOptimize(events.size);
  }
  if (events.size == 0 || events.size + filtered.count != event_count) {
    state.SkipWithError("the filter keeps none, or not every event was accepted");
  }
  const auto passes = static_cast<std::int64_t>(state.iterations());
  state.SetItemsProcessed(passes * static_cast<std::int64_t>(event_count));
  state.SetBytesProcessed(passes * static_cast<std::int64_t>(block.used));
  state.counters["kept"] = static_cast<double>(events.size) / event_count;
}

void BM_JsonLinesFiltered(benchmark::State& state, const char* where) {
  decode_filtered(state, behaviour_format(FormatType::json, Framing::lines, "user_id"),
                  make_block(json_documents(), 1024, "\n"), where);
}
BENCHMARK_CAPTURE(BM_JsonLinesFiltered, declared_column, "value > 250");
BENCHMARK_CAPTURE(BM_JsonLinesFiltered, undeclared_column, "behaviour_name IN ('view', 'cart')");
BENCHMARK_CAPTURE(BM_JsonLinesFiltered, both, "value > 250 AND behaviour_name = 'view'");

void BM_CsvLinesFiltered(benchmark::State& state) {
  decode_filtered(state, behaviour_format(FormatType::csv, Framing::lines, "user_id"),
                  make_block(csv_rows(), 1024, "\n"), "value > 250 AND behaviour_name = 'view'");
}
BENCHMARK(BM_CsvLinesFiltered);

void BM_BinaryRowsFiltered(benchmark::State& state, const char* where) {
  decode_filtered(state, behaviour_format(FormatType::binary, Framing::message, "id"),
                  make_block(binary_rows(), 512, ""), where);
}
BENCHMARK_CAPTURE(BM_BinaryRowsFiltered, declared_column, "value > 250");
BENCHMARK_CAPTURE(BM_BinaryRowsFiltered, both, "value > 250 AND user_id < 50000");

}  // namespace
}  // namespace sluice

int main(int argument_count, char** arguments) {
  sluice::register_disorders();
  benchmark::Initialize(&argument_count, arguments);
  if (benchmark::ReportUnrecognizedArguments(argument_count, arguments)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
