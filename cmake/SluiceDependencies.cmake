# Every library that is not ours. Only targets are used, so that their headers are system headers.
find_package(Threads REQUIRED)
if(SLUICE_MINIMAL)
  find_package(GTest CONFIG QUIET)
  return()
endif()
find_package(GTest CONFIG REQUIRED)

find_package(PkgConfig REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS context)
find_package(benchmark CONFIG REQUIRED)
find_package(yaml-cpp CONFIG REQUIRED)
if(NOT TARGET yaml-cpp::yaml-cpp)
  add_library(yaml-cpp::yaml-cpp ALIAS yaml-cpp)
endif()
find_package(CLI11 CONFIG REQUIRED)
find_package(fmt CONFIG REQUIRED)
find_package(spdlog CONFIG REQUIRED)
find_package(simdjson CONFIG REQUIRED)
find_package(prometheus-cpp CONFIG REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(CURL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(Snappy CONFIG REQUIRED)
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(isal REQUIRED IMPORTED_TARGET libisal)
pkg_check_modules(lz4 REQUIRED IMPORTED_TARGET liblz4)
pkg_check_modules(zstd REQUIRED IMPORTED_TARGET libzstd)

# PostgreSQL's grammar, for filters; Debian's package has neither a CMake nor a pkg-config file.
find_path(pg_query_include pg_query.h REQUIRED)
find_library(pg_query_library NAMES libpg_query.a pg_query REQUIRED)
add_library(pg_query::pg_query UNKNOWN IMPORTED)
set_target_properties(pg_query::pg_query PROPERTIES
  IMPORTED_LOCATION ${pg_query_library}
  INTERFACE_INCLUDE_DIRECTORIES ${pg_query_include})

# librdkafka: the system's, or the newer one that .ci/librdkafka built into a private prefix.
execute_process(COMMAND ${CMAKE_SOURCE_DIR}/.ci/librdkafka --prefix
                OUTPUT_VARIABLE librdkafka_prefix OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
if(librdkafka_prefix)
  if(NOT EXISTS ${librdkafka_prefix}/lib/librdkafka.a)
    message(FATAL_ERROR "librdkafka: the system's is too old and ${librdkafka_prefix} is not built: run .ci/librdkafka")
  endif()
  add_library(librdkafka::librdkafka STATIC IMPORTED)
  set_target_properties(librdkafka::librdkafka PROPERTIES
    IMPORTED_LOCATION ${librdkafka_prefix}/lib/librdkafka.a
    INTERFACE_INCLUDE_DIRECTORIES ${librdkafka_prefix}/include)
  target_link_libraries(librdkafka::librdkafka INTERFACE
    OpenSSL::SSL OpenSSL::Crypto ZLIB::ZLIB PkgConfig::zstd Threads::Threads ${CMAKE_DL_LIBS} m rt)
  set(librdkafka_choice "built from source, static: ${librdkafka_prefix}")
else()
  pkg_check_modules(rdkafka REQUIRED IMPORTED_TARGET rdkafka)
  add_library(librdkafka::librdkafka ALIAS PkgConfig::rdkafka)
  set(librdkafka_choice "the system's, shared: ${rdkafka_VERSION}")
endif()
message(STATUS "librdkafka: ${librdkafka_choice}")
file(WRITE ${CMAKE_BINARY_DIR}/librdkafka.txt "${librdkafka_choice}\n")
