#include "ingest/generate/behaviour_generator.hpp"

#include <array>
#include <string_view>

#include "ingest/generate/text_writer.hpp"

namespace sluice {
namespace {

constexpr std::array<std::string_view, 16> names = {
    "view", "view", "view",  "view",  "view",  "view",   "view", "view",
    "view", "view", "click", "click", "click", "search", "cart", "purchase"};
constexpr std::uint64_t max_hundredths = 100'00;

}  // namespace

BehaviourGenerator::BehaviourGenerator(const GeneratorSettings& settings)
    : users_(settings.keys, settings.distribution, settings.zipf_exponent) {}

char* BehaviourGenerator::write(char* into, const EventPlan& plan, Random& random) const {
  TextWriter text(into);
  text << R"({"id":)" << plan.number << R"(,"user_id":"u)" << users_.pick(random)
       << R"(","behaviour_name":")" << names[random.below(names.size())]
       << R"(","behaviour_value":)";
  text.hundredths(random.below(max_hundredths)) << R"(,"time":)" << plan.time << "}";
  return text.at();
}

}  // namespace sluice
