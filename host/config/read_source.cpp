#include <charconv>
#include <limits>

#include "host/config/job_sections.hpp"

namespace sluice {
namespace {

constexpr std::int64_t unlimited = std::numeric_limits<std::int64_t>::max();

/// start: {offsets: {topic: {0: 17, 1: 4}}}
void read_start_offsets(Section section, KafkaStart& start) {
  start.from = KafkaStart::From::offsets;
  const YAML::Node topics = section.node("offsets");
  for (const auto& topic : topics) {
    if (!topic.second.IsMap()) {
      section.fault("offsets", "must be a mapping of topics to {partition: offset}");
      return;
    }
    for (const auto& entry : topic.second) {
      try {
        const auto offset = entry.second.as<std::int64_t>();
        if (offset < 0) throw YAML::BadConversion(entry.second.Mark());
        start.offsets[topic.first.Scalar()][entry.first.as<std::int32_t>()] = offset;
      } catch (const YAML::Exception&) {
        section.fault("offsets", "partitions and offsets must be whole numbers, not negative");
      }
    }
  }
}

void read_start(Section& section, KafkaStart& start) {
  if (!section.has("start") || !section.node("start").IsMap()) {
    start.from = section.choice("start", KafkaStart::From::committed,
                                {{"earliest", KafkaStart::From::earliest},
                                 {"latest", KafkaStart::From::latest},
                                 {"committed", KafkaStart::From::committed}});
    return;
  }
  Section where = section.section("start");
  const bool by_time = where.has("timestamp");
  if (by_time == where.has("offsets")) {
    start.from = KafkaStart::From::earliest;
    section.fault("start",
                  "must be earliest, latest, committed, {timestamp: MILLISECONDS} or "
                  "{offsets: {TOPIC: {PARTITION: OFFSET}}}");
  } else if (by_time) {
    start.from = KafkaStart::From::timestamp;
    start.timestamp = where.integer("timestamp", 0, 0, max_event_time);
  } else {
    read_start_offsets(where, start);
  }
  where.finish();
}

KafkaSettings read_kafka(Section& section) {
  KafkaSettings kafka;
  kafka.brokers = section.required_text("brokers");
  kafka.topics = section.texts("topics");
  if (kafka.topics.empty()) section.fault("topics", "is required: a list of topics, or one ^regex");
  for (const std::string& topic : kafka.topics) {
    if (topic.starts_with('^') && kafka.topics.size() > 1) {
      section.fault("topics", "a ^regex must stand alone");
      break;
    }
  }
  kafka.group = section.text("group", "");
  read_start(section, kafka.start);
  if (kafka.start.from == KafkaStart::From::committed && kafka.group.empty()) {
    section.fault("group",
                  "is required to start from the committed offsets; give one, or set "
                  "start: earliest or latest");
  }
  const YAML::Node properties = section.node("properties");
  if (properties.IsDefined() && !properties.IsNull() && !properties.IsMap()) {
    section.fault("properties", "must be a mapping of librdkafka properties");
  } else if (properties.IsMap()) {
    for (const auto& property : properties) {
      if (property.second.IsScalar()) {
        kafka.properties[property.first.Scalar()] = property.second.Scalar();
      } else {
        section.fault("properties", property.first.Scalar() + " must be a single value");
      }
    }
  }
  kafka.fetch = section.choice("fetch", kafka.fetch,
                               {{"auto", KafkaFetch::automatic},
                                {"direct", KafkaFetch::direct},
                                {"librdkafka", KafkaFetch::librdkafka}});
  kafka.lanes = static_cast<unsigned>(section.integer("lanes", 0, 0, 256));
  kafka.start_timeout = std::chrono::milliseconds(
      section.duration("start_timeout", kafka.start_timeout.count(), 100));
  if (const auto problem = problem_of(kafka)) {
    section.fault("properties", *problem);
  } else if (kafka.fetch == KafkaFetch::direct) {
    if (const auto why_not = why_not_direct(kafka)) section.fault("fetch", "direct: " + *why_not);
  }
  section.not_supported_yet({"instances", "keyed_by_partition"});
  return kafka;
}

FileSettings read_file(Section& section) {
  FileSettings file;
  file.paths = section.texts("path");
  if (file.paths.empty()) section.fault("path", "is required: a file, a folder, a list, or -");
  for (const std::string& path : file.paths) {
    if (path == "-" && file.paths.size() > 1) section.fault("path", "- must stand alone");
  }
  return file;
}

GeneratorSettings read_generator(Section& section) {
  GeneratorSettings generator;
  generator.kind = section.choice("kind", generator.kind,
                                  {{"user_behaviour", GeneratorKind::user_behaviour},
                                   {"nexmark_bids", GeneratorKind::nexmark_bids},
                                   {"yahoo", GeneratorKind::yahoo}});
  generator.seed = static_cast<std::uint64_t>(section.integer("seed", 1, 0, unlimited));
  generator.events = static_cast<std::uint64_t>(section.integer("events", 0, 0, unlimited));
  generator.keys = static_cast<std::uint64_t>(section.integer("keys", 1'000, 1, 1'000'000'000));
  generator.distribution =
      section.choice("distribution", generator.distribution,
                     {{"uniform", KeyDistribution::uniform}, {"zipf", KeyDistribution::zipf}});
  generator.zipf_exponent = section.number("zipf_exponent", 1.0, 0.1, 10);
  generator.disorder = section.duration("disorder", generator.disorder, 0);
  generator.late_ratio = section.number("late_ratio", 0, 0, 1);
  generator.malformed_ratio = section.number("malformed_ratio", 0, 0, 1);
  if (section.text("rate", "off") != "off") {
    generator.rate = static_cast<std::uint64_t>(section.integer("rate", 1, 1, unlimited));
  }
  generator.events_per_second = static_cast<std::uint64_t>(
      section.integer("events_per_second", 100'000, 1, 1'000'000'000'000));
  if (section.has("start")) {
    generator.start = section.integer("start", 0, -max_event_time, max_event_time);
  }
  generator.partitions = static_cast<unsigned>(section.integer("partitions", 1, 1, 1'024));
  return generator;
}

}  // namespace

void read_source(Section section, Job& job) {
  enum class Type { kafka, file, generator };
  if (!section.has("type")) section.fault("type", "is required: kafka, file or generator");
  switch (section.choice(
      "type", Type::file,
      {{"kafka", Type::kafka}, {"file", Type::file}, {"generator", Type::generator}})) {
    case Type::kafka:
      job.source = read_kafka(section);
      break;
    case Type::file:
      job.source = read_file(section);
      break;
    case Type::generator:
      job.source = read_generator(section);
      break;
  }
  section.finish();
}

}  // namespace sluice
