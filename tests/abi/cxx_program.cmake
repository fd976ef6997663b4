# Compiles tests/abi/NAME.cpp as strict C++17 against the headers and the shared library, and runs it.
#   cmake -DSOURCE= -DWORK= -DCXX= -DLIBRARY= -DNAME= -P cxx_program.cmake
cmake_minimum_required(VERSION 3.25)
file(MAKE_DIRECTORY "${WORK}")
get_filename_component(folder "${LIBRARY}" DIRECTORY)
execute_process(
  COMMAND "${CXX}" -std=c++17 -O1 -Wall -Wextra -Wpedantic -Wold-style-cast -Wconversion -Werror
          "-I${SOURCE}/include" "${SOURCE}/tests/abi/${NAME}.cpp" "${LIBRARY}"
          "-Wl,-rpath,${folder}" -o "${WORK}/${NAME}"
  RESULT_VARIABLE result ERROR_VARIABLE errors)
if(result)
  message(FATAL_ERROR "${errors}")
endif()
execute_process(COMMAND "${WORK}/${NAME}" WORKING_DIRECTORY "${WORK}"
                RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE errors)
message("${output}${errors}")
if(NOT result EQUAL 0)
  message(FATAL_ERROR "the program ended with ${result}")
endif()
