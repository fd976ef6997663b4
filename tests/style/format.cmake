# The formatter's verdict: how many lines it would change in which files. Its versions disagree, so the
# verdict fails nothing.
#   cmake -DSOURCE= -DFORMATTER= -P format.cmake
cmake_minimum_required(VERSION 3.25)
file(GLOB_RECURSE files "${SOURCE}/include/*.h" "${SOURCE}/lib/*.[ch]" "${SOURCE}/src/*.[ch]"
     "${SOURCE}/examples/*.[ch]" "${SOURCE}/tests/*.[ch]")
set(right 0)
foreach(file IN LISTS files)
  execute_process(COMMAND "${FORMATTER}" --dry-run "${file}" ERROR_VARIABLE remarks
                  COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCHALL "clang-format-violations" places "${remarks}")
  list(LENGTH places count)
  if(count EQUAL 0)
    math(EXPR right "${right} + 1")
  else()
    file(RELATIVE_PATH name "${SOURCE}" "${file}")
    message("${count} places in ${name}")
  endif()
endforeach()
list(LENGTH files count)
message("${right} of ${count} files are as ${FORMATTER} would write them")
