# The interface target sluice_options: what every target of ours is compiled with.
add_library(sluice_options INTERFACE)
target_include_directories(sluice_options INTERFACE ${CMAKE_SOURCE_DIR})

# Doubles must come out alike on both backends: no fused multiply-add that the source does not write.
target_compile_options(sluice_options INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wconversion -Wsign-conversion -Wshadow -ffp-contract=off>
  $<$<COMPILE_LANGUAGE:CUDA>:--fmad=false -Xcompiler=-Wall,-Wextra,-ffp-contract=off>)
# At -O3, g++ 12 takes the ends of joined strings for overlapping (its bug 105651).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(sluice_options INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wno-restrict>)
endif()
if(SLUICE_WERROR)
  target_compile_options(sluice_options INTERFACE
    $<$<COMPILE_LANGUAGE:CXX>:-Werror>
    $<$<COMPILE_LANGUAGE:CUDA>:-Werror=all-warnings -Xcompiler=-Werror>)
endif()
set(CMAKE_CXX_FLAGS_DEBUG "-Og -g")
set(CMAKE_CXX_FLAGS_RELEASE "-O3 -DNDEBUG")
set(CMAKE_CUDA_FLAGS_RELEASE "-O3 -DNDEBUG -lineinfo")

if(SLUICE_SANITIZE STREQUAL "address")
  set(sanitizers -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
elseif(SLUICE_SANITIZE STREQUAL "thread")
  set(sanitizers -fsanitize=thread -fno-omit-frame-pointer)
elseif(SLUICE_SANITIZE STREQUAL "none")
  set(sanitizers)
else()
  message(FATAL_ERROR "SLUICE_SANITIZE=${SLUICE_SANITIZE}: none, address or thread")
endif()
if(SLUICE_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "SLUICE_FUZZ: libFuzzer comes with Clang: set CMAKE_CXX_COMPILER")
  endif()
  list(APPEND sanitizers -fsanitize=fuzzer-no-link)
endif()
if(sanitizers)
  target_compile_options(sluice_options INTERFACE $<$<COMPILE_LANGUAGE:CXX>:${sanitizers} -O1 -g1>)
  target_link_options(sluice_options INTERFACE ${sanitizers})
  if(SLUICE_HAVE_CUDA)
    message(FATAL_ERROR "Sanitizer builds run the CUDA backend under the emulator: set SLUICE_CUDA=OFF")
  endif()
endif()
