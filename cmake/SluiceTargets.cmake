# sluice_library, sluice_test and sluice_bench: how the folders declare what they hold.
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)

# Every test program that this build has.
add_custom_target(sluice_tests)

# A static library with our options; its sources come from the folders' target_sources.
function(sluice_library name)
  add_library(${name} STATIC)
  target_link_libraries(${name} PUBLIC sluice_options)
endfunction()

# Makes a program part of a relocatable tree: bin/ with its shared libraries in lib/. COMPONENT: program or bundle.
function(sluice_relocatable target component)
  # DT_RPATH, because DT_RUNPATH is not used for what the libraries themselves need.
  target_link_options(${target} PRIVATE -Wl,--disable-new-dtags)
  set_target_properties(${target} PROPERTIES INSTALL_RPATH "$ORIGIN/../lib")
  install(TARGETS ${target} RUNTIME_DEPENDENCY_SET ${component}_libraries
          RUNTIME DESTINATION bin COMPONENT ${component})
endfunction()

# One test program: build/bin/tests/<name>, one ctest entry.
#   sluice_test(window_spec SOURCES window_spec_test.cpp LIBS sluice_kernels LABELS unit)
# LABELS: unit (the default), parity, cuda, kafka, system. TIMEOUT: seconds, 120 by default.
# THREADS: also built and run under ThreadSanitizer; keep its input small.
function(sluice_test name)
  cmake_parse_arguments(arg "THREADS" "TIMEOUT" "SOURCES;LIBS;LABELS" ${ARGN})
  if(NOT arg_LABELS)
    set(arg_LABELS unit)
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  if(SLUICE_MINIMAL AND NOT ("cuda" IN_LIST arg_LABELS AND TARGET GTest::gtest))
    return()
  endif()
  if(NOT SLUICE_SANITIZE STREQUAL "none" AND arg_LABELS MATCHES "system|kafka")
    return()
  endif()
  set(launcher)
  if(SLUICE_SANITIZE STREQUAL "thread")
    if(NOT arg_THREADS)
      return()
    endif()
    # g++ 12's ThreadSanitizer cannot map its shadow memory where addresses are randomised widely.
    set(launcher setarch -R)
  endif()

  set(target test_${name})
  add_executable(${target} ${arg_SOURCES})
  set_target_properties(${target} PROPERTIES OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin/tests)
  target_link_libraries(${target} PRIVATE ${arg_LIBS} sluice_options GTest::gmock GTest::gtest GTest::gtest_main)
  # At -O3, g++ 12 takes the small buffers of strings in brace initialisers for uninitialised.
  target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-Wno-maybe-uninitialized>)
  add_dependencies(sluice_tests ${target})
  add_test(NAME ${name} COMMAND ${launcher} $<TARGET_FILE:${target}>)
  set_tests_properties(${name} PROPERTIES
    LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT}
    ENVIRONMENT "SLUICE_PROGRAM=${CMAKE_BINARY_DIR}/bin/sluice;SLUICE_SOURCE_DIR=${CMAKE_SOURCE_DIR}")
  if("cuda" IN_LIST arg_LABELS)
    sluice_relocatable(${target} bundle)
  endif()
endfunction()

# One Google Benchmark program: build/bin/bench_<name>.
#   sluice_bench(accumulate SOURCES accumulate_bench.cpp LIBS sluice_kernels)
function(sluice_bench name)
  if(SLUICE_MINIMAL OR NOT SLUICE_SANITIZE STREQUAL "none")
    return()
  endif()
  cmake_parse_arguments(arg "" "" "SOURCES;LIBS" ${ARGN})
  set(target bench_${name})
  add_executable(${target} ${arg_SOURCES})
  target_link_libraries(${target} PRIVATE ${arg_LIBS} sluice_options benchmark::benchmark)
  sluice_relocatable(${target} bundle)
endfunction()
