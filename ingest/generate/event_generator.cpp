#include "ingest/generate/event_generator.hpp"

namespace sluice {
namespace {

using Content = std::variant<BehaviourGenerator, NexmarkGenerator, YahooGenerator>;

Content content_of(const GeneratorSettings& settings) {
  switch (settings.kind) {
    case GeneratorKind::user_behaviour:
      return BehaviourGenerator(settings);
    case GeneratorKind::nexmark_bids:
      return NexmarkGenerator(settings);
    case GeneratorKind::yahoo:
      return YahooGenerator(settings);
  }
  return BehaviourGenerator(settings);
}

}  // namespace

EventGenerator::EventGenerator(const GeneratorSettings& settings, EventTime start,
                               unsigned partition)
    : random_(settings.seed, partition),
      planner_(settings, start, partition),
      content_(content_of(settings)),
      max_bytes_(std::visit([](const auto& content) { return content.max_bytes + 1; }, content_)) {}

std::size_t EventGenerator::write(char*& at, const char* end, std::size_t count, bool lines) {
  return std::visit(
      [&](const auto& content) {
        std::size_t written = 0;
        while (written < count && static_cast<std::size_t>(end - at) >= max_bytes_ &&
               !planner_.finished()) {
          const EventPlan plan = planner_.next(random_);
          char* const begin = at;
          at = content.write(at, plan, random_);
          if (plan.malformed) {
            at = begin + 1 + random_.below(static_cast<std::uint64_t>(at - begin) - 1);
          }
          if (lines) {
            *at++ = '\n';
          }
          ++written;
        }
        return written;
      },
      content_);
}

void EventGenerator::write(std::string& event) {
  event.resize(max_bytes_);
  char* at = event.data();
  write(at, event.data() + event.size(), 1, false);
  event.resize(static_cast<std::size_t>(at - event.data()));
}

}  // namespace sluice
