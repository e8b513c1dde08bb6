#include "tests/ingest/kafka/direct/scripted_broker.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sluice::wire_test {
namespace {

constexpr int poll_ms = 1;
constexpr auto longest_wait = std::chrono::milliseconds(20);

void send_all(int socket, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes = bytes.subspan(static_cast<std::size_t>(sent));
  }
}

}  // namespace

ScriptedBroker::ScriptedBroker(std::int32_t id)
    : id_(id),
      listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      served_{{ApiKey::api_versions, {0, 3}},   {ApiKey::metadata, {0, 12}},
              {ApiKey::fetch, {0, 16}},         {ApiKey::offset_for_leader_epoch, {0, 4}},
              {ApiKey::sasl_handshake, {0, 1}}, {ApiKey::sasl_authenticate, {0, 2}}} {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_, generic, size) != 0 || ::listen(listener_, 16) != 0 ||
      ::getsockname(listener_, generic, &size) != 0) {
    throw std::runtime_error("no listener for the scripted broker");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::jthread([this] { run(); });
}

ScriptedBroker::~ScriptedBroker() {
  stop_ = true;
  thread_.join();
  ::close(listener_);
}

void ScriptedBroker::serve(ApiKey api, VersionRange versions) {
  const std::lock_guard lock(mutex_);
  served_[api] = versions;
}

void ScriptedBroker::lead(const std::string& topic, std::int32_t number,
                          const ScriptedBroker* leader, std::int32_t epoch) {
  const std::lock_guard lock(mutex_);
  led_[{topic, number}] =
      leader == nullptr ? Led{{}, -1, epoch} : Led{leader->address(), leader->id_, epoch};
}

void ScriptedBroker::forget_topic(const std::string& topic) {
  const std::lock_guard lock(mutex_);
  std::erase_if(led_, [&topic](const auto& entry) { return entry.first.first == topic; });
}

void ScriptedBroker::append(const std::string& topic, std::int32_t number, const BatchSpec& batch) {
  const Bytes bytes = encode(batch);
  WireBatch header;
  (void)find_batch(bytes, header);
  append_bytes(topic, number, bytes, header.next_offset());
}

void ScriptedBroker::append_bytes(const std::string& topic, std::int32_t number, const Bytes& batch,
                                  std::int64_t next_offset) {
  const std::lock_guard lock(mutex_);
  led_.try_emplace({topic, number}, Led{address(), id_, 0});
  logs_[{topic, number}].batches.push_back({batch, next_offset});
}

void ScriptedBroker::abort(const std::string& topic, std::int32_t number,
                           AbortedTransaction transaction) {
  const std::lock_guard lock(mutex_);
  logs_[{topic, number}].aborted.push_back(transaction);
}

void ScriptedBroker::set_last_stable_offset(const std::string& topic, std::int32_t number,
                                            std::int64_t offset) {
  const std::lock_guard lock(mutex_);
  logs_[{topic, number}].last_stable_offset = offset;
}

void ScriptedBroker::set_error(const std::string& topic, std::int32_t number, BrokerError error) {
  const std::lock_guard lock(mutex_);
  logs_[{topic, number}].error = error;
}

void ScriptedBroker::set_epoch_end(const std::string& topic, std::int32_t number,
                                   std::int32_t epoch, std::int64_t end_offset) {
  const std::lock_guard lock(mutex_);
  logs_[{topic, number}].epoch_end_epoch = epoch;
  logs_[{topic, number}].epoch_end_offset = end_offset;
}

void ScriptedBroker::set_throttle(std::int32_t ms) {
  const std::lock_guard lock(mutex_);
  throttle_ms_ = ms;
}

void ScriptedBroker::tear_batches_at(std::int32_t partition_max_bytes_asked) {
  const std::lock_guard lock(mutex_);
  torn_below_ = partition_max_bytes_asked;
}

void ScriptedBroker::script(std::function<void(Bytes&)> change) {
  const std::lock_guard lock(mutex_);
  scripts_.push_back(std::move(change));
}

void ScriptedBroker::close_connections() { close_all_ = true; }

void ScriptedBroker::expect_plain(const std::string& user, const std::string& password) {
  const std::lock_guard lock(mutex_);
  plain_ = '\0' + user + '\0' + password;
}

std::vector<ScriptedBroker::FetchSeen> ScriptedBroker::fetches() const {
  const std::lock_guard lock(mutex_);
  return fetches_;
}

std::size_t ScriptedBroker::epoch_questions() const {
  const std::lock_guard lock(mutex_);
  return epoch_questions_;
}

void ScriptedBroker::run() {
  std::vector<Connection> open;
  while (!stop_) {
    std::vector<pollfd> polled{{listener_, POLLIN, 0}};
    for (const Connection& each : open) polled.push_back({each.socket, POLLIN, 0});
    (void)::poll(polled.data(), polled.size(), poll_ms);
    const bool close_all = close_all_.exchange(false);
    for (std::size_t i = open.size(); i-- > 0;) {
      if (close_all || (polled[i + 1].revents != 0 && !read_from(open[i]))) {
        ::close(open[i].socket);
        open.erase(open.begin() + static_cast<std::ptrdiff_t>(i));
      }
    }
    if (polled[0].revents != 0) {
      open.push_back({::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC), {}, false});
      ++connections_;
    }
  }
  for (const Connection& each : open) ::close(each.socket);
}

bool ScriptedBroker::read_from(Connection& connection) {
  std::array<std::byte, 65'536> chunk{};
  const ssize_t size = ::recv(connection.socket, chunk.data(), chunk.size(), 0);
  if (size <= 0) return false;
  Bytes& received = connection.received;
  received.insert(received.end(), chunk.begin(), chunk.begin() + size);
  while (received.size() >= sizeof(std::int32_t)) {
    const auto length = static_cast<std::size_t>(load_big_endian<std::int32_t>(received.data()));
    if (received.size() < sizeof(std::int32_t) + length) break;
    const auto request = std::span<const std::byte>(received).subspan(sizeof(std::int32_t), length);
    if (!answer(connection, WireReader(request))) return false;
    received.erase(received.begin(), received.begin() + static_cast<std::ptrdiff_t>(4 + length));
  }
  return true;
}

bool ScriptedBroker::answer(Connection& connection, WireReader request) {
  const auto api = static_cast<ApiKey>(request.int16());
  const std::int16_t version = request.int16();
  const std::int32_t correlation = request.int32();
  (void)request.text();  // the client's name
  FetchSeen seen;
  if (api == ApiKey::fetch) {
    seen = read_fetch(request, version);
    const auto deadline = std::chrono::steady_clock::now() + longest_wait;
    while (!stop_ &&
           (stalled_ || (!has_news(seen) && std::chrono::steady_clock::now() < deadline))) {
      (void)::poll(nullptr, 0, poll_ms);
    }
  }
  const std::unique_lock lock(mutex_);
  const bool is_secured = api != ApiKey::api_versions && api != ApiKey::sasl_handshake &&
                          api != ApiKey::sasl_authenticate && !plain_.empty();
  if (is_secured && !connection.authenticated) return false;
  WireWriter into;
  (void)into.int32_later();
  into.int32(correlation);
  bool goes_on = true;
  switch (api) {
    case ApiKey::api_versions:
      answer_versions(into);
      break;
    case ApiKey::metadata:
      answer_metadata(into, version);
      break;
    case ApiKey::fetch:
      answer_fetch(into, seen);
      break;
    case ApiKey::offset_for_leader_epoch:
      answer_epochs(into, request);
      break;
    case ApiKey::sasl_handshake:
      into.int16(request.text() == "PLAIN" ? 0 : 33);
      into.int32(1);
      into.text("PLAIN");
      break;
    case ApiKey::sasl_authenticate:
      connection.authenticated = answer_authentication(into, request);
      break;
  }
  into.fill_in(0, into.size() - sizeof(std::int32_t));
  Bytes bytes(into.bytes().begin(), into.bytes().end());
  if (api == ApiKey::fetch && !scripts_.empty()) {
    scripts_.front()(bytes);
    scripts_.pop_front();
    goes_on = !bytes.empty();
  }
  send_all(connection.socket, bytes);
  return goes_on;
}

void ScriptedBroker::answer_versions(WireWriter& into) {
  into.int16(0);
  into.int32(static_cast<std::int32_t>(served_.size()));
  for (const auto& [api, versions] : served_) {
    into.int16(static_cast<std::int16_t>(api));
    into.int16(versions.least);
    into.int16(versions.most);
  }
}

void ScriptedBroker::answer_metadata(WireWriter& into, std::int16_t version) {
  std::map<std::int32_t, BrokerAddress> brokers{{id_, address()}};
  std::map<std::string, std::vector<std::pair<std::int32_t, Led>>> topics;
  for (const auto& [partition, led] : led_) {
    if (led.leader_id >= 0) brokers[led.leader_id] = led.leader;
    topics[partition.first].emplace_back(partition.second, led);
  }
  into.int32(0);
  into.int32(static_cast<std::int32_t>(brokers.size()));
  for (const auto& [id, broker] : brokers) {
    into.int32(id);
    into.text(broker.host);
    into.int32(broker.port);
    into.int16(-1);
  }
  into.text("scripted");
  into.int32(id_);
  // A topic that tests may ask for and that is not there.
  if (!topics.contains("events")) topics["events"] = {};
  into.int32(static_cast<std::int32_t>(topics.size()));
  for (const auto& [name, partitions] : topics) {
    into.int16(partitions.empty() ? 3 : 0);
    into.text(name);
    into.int8(0);
    into.int32(static_cast<std::int32_t>(partitions.size()));
    for (const auto& [number, led] : partitions) {
      into.int16(led.leader_id < 0 ? 5 : 0);
      into.int32(number);
      into.int32(led.leader_id);
      if (version >= 7) into.int32(led.epoch);
      for (int ids = 0; ids < (version >= 5 ? 3 : 2); ++ids) into.int32(0);
    }
  }
}

ScriptedBroker::FetchSeen ScriptedBroker::read_fetch(WireReader& request, std::int16_t version) {
  FetchSeen seen;
  seen.version = version;
  request.skip(16);  // replica, wait, least and most bytes
  seen.committed_only = request.int8() == 1;
  request.skip(version >= 7 ? 8 : 0);
  const std::size_t topics = request.count(1);
  for (std::size_t t = 0; t < topics; ++t) {
    const std::string topic(request.text());
    const std::size_t partitions = request.count(1);
    for (std::size_t p = 0; p < partitions; ++p) {
      FetchSeen::Position& position = seen.positions.emplace_back();
      position.topic = topic;
      position.number = request.int32();
      position.leader_epoch = version >= 9 ? request.int32() : -1;
      position.offset = request.int64();
      request.skip(version >= 5 ? 8 : 0);
      position.max_bytes = request.int32();
    }
  }
  seen.at = std::chrono::steady_clock::now();
  const std::lock_guard lock(mutex_);
  fetches_.push_back(seen);
  return seen;
}

bool ScriptedBroker::has_news(const FetchSeen& seen) const {
  const std::lock_guard lock(mutex_);
  return !scripts_.empty() ||
         std::any_of(seen.positions.begin(), seen.positions.end(), [this](const auto& position) {
           const auto log = logs_.find({position.topic, position.number});
           return log == logs_.end() || log->second.error != BrokerError::none ||
                  (!log->second.batches.empty() &&
                   log->second.batches.back().next_offset > position.offset);
         });
}

void ScriptedBroker::answer_fetch(WireWriter& into, const FetchSeen& seen) {
  into.int32(throttle_ms_);
  if (seen.version >= 7) {
    into.int16(0);
    into.int32(0);
  }
  into.int32(static_cast<std::int32_t>(seen.positions.size()));
  for (const FetchSeen::Position& position : seen.positions) {
    into.text(position.topic);
    into.int32(1);
    answer_partition(into, seen, position);
  }
}

void ScriptedBroker::answer_partition(WireWriter& into, const FetchSeen& seen,
                                      const FetchSeen::Position& position) {
  const auto found = logs_.find({position.topic, position.number});
  Log none;
  none.error = BrokerError::unknown_topic_or_partition;
  const Log& log = found == logs_.end() ? none : found->second;
  const std::int64_t end = log.batches.empty() ? 0 : log.batches.back().next_offset;
  into.int32(position.number);
  into.int16(static_cast<std::int16_t>(log.error));
  into.int64(end);
  into.int64(log.last_stable_offset < 0 ? end : log.last_stable_offset);
  if (seen.version >= 5) into.int64(0);
  const bool committed = seen.committed_only && !log.aborted.empty();
  into.int32(committed ? static_cast<std::int32_t>(log.aborted.size()) : -1);
  for (std::size_t i = 0; committed && i < log.aborted.size(); ++i) {
    into.int64(log.aborted[i].producer);
    into.int64(log.aborted[i].first_offset);
  }
  if (seen.version >= 11) into.int32(-1);
  Bytes bytes;
  for (const Log::Batch& batch : log.batches) {
    const bool wanted = batch.next_offset > position.offset && log.error == BrokerError::none;
    const auto most = static_cast<std::size_t>(position.max_bytes);
    if (!wanted || (!bytes.empty() && bytes.size() >= most)) continue;
    bytes.insert(bytes.end(), batch.bytes.begin(), batch.bytes.end());
    // The last batch is cut off, but not the first, as brokers do.
    if (bytes.size() > most && bytes.size() > batch.bytes.size()) bytes.resize(most);
  }
  if (position.max_bytes < torn_below_ && bytes.size() > 100) bytes.resize(100);
  into.bytes(bytes);
}

void ScriptedBroker::answer_epochs(WireWriter& into, WireReader& request) {
  ++epoch_questions_;
  into.int32(0);
  const std::size_t topics = request.count(1);
  into.int32(static_cast<std::int32_t>(topics));
  for (std::size_t t = 0; t < topics; ++t) {
    const std::string topic(request.text());
    into.text(topic);
    const std::size_t partitions = request.count(1);
    into.int32(static_cast<std::int32_t>(partitions));
    for (std::size_t p = 0; p < partitions; ++p) {
      const std::int32_t number = request.int32();
      request.skip(8);
      const Log& log = logs_[{topic, number}];
      into.int16(0);
      into.int32(number);
      into.int32(log.epoch_end_epoch);
      into.int64(log.epoch_end_offset);
    }
  }
}

bool ScriptedBroker::answer_authentication(WireWriter& into, WireReader& request) {
  const auto words = request.bytes();
  const bool right = std::string_view(reinterpret_cast<const char*>(words.data()), words.size()) ==
                     std::string_view(plain_);
  into.int16(right ? 0 : 58);
  into.text(right ? "" : "wrong password");
  into.bytes({});
  into.int64(0);
  return right;
}

}  // namespace sluice::wire_test
