#include "ingest/kafka/direct/leader_epoch.hpp"

namespace sluice {

void write_epoch_request(WireWriter& into, std::span<const EpochQuestion> questions) {
  const std::size_t topics_at = into.int32_later();
  std::size_t topics = 0;
  for (std::size_t i = 0; i < questions.size(); ++topics) {
    const std::string_view topic = questions[i].topic;
    into.text(topic);
    const std::size_t count_at = into.int32_later();
    const std::size_t first = i;
    for (; i < questions.size() && questions[i].topic == topic; ++i) {
      into.int32(questions[i].number);
      into.int32(questions[i].leader_epoch);
      into.int32(questions[i].read_epoch);
    }
    into.fill_in(count_at, i - first);
  }
  into.fill_in(topics_at, topics);
}

bool read_epoch_answer(std::span<const std::byte> answer, std::vector<EpochEnd>& into) {
  into.clear();
  WireReader reader(answer);
  reader.skip(sizeof(std::int32_t));  // throttled for so long: asked once a change of leaders
  const std::size_t topics = reader.count(6);
  for (std::size_t i = 0; i < topics && reader.good(); ++i) {
    const std::string_view topic = reader.text();
    const std::size_t partitions = reader.count(18);
    for (std::size_t p = 0; p < partitions && reader.good(); ++p) {
      EpochEnd end;
      end.topic = topic;
      end.error = static_cast<BrokerError>(reader.int16());
      end.number = reader.int32();
      end.epoch = reader.int32();
      end.end_offset = reader.int64();
      into.push_back(end);
    }
  }
  return reader.good();
}

}  // namespace sluice
