# The formatter's verdict: which lines it would change. With the version that the files were
# formatted with one such line is a failure; versions disagree, so that of another is only printed.
#   cmake -DSOURCE= -DFORMATTER= -P format.cmake
cmake_minimum_required(VERSION 3.25)
set(formatted_with 14)
file(GLOB_RECURSE files "${SOURCE}/include/*.h" "${SOURCE}/lib/*.[ch]" "${SOURCE}/src/*.[ch]"
     "${SOURCE}/examples/*.[ch]" "${SOURCE}/tests/*.[ch]")
# Templates of kernels, whose macros stand for loops, functions and parts of a statement: the
# formatter takes them for names and tears them apart. And tables of numbers that scripts have
# written.
list(REMOVE_ITEM files "${SOURCE}/lib/kernels/product_template.h"
     "${SOURCE}/lib/kernels/filter_template.h"
     "${SOURCE}/lib/kernels/strip_template.h"
     "${SOURCE}/lib/kernels/vector_map.h")
list(FILTER files EXCLUDE REGEX "/examples/python/")
list(FILTER files EXCLUDE REGEX "/tests/[a-z]+/vectors\\.h$")

execute_process(COMMAND "${FORMATTER}" --version OUTPUT_VARIABLE version
                COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND "${FORMATTER}" --dry-run ${files} ERROR_VARIABLE remarks
                COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "[^\n]+:[0-9]+:[0-9]+: warning" places "${remarks}")
list(TRANSFORM places REPLACE ":[0-9]+: warning$" "")
list(REMOVE_DUPLICATES places)
foreach(place IN LISTS places)
  file(RELATIVE_PATH name "${SOURCE}" "${place}")
  message("${name}")
endforeach()
list(LENGTH files all)
list(LENGTH places lines)
string(STRIP "${version}" version)
message("${version} would change ${lines} lines of ${all} files")
if(lines GREATER 0 AND version MATCHES "version ${formatted_with}\\.")
  message(FATAL_ERROR "run ${FORMATTER} -i on the files above")
endif()
