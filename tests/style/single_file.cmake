# Makes the single-file build, compiles it with the command beside it, and trains: not a bit may differ
# from what the library of many files trains.
#   cmake -DSOURCE= -DWORK= -DCC= -DPYTHON= -DCOMMAND= -P single_file.cmake
cmake_minimum_required(VERSION 3.25)
file(REMOVE_RECURSE "${WORK}")
file(MAKE_DIRECTORY "${WORK}")
file(GLOB command_sources "${SOURCE}/src/*.c")

function(run)
  execute_process(COMMAND ${ARGN} WORKING_DIRECTORY "${WORK}" OUTPUT_VARIABLE output ERROR_VARIABLE output
                  RESULT_VARIABLE result)
  if(result)
    message(FATAL_ERROR "${ARGN}:\n${output}")
  endif()
endfunction()

run("${PYTHON}" "${SOURCE}/cmake/single_file.py" gan)
run("${CC}" -std=c11 -O0 -ffp-contract=off -DGAN_STATIC -c gan/gan.c -o gan.o)
run("${CC}" -std=c11 -D_GNU_SOURCE -DGAN_STATIC -I. ${command_sources} gan.o -lm -pthread -o single)
set(training train "${SOURCE}/examples/recipes/fashion-gan.recipe" --steps 2 --set run.batch=4 --out)
run("${COMMAND}" ${training} many)
run("${WORK}/single" ${training} one)
run("${CMAKE_COMMAND}" -E compare_files many/checkpoint.safetensors one/checkpoint.safetensors)
