#include "ingest/kafka/direct/broker_error.hpp"

#include <librdkafka/rdkafka.h>

namespace sluice {

ErrorRemedy remedy_of(BrokerError error) noexcept {
  switch (error) {
    case BrokerError::offset_out_of_range:
    case BrokerError::topic_authorization_failed:
    case BrokerError::unsupported_for_message_format:
    case BrokerError::unsupported_compression_type:
      return ErrorRemedy::give_up;
    case BrokerError::unknown_topic_or_partition:
    case BrokerError::leader_not_available:
    case BrokerError::not_leader:
    case BrokerError::replica_not_available:
    case BrokerError::kafka_storage_error:
    case BrokerError::fenced_leader_epoch:
    case BrokerError::unknown_leader_epoch:
      return ErrorRemedy::find_leader;
    case BrokerError::none:
    case BrokerError::corrupt_message:
      break;
  }
  return ErrorRemedy::ask_again;
}

std::string text_of(BrokerError error) {
  return rd_kafka_err2str(static_cast<rd_kafka_resp_err_t>(error));
}

}  // namespace sluice
