#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "ingest/source_block.hpp"

namespace sluice::testing_blocks {

/// An empty block of plain memory with `capacity` usable bytes.
inline SourceBlock make_block(std::size_t capacity) {
  SourceBlock block;
  block.memory = StagingBlock(new std::byte[capacity + block_padding]{}, capacity + block_padding,
                              [](std::byte* memory) noexcept { delete[] memory; });
  return block;
}

/// The text of every message in the block.
inline std::vector<std::string> texts_of(const SourceBlock& block) {
  std::vector<std::string> texts;
  for (const Message& message : block.messages) {
    texts.emplace_back(block.bytes_of(message));
  }
  return texts;
}

}  // namespace sluice::testing_blocks
