#pragma once

#include <cstdint>

#include "kernels/hd.hpp"

namespace sluice::cuda {

/// The text that an event is in: from its first byte to the end of its message. In lines, the event
/// ends with its line.
struct RawText {
  const char* bytes = nullptr;  ///< of the batch
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  bool lines = false;

  /// Whether an event may end at `at`: with LF, CR LF or CR and the text, or with the text.
  SLUICE_HD bool ends_at(std::uint32_t at) const noexcept {
    if (at >= end || !lines) return at == end;
    if (bytes[at] == '\r' && ++at == end) return true;
    return bytes[at] == '\n';
  }
};

}  // namespace sluice::cuda
