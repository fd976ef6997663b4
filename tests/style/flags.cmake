# Compiler flags that change results are refused: when the project is configured, also below a parent;
# else by a macro, when any file is compiled; else by the self-test of a new context.
#   cmake -DSOURCE= -DWORK= -DGENERATOR= -DCC= -P flags.cmake
cmake_minimum_required(VERSION 3.25)
file(REMOVE_RECURSE "${WORK}")
file(MAKE_DIRECTORY "${WORK}")

# ---- compiled without this project's CMake ----

file(WRITE "${WORK}/main.c" "#include \"base/exact.h\"\n#include <stdio.h>\nint main(void)\n{\n"
  "    const char *reason = gan__exact_fault();\n    if (reason) puts(reason);\n"
  "    return reason ? 3 : 0;\n}\n")
set(compiled 0)

# Sets refused: by the compiler, by the self-test, no; or unknown, where the compiler does not know FLAGS.
function(try_flags compiler flags)
  separate_arguments(list NATIVE_COMMAND "${flags}")
  execute_process(COMMAND "${compiler}" -std=c11 -O2 -ffp-contract=off ${list} "-I${SOURCE}/include"
                          "-I${SOURCE}/lib" "${SOURCE}/lib/base/exact.c" "${WORK}/main.c"
                          -o "${WORK}/main" -lm
                  RESULT_VARIABLE result ERROR_VARIABLE errors)
  if(errors MATCHES "unrecognized|unknown|not supported|unsupported")
    set(refused unknown)
  elseif(errors MATCHES "#error|libgan's results")
    set(refused compiler)
  elseif(result)
    message(FATAL_ERROR "${compiler} ${flags}: ${errors}")
  else()
    execute_process(COMMAND "${WORK}/main" RESULT_VARIABLE result OUTPUT_QUIET)
    set(refused no)
    if(result EQUAL 3)
      set(refused test)
    elseif(result)
      message(FATAL_ERROR "${compiler} ${flags}: the program ends with ${result}")
    endif()
  endif()
  set(refused ${refused} PARENT_SCOPE)
endfunction()

find_program(GCC gcc)
find_program(CLANG NAMES clang clang-14)
set(compilers "${CC}")
foreach(compiler IN ITEMS "${GCC}" "${CLANG}")
  if(compiler)
    list(APPEND compilers "${compiler}")
  endif()
endforeach()
list(REMOVE_DUPLICATES compilers)
foreach(compiler IN LISTS compilers)
  foreach(flags IN ITEMS -ffast-math -Ofast -ffinite-math-only -funsafe-math-optimizations
          -fno-signed-zeros -freciprocal-math -fsingle-precision-constant -ffp-model=fast
          "-fassociative-math -fno-signed-zeros -fno-trapping-math"
          "-O1 -funsafe-math-optimizations" "-O3 -freciprocal-math")
    try_flags("${compiler}" "${flags}")
    math(EXPR compiled "${compiled} + 1")
    if(refused STREQUAL no)
      message(SEND_ERROR "${compiler} ${flags}: not refused")
    endif()
  endforeach()
  foreach(flags IN ITEMS "" -O0 -O3 -fno-trapping-math -fno-math-errno "-O3 -ffast-math -fno-fast-math")
    try_flags("${compiler}" "${flags}")
    math(EXPR compiled "${compiled} + 1")
    if(NOT refused STREQUAL no)
      message(SEND_ERROR "${compiler} ${flags}: refused: ${refused}")
    endif()
  endforeach()
endforeach()

# Contraction, where the processor has the instruction.
try_flags("${CC}" "-ffp-contract=fast -mfma")
if(refused STREQUAL no)
  message(SEND_ERROR "-ffp-contract=fast: not refused")
endif()

# ---- configured ----

function(configure folder flag)
  execute_process(COMMAND "${CMAKE_COMMAND}" -S "${folder}" -B "${WORK}/build" -G "${GENERATOR}"
                          "-DCMAKE_C_COMPILER=${CC}" -DGAN_TESTS=OFF -DGAN_EXAMPLES=OFF ${ARGN}
                  RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  file(REMOVE_RECURSE "${WORK}/build")
  if(flag AND (NOT result OR NOT output MATCHES "${flag}.*changes results"))
    message(SEND_ERROR "${ARGN}: ${flag} not refused: ${output}")
  elseif(NOT flag AND result)
    message(SEND_ERROR "${ARGN}: refused: ${output}")
  endif()
endfunction()

configure("${SOURCE}" -ffinite-math-only -DCMAKE_C_FLAGS=-ffinite-math-only)
configure("${SOURCE}" -fassociative-math "-DCMAKE_C_FLAGS_RELEASE=-O3 -fassociative-math")
file(WRITE "${WORK}/parent/CMakeLists.txt" "cmake_minimum_required(VERSION 3.25)\n"
  "project(parent LANGUAGES NONE)\nadd_compile_options(-Wall \${PARENT_FLAG})\n"
  "add_subdirectory(\"${SOURCE}\" gan)\n")
configure("${WORK}/parent" -fno-signed-zeros -DPARENT_FLAG=-fno-signed-zeros)
configure("${WORK}/parent" "" "-DCMAKE_C_FLAGS=-ffast-math -fno-fast-math"
          "-DPARENT_FLAG=$<$<COMPILE_LANGUAGE:CXX>:-ffast-math>")
message("${compiled} compilations and 4 configurations")
