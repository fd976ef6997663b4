# The formatter's verdict: which files it would change. Its versions disagree, so the
# verdict fails nothing.
#   cmake -DSOURCE= -DFORMATTER= -P format.cmake
cmake_minimum_required(VERSION 3.25)
file(GLOB_RECURSE files "${SOURCE}/include/*.h" "${SOURCE}/lib/*.[ch]" "${SOURCE}/src/*.[ch]"
     "${SOURCE}/examples/*.[ch]" "${SOURCE}/tests/*.[ch]")
execute_process(COMMAND "${FORMATTER}" --dry-run ${files} ERROR_VARIABLE remarks
                COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "[^\n:]+:[0-9]+:[0-9]+: warning" places "${remarks}")
list(TRANSFORM places REPLACE ":.*$" "")
list(LENGTH files all)
set(wrong ${places})
list(REMOVE_DUPLICATES wrong)
list(LENGTH wrong count)
list(LENGTH places lines)
foreach(file IN LISTS wrong)
  file(RELATIVE_PATH name "${SOURCE}" "${file}")
  message("${name}")
endforeach()
message("${FORMATTER} would change ${lines} lines in the ${count} files above, of ${all}")
