# Writes one file that includes every source of the library, and compiles it: names that are local to a
# file are unique.
#   cmake -DSOURCE= -DWORK= -DCC= [-DDEFINITIONS=] -P single_file.cmake
cmake_minimum_required(VERSION 3.25)
file(GLOB sources "${SOURCE}/lib/*/*.c" "${SOURCE}/lib/kernels/*/*.c")
file(MAKE_DIRECTORY "${WORK}")

# First the file that asks the system's headers for more than plain C.
set(first "${SOURCE}/lib/base/os_posix.c")
list(REMOVE_ITEM sources "${first}")
set(text "")
foreach(source IN LISTS first sources)
  string(APPEND text "#include \"${source}\"\n")
endforeach()
file(WRITE "${WORK}/gan_single.c" "${text}")
execute_process(
  COMMAND "${CC}" -std=c11 -O0 -ffp-contract=off -DGAN_STATIC ${DEFINITIONS} "-I${SOURCE}/include"
          "-I${SOURCE}/lib" -c "${WORK}/gan_single.c" -o "${WORK}/gan_single.o"
  RESULT_VARIABLE result ERROR_VARIABLE errors)
if(result)
  message(FATAL_ERROR "${errors}")
endif()
list(LENGTH sources count)
message("${count} files and one compile as a single one")
