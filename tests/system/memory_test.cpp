#include <cstdint>
#include <string>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/system/support/process.hpp"
#include "tests/system/support/sluice_program.hpp"
#include "tests/system/support/temp_folder.hpp"

namespace sluice::system_test {
namespace {

/// A job with small batches, all of which are in use after a fraction of the shorter input.
constexpr const char* job = R"yaml(
source: {type: file, path: "-"}
format:
  type: json
  event_time: {field: time, unit: ms}
  key: user_id
  values: {value: {field: behaviour_value, type: "decimal(2)"}}
watermark: {out_of_orderness: 1s}
windows:
  - {name: 1s, type: tumbling, size: 1s}
  - {name: 10s, type: sliding, size: 10s, slide: 1s}
aggregates: [{as: events, fn: count}, {as: spent, fn: sum, of: value}, {as: most, fn: max, of: value}]
sinks: [{type: stdout}, {type: prometheus}]
engine: {batch_events: 4096, batch_bytes: 512KiB, max_keys: 2000, threads: 2}
http: {listen: off}
)yaml";

constexpr std::uint64_t events = 150'000;
constexpr std::uint64_t events_per_second = 1'000;
/// The longer input has 140 MB more than the shorter; so much may the peak differ.
constexpr std::int64_t tolerance_kib = 8 * 1024;

/// User number of an event: the same hundred for ever, or others every second.
enum class Users { stay, come_and_go };

/// Feeds a run by a pipe. @return its peak of resident memory, KiB
std::int64_t peak_of(std::uint64_t count, Users users) {
  const TempFolder folder;
  const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  Process program(
      sluice({"run", folder.file("job.yaml", job), "--stats", folder.path("stats.json")}),
      {.feed = true, .output = nowhere, .environment = {"ASAN_OPTIONS=quarantine_size_mb=1"}});
  ::close(nowhere);
  std::string chunk;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t second = i / events_per_second;
    const std::uint64_t user = i * 7 % 100 + (users == Users::come_and_go ? second * 100 : 0);
    chunk += "{\"id\":" + std::to_string(i) + ",\"user_id\":\"u" + std::to_string(user) +
             "\",\"behaviour_name\":\"view\",\"behaviour_value\":" + std::to_string(i % 50) +
             ".25,\"time\":" + std::to_string(1'700'000'000'000 + i) + "}\n";
    if (chunk.size() < 32'768 && i + 1 < count) continue;
    EXPECT_TRUE(program.write(chunk)) << program.errors();
    chunk.clear();
  }
  program.end_input();
  const auto ending = program.wait();
  if (!ending || ending->code != 0) {
    ADD_FAILURE() << program.errors();
    return 0;
  }
  const Stats stats = stats_in(folder.path("stats.json"));
  EXPECT_EQ(stats.at("events_accepted"), count);
  return ending->peak_rss_kib;
}

TEST(Memory, DoesNotGrowWithTheLengthOfTheInput) {
  const std::int64_t peak = peak_of(events, Users::stay);
  const std::int64_t long_peak = peak_of(10 * events, Users::stay);
  EXPECT_LE(long_peak, peak + tolerance_kib);
}

TEST(Memory, DoesNotGrowWithKeysThatComeAndGo) {
  const std::int64_t peak = peak_of(events, Users::come_and_go);
  const std::int64_t long_peak = peak_of(10 * events, Users::come_and_go);
  EXPECT_LE(long_peak, peak + tolerance_kib);
}

}  // namespace
}  // namespace sluice::system_test
