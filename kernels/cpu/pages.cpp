#include "kernels/cpu/pages.hpp"

#include <cerrno>
#include <string>
#include <system_error>

#include <sys/mman.h>

namespace sluice::cpu {

Pages::Pages(std::size_t bytes) {
  if (bytes == 0) return;
  void* const memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) {
    throw std::system_error(errno, std::generic_category(),
                            "cannot reserve " + std::to_string(bytes) + " bytes");
  }
  // A hint: without it everything works, slower.
  madvise(memory, bytes, MADV_HUGEPAGE);
  memory_ = {static_cast<std::byte*>(memory), Unmap{bytes}};
}

void Pages::Unmap::operator()(std::byte* memory) const noexcept { munmap(memory, bytes); }

}  // namespace sluice::cpu
