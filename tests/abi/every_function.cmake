# Compiles tests/abi/every_function.cpp as strict C++17 against the headers and the shared library,
# runs it, and compares the names in it with cmake/symbols.txt.
#   cmake -DSOURCE= -DWORK= -DCXX= -DLIBRARY= -P every_function.cmake
cmake_minimum_required(VERSION 3.25)
set(program "${SOURCE}/tests/abi/every_function.cpp")
file(MAKE_DIRECTORY "${WORK}")

file(READ "${program}" text)
file(STRINGS "${SOURCE}/cmake/symbols.txt" symbols REGEX "^gan_")
list(TRANSFORM symbols REPLACE " .*$" "")
set(missing "")
foreach(symbol IN LISTS symbols)
  if(NOT text MATCHES "[^\"a-z0-9_]${symbol}\\(")
    list(APPEND missing "${symbol}")
  endif()
endforeach()
if(missing)
  list(JOIN missing "\n  " lines)
  message(FATAL_ERROR "tests/abi/every_function.cpp does not call:\n  ${lines}")
endif()

get_filename_component(folder "${LIBRARY}" DIRECTORY)
execute_process(
  COMMAND "${CXX}" -std=c++17 -O1 -Wall -Wextra -Wpedantic -Wold-style-cast -Wconversion -Werror
          "-I${SOURCE}/include" "${program}" "${LIBRARY}" "-Wl,-rpath,${folder}"
          -o "${WORK}/every_function"
  RESULT_VARIABLE result ERROR_VARIABLE errors)
if(result)
  message(FATAL_ERROR "${errors}")
endif()
execute_process(COMMAND "${WORK}/every_function" WORKING_DIRECTORY "${WORK}"
                RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE errors)
list(LENGTH symbols count)
message("${count} functions; ${output}${errors}")
if(NOT result EQUAL 0)
  message(FATAL_ERROR "the program ended with ${result}")
endif()
