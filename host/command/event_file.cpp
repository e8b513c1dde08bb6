#include "host/command/event_file.hpp"

#include <fstream>
#include <stdexcept>
#include <vector>

#include <unistd.h>

#include "ingest/generate/event_generator.hpp"

namespace sluice {

EventFile::EventFile(const GeneratorSettings& settings)
    : path_(std::filesystem::temp_directory_path() /
            ("sluice-events-" + std::to_string(::getpid()) + ".ndjson")) {
  std::ofstream file(path_, std::ios::binary);
  EventGenerator generator(settings, *settings.start, 0);
  std::vector<char> piece(std::size_t{1} << 20);
  while (!generator.finished()) {
    char* at = piece.data();
    generator.write(at, piece.data() + piece.size(), settings.events, true);
    file.write(piece.data(), at - piece.data());
    bytes_ += static_cast<std::uint64_t>(at - piece.data());
  }
  if (!file.flush()) throw std::runtime_error(path_.string() + " cannot be written");
}

EventFile::~EventFile() {
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

}  // namespace sluice
