# The generic tier takes fmaf from libm, which takes the processor's instruction where there is one and
# computes it in software where not: the bits are the same. Linux on x86-64, where an environment
# variable makes glibc believe that there is none (its names before 2.33 end in _Usable).
#   cmake -DPROGRAM=test_same_bits -DWORK= -P bits_without_fma.cmake
cmake_minimum_required(VERSION 3.25)
set(without_fma "glibc.cpu.hwcaps=-FMA,-FMA4,-FMA_Usable,-FMA4_Usable")
file(REMOVE_RECURSE "${WORK}")
file(MAKE_DIRECTORY "${WORK}")

function(run tunables out)
  string(TIMESTAMP start "%s%f")
  execute_process(COMMAND "${CMAKE_COMMAND}" -E env "GLIBC_TUNABLES=${tunables}"
                          "${PROGRAM}" generic
                  WORKING_DIRECTORY "${WORK}" OUTPUT_VARIABLE output COMMAND_ERROR_IS_FATAL ANY)
  string(TIMESTAMP end "%s%f")
  math(EXPR milliseconds "(${end} - ${start}) / 1000")
  string(STRIP "${output}" output)
  message("${output}, ${milliseconds} ms, GLIBC_TUNABLES='${tunables}'")
  if(NOT output MATCHES "^generic .*: [0-9a-f]+$")
    message(FATAL_ERROR "that is no checksum")
  endif()
  set(${out} "${output}" PARENT_SCOPE)
endfunction()

run("" with)
run("${without_fma}" without)
if(NOT with STREQUAL without)
  message(FATAL_ERROR "the bits depend on how fmaf is computed")
endif()
