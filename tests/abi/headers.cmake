# Compiles each public header alone, twice included, as C99, C11 and C++17, without a warning.
#   cmake -DSOURCE= -DWORK= -DCC= [-DCXX=] -P headers.cmake
cmake_minimum_required(VERSION 3.25)
file(GLOB headers RELATIVE "${SOURCE}/include" "${SOURCE}/include/gan/*.h")
file(MAKE_DIRECTORY "${WORK}")
set(failed 0)
set(compiled 0)

function(compile compiler language standard source)
  execute_process(
    COMMAND "${compiler}" -x ${language} -std=${standard} -Wall -Wextra -Wpedantic -Wundef -Werror
            -fsyntax-only "-I${SOURCE}/include" ${ARGN} "${source}"
    RESULT_VARIABLE result ERROR_VARIABLE errors)
  math(EXPR count "${compiled} + 1")
  set(compiled ${count} PARENT_SCOPE)
  if(result)
    message("${source} as ${standard}:\n${errors}")
    set(failed 1 PARENT_SCOPE)
  endif()
endfunction()

foreach(header IN LISTS headers)
  string(MAKE_C_IDENTIFIER "${header}" name)
  set(source "${WORK}/${name}.txt")
  file(WRITE "${source}" "#include <${header}>\n#include <${header}>\nextern int nothing_else;\n")
  compile("${CC}" c c99 "${source}")
  compile("${CC}" c c11 "${source}" -DGAN_STATIC)
  if(CXX)
    compile("${CXX}" c++ c++17 "${source}")
  endif()
endforeach()
if(NOT CXX)
  message("no C++ compiler here: the headers were compiled as C alone")
endif()
if(failed)
  message(FATAL_ERROR "a public header does not stand alone")
endif()
message("${compiled} compilations passed")
