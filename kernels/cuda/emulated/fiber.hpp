#pragma once

#include <cstddef>
#include <functional>

#include <boost/context/detail/fcontext.hpp>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif
#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
extern "C" {
void AnnotateIgnoreReadsBegin(const char* file, int line);
void AnnotateIgnoreReadsEnd(const char* file, int line);
void AnnotateIgnoreWritesBegin(const char* file, int line);
void AnnotateIgnoreWritesEnd(const char* file, int line);
}
#endif

namespace sluice::cuda::emulated {

/// A function with a stack of its own that the resuming thread runs until it suspends itself.
/// Known to AddressSanitizer as a stack, and to ThreadSanitizer as a thread: changing fibers orders
/// nothing, so that races between fibers show as if they ran at once. The function never returns,
/// and so a fiber lives as long as the process.
class Fiber {
 public:
  explicit Fiber(std::function<void()> function);
  ~Fiber() = delete;
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  /// Called by the thread that drives the fiber.
  void resume();
  /// Called inside the fiber: goes back to resume().
  void suspend();

 private:
  static void enter(boost::context::detail::transfer_t from);
  void arrived();

  std::function<void()> function_;
  void* stack_ = nullptr;
  boost::context::detail::fcontext_t inside_ = nullptr;
  boost::context::detail::fcontext_t outside_ = nullptr;
#if defined(__SANITIZE_ADDRESS__)
  void* fake_stack_ = nullptr;
  const void* outside_stack_ = nullptr;
  std::size_t outside_size_ = 0;
#endif
#if defined(__SANITIZE_THREAD__)
  void* inside_thread_ = nullptr;
  void* outside_thread_ = nullptr;
#endif
};

/// While one is alive, ThreadSanitizer does not look at the memory accesses of the running fiber or
/// thread: the emulator's own state is not a kernel's. Nothing in other builds.
class Unobserved {
 public:
#if defined(__SANITIZE_THREAD__)
  Unobserved() {
    AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
    AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
  }
  ~Unobserved() {
    AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
    AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
  }
#else
  Unobserved() {}
  ~Unobserved() {}
#endif
  Unobserved(const Unobserved&) = delete;
  Unobserved& operator=(const Unobserved&) = delete;
};

/// For ThreadSanitizer: what any thread did before release(p) happens before what a thread does
/// after a later acquire(p). Nothing in other builds.
inline void release([[maybe_unused]] void* p) {
#if defined(__SANITIZE_THREAD__)
  __tsan_release(p);
#endif
}
inline void acquire([[maybe_unused]] void* p) {
#if defined(__SANITIZE_THREAD__)
  __tsan_acquire(p);
#endif
}

}  // namespace sluice::cuda::emulated
