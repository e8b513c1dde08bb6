#include "ingest/decode/copied_messages.hpp"

#include <cstring>
#include <new>
#include <utility>

namespace sluice {
namespace {

constexpr std::size_t first_bytes = 64 * 1024;

StagingBlock plain_memory(std::size_t bytes) {
  constexpr std::align_val_t alignment{64};
  auto* const memory = static_cast<std::byte*>(::operator new(bytes, alignment));
  return {memory, bytes, [](std::byte* block) noexcept { ::operator delete(block, alignment); }};
}

}  // namespace

CopiedMessages::CopiedMessages() { block_.memory = plain_memory(first_bytes + block_padding); }

void CopiedMessages::clear() noexcept {
  block_.clear();
  originals_.clear();
}

void CopiedMessages::add(const SourceBlock& block, const EventExtent& extent) {
  if (block_.used + extent.length > block_.capacity()) {
    StagingBlock larger = plain_memory(2 * (block_.used + extent.length) + block_padding);
    std::memcpy(larger.data(), block_.memory.data(), block_.used);
    block_.memory = std::move(larger);
  }
  std::memcpy(block_.memory.data() + block_.used, block.text() + extent.begin, extent.length);
  Message message = block.messages[extent.message];
  message.begin = static_cast<std::uint32_t>(block_.used);
  message.length = extent.length;
  ++message.offset;  // none is the first of its partition, which may hold a header
  block_.messages.push_back(message);
  block_.used += extent.length;
  originals_.push_back(extent);
}

EventExtent CopiedMessages::original(const EventExtent& copied) const noexcept {
  const EventExtent& original = originals_[copied.message];
  const std::uint32_t inside = copied.begin - block_.messages[copied.message].begin;
  return {original.begin + inside, copied.length, original.message};
}

}  // namespace sluice
