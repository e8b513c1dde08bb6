# Runs every test of the build in FOLDER, or says that there is none.
if(NOT EXISTS ${FOLDER}/CTestTestfile.cmake)
  message("skipped: ${FOLDER} is not built; `make test` builds it")
  return()
endif()
execute_process(COMMAND ${CMAKE_CTEST_COMMAND} --output-on-failure --no-tests=error -j 2
                WORKING_DIRECTORY ${FOLDER} COMMAND_ERROR_IS_FATAL ANY)
