#include "host/command/workloads/row_memory.hpp"

#include <algorithm>
#include <new>

#include <sys/mman.h>

namespace sluice {
namespace {

std::byte* map_memory(std::size_t bytes) {
  void* const memory =
      ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  ::madvise(memory, bytes, MADV_HUGEPAGE);
  return static_cast<std::byte*>(memory);
}

}  // namespace

RowMemory::RowMemory(const Workload& workload, std::size_t bytes, std::size_t together,
                     std::uint64_t seed)
    : row_bytes_(workload.row_bytes),
      rows_(std::max<std::size_t>(1, bytes / row_bytes_ / together) * together),
      data_(map_memory(rows_ * row_bytes_)),
      span_(workload.generate(data_, rows_, seed)) {}

RowMemory::~RowMemory() { ::munmap(data_, rows_ * row_bytes_); }

}  // namespace sluice
