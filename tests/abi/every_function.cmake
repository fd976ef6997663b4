# Compares the names in tests/abi/every_function.cpp with cmake/symbols.txt, then compiles and runs
# it: see cxx_program.cmake.
#   cmake -DSOURCE= -DWORK= -DCXX= -DLIBRARY= -P every_function.cmake
cmake_minimum_required(VERSION 3.25)
set(program "${SOURCE}/tests/abi/every_function.cpp")

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

list(LENGTH symbols count)
message("${count} functions")
set(NAME every_function)
include("${SOURCE}/tests/abi/cxx_program.cmake")
