# Relocatable trees that need only glibc, libstdc++ and, for the GPU, the driver:
#   cmake --install build --prefix X --component program   the program, bin/sluice, and its libraries
#   cmake --install build --prefix X                       also the benchmarks, the GPU tests, bench/gpu/run.sh and report.py
foreach(component program bundle)
  install(RUNTIME_DEPENDENCY_SET ${component}_libraries
    PRE_EXCLUDE_REGEXES "^ld-linux" "^lib(c|m|dl|rt|pthread|resolv)\\.so" "^lib(stdc\\+\\+|gcc_s)\\.so"
                        "^libcuda\\.so" "^libnvidia-ml"
    LIBRARY DESTINATION lib COMPONENT ${component})
endforeach()
install(PROGRAMS ${CMAKE_SOURCE_DIR}/bench/gpu/run.sh ${CMAKE_SOURCE_DIR}/bench/gpu/report.py DESTINATION . COMPONENT bundle)
install(FILES ${CMAKE_SOURCE_DIR}/LICENSE DESTINATION . COMPONENT program)
install(CODE "set(source \"${CMAKE_SOURCE_DIR}\")" COMPONENT bundle)
install(CODE [[
  execute_process(COMMAND git -C "${source}" describe --always --dirty --abbrev=40 --exclude=*
                  OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  file(WRITE "${CMAKE_INSTALL_PREFIX}/COMMIT" "${commit}\n")
]] COMPONENT bundle)
