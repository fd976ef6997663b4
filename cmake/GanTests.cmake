# Every tests/FOLDER/test_TOPIC.c is one program, linked with the static library so that internals
# are visible, and one ctest test FOLDER/TOPIC. A slow test is named slow_TOPIC.c: built, not run.
# A sanitizer's preset leaves those out that would take minutes to show it nothing.
set(GAN_TESTS_LEFT_OUT "" CACHE STRING "Regular expression of FOLDER/TOPIC: programs not to build")
file(GLOB gan_test_sources CONFIGURE_DEPENDS
     "${PROJECT_SOURCE_DIR}/tests/*/test_*.c" "${PROJECT_SOURCE_DIR}/tests/*/slow_*.c")

foreach(source ${gan_test_sources})
  get_filename_component(folder "${source}" DIRECTORY)
  get_filename_component(folder "${folder}" NAME)
  get_filename_component(name "${source}" NAME_WE)
  string(REGEX REPLACE "^(test|slow)_" "" topic "${name}")
  if(GAN_TESTS_LEFT_OUT AND "${folder}/${topic}" MATCHES "${GAN_TESTS_LEFT_OUT}")
    continue()
  endif()
  set(target gan_${folder}_${name})
  add_executable(${target} "${source}")
  gan_compile(${target})
  gan_use_system(${target})
  set_target_properties(${target} PROPERTIES
    OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests/${folder}")
  target_include_directories(${target} PRIVATE
    "${PROJECT_SOURCE_DIR}/lib" "${PROJECT_SOURCE_DIR}/tests")
  target_compile_definitions(${target} PRIVATE
    $<$<BOOL:${GAN_OPENMP}>:GAN_OPENMP>
    GAN_SOURCE_FOLDER="${PROJECT_SOURCE_DIR}" GAN_BUILD_FOLDER="${PROJECT_BINARY_DIR}")
  target_link_libraries(${target} PRIVATE gan_static Threads::Threads)
  if(UNIX)
    target_link_libraries(${target} PRIVATE m)
  endif()
  if(name MATCHES "^test_")
    add_test(NAME ${folder}/${topic} COMMAND ${target}
             WORKING_DIRECTORY "${PROJECT_BINARY_DIR}/tests/${folder}")
    set_tests_properties(${folder}/${topic} PROPERTIES TIMEOUT 300)
    # Too much memory is asked for on purpose.
    set_property(TEST ${folder}/${topic} PROPERTY ENVIRONMENT
                 "ASAN_OPTIONS=allocator_may_return_null=1"
                 "TSAN_OPTIONS=allocator_may_return_null=1")
  endif()
endforeach()

# The list that tests/style reads.
file(GLOB_RECURSE gan_all_sources RELATIVE "${PROJECT_SOURCE_DIR}" CONFIGURE_DEPENDS
     "${PROJECT_SOURCE_DIR}/include/*.h" "${PROJECT_SOURCE_DIR}/lib/*.[ch]"
     "${PROJECT_SOURCE_DIR}/src/*.[ch]" "${PROJECT_SOURCE_DIR}/examples/*.[ch]"
     "${PROJECT_SOURCE_DIR}/tests/*.[ch]")
list(FILTER gan_all_sources EXCLUDE REGEX "^examples/python/") # what an sdist carries
list(JOIN gan_all_sources "\n" gan_source_list)
file(WRITE "${PROJECT_BINARY_DIR}/sources.txt" "${gan_source_list}\n")

# What is tested from outside: the interface, the installed library, the sources themselves.
find_program(GAN_CXX NAMES c++ g++ clang++)
find_program(GAN_NM NAMES nm)
find_program(GAN_SIZE NAMES size)
find_program(GAN_OBJDUMP NAMES objdump)
find_program(GAN_PKG_CONFIG NAMES pkg-config pkgconf)
find_program(GAN_CLANG_FORMAT NAMES clang-format-14 clang-format)
find_package(Python3 COMPONENTS Interpreter)
set(gan_programs GAN_CXX GAN_PKG_CONFIG GAN_CLANG_FORMAT Python3_FOUND)
set(gan_needed_by "headers and calls as C++" consumer/pkg-config style/format
    "cli/command kernels/hot_loops abi/every_function_ctypes style/single_file")
foreach(program test IN ZIP_LISTS gan_programs gan_needed_by)
  if(NOT ${program})
    message(STATUS "Not tested for lack of a program: ${test}")
  endif()
endforeach()

function(gan_script_test name script)
  set(arguments "")
  foreach(argument IN LISTS ARGN)
    list(APPEND arguments "-D${argument}")
  endforeach()
  add_test(NAME ${name} COMMAND "${CMAKE_COMMAND}" "-DSOURCE=${PROJECT_SOURCE_DIR}"
           "-DCC=${CMAKE_C_COMPILER}" ${arguments} -P "${PROJECT_SOURCE_DIR}/tests/${script}")
  set_tests_properties(${name} PROPERTIES TIMEOUT 600)
endfunction()

set(gan_work "${PROJECT_BINARY_DIR}/tests")
gan_script_test(abi/headers abi/headers.cmake "WORK=${gan_work}/headers" "CXX=${GAN_CXX}")
if(GAN_COMMAND AND Python3_FOUND AND NOT WIN32 AND NOT GAN_SANITIZE)
  gan_script_test(style/single_file style/single_file.cmake "WORK=${gan_work}/single_file"
                  "PYTHON=${Python3_EXECUTABLE}" "COMMAND=$<TARGET_FILE:gan_command>")
endif()
if(UNIX AND NOT CMAKE_CROSSCOMPILING)
  gan_script_test(style/flags style/flags.cmake "WORK=${gan_work}/flags"
                  "GENERATOR=${CMAKE_GENERATOR}")
endif()
if(GAN_CLANG_FORMAT)
  gan_script_test(style/format style/format.cmake "FORMATTER=${GAN_CLANG_FORMAT}")
endif()

if(CMAKE_SYSTEM_NAME STREQUAL "Linux" AND CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64"
   AND TARGET gan_train_test_same_bits)
  gan_script_test(train/bits_without_fma train/bits_without_fma.cmake
                  "PROGRAM=$<TARGET_FILE:gan_train_test_same_bits>"
                  "WORK=${gan_work}/bits_without_fma")
  if(Python3_FOUND AND GAN_OBJDUMP AND NOT GAN_SANITIZE AND CMAKE_BUILD_TYPE MATCHES "^Rel")
    add_test(NAME kernels/hot_loops COMMAND Python3::Interpreter
             "${PROJECT_SOURCE_DIR}/tests/kernels/hot_loops.py" "${GAN_OBJDUMP}" $<TARGET_FILE:gan>)
  endif()
endif()

if(GAN_COMMAND AND Python3_FOUND AND NOT WIN32)
  foreach(topic command signals outputs routes conditions translate chains eval measuring sequences
          lost_data)
    add_test(NAME cli/${topic} COMMAND Python3::Interpreter
             "${PROJECT_SOURCE_DIR}/tests/cli/test_${topic}.py" $<TARGET_FILE:gan_command>
             "${PROJECT_SOURCE_DIR}")
    set_tests_properties(cli/${topic} PROPERTIES TIMEOUT 600)
    set_property(TEST cli/${topic} PROPERTY ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1"
                 "ASAN_OPTIONS=allocator_may_return_null=1" "TSAN_OPTIONS=allocator_may_return_null=1")
  endforeach()
endif()

# A program of the public interface, beside the command.
if(GAN_COMMAND AND Python3_FOUND AND NOT WIN32)
  add_executable(gan_walk "${PROJECT_SOURCE_DIR}/tests/systems/walk.c")
  gan_compile(gan_walk)
  set_target_properties(gan_walk PROPERTIES
    OUTPUT_NAME walk RUNTIME_OUTPUT_DIRECTORY "${gan_work}/systems")
  target_link_libraries(gan_walk PRIVATE gan)
  add_test(NAME systems/systems COMMAND Python3::Interpreter
           "${PROJECT_SOURCE_DIR}/tests/systems/test_systems.py" $<TARGET_FILE:gan_command>
           "${PROJECT_SOURCE_DIR}" $<TARGET_FILE:gan_walk>)
  set_tests_properties(systems/systems PROPERTIES TIMEOUT 600)
  set_property(TEST systems/systems PROPERTY ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
  if(NOT GAN_SANITIZE)
    set_property(TEST systems/systems APPEND PROPERTY ENVIRONMENT "LIBGAN_LIBRARY=$<TARGET_FILE:gan>"
                 "PYTHONPATH=${PROJECT_SOURCE_DIR}/examples/python/src")
  endif()
endif()

if(Python3_FOUND)
  add_test(NAME examples/data COMMAND Python3::Interpreter
           "${PROJECT_SOURCE_DIR}/tests/examples/test_data.py" "${PROJECT_SOURCE_DIR}")
  set_property(TEST examples/data PROPERTY ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
endif()

# Sanitizers add symbols, data and libraries of their own.
if(NOT GAN_SANITIZE AND CMAKE_SYSTEM_NAME STREQUAL "Linux")
  gan_script_test(abi/symbols abi/symbols.cmake "LIBRARY=$<TARGET_FILE:gan>"
                  "ARCHIVE=$<TARGET_FILE:gan_static>" "NM=${GAN_NM}" "OBJDUMP=${GAN_OBJDUMP}"
                  "SIZE=${GAN_SIZE}")
  if(GAN_CXX)
    gan_script_test(abi/every_function_cpp abi/every_function.cmake "CXX=${GAN_CXX}"
                    "LIBRARY=$<TARGET_FILE:gan>" "WORK=${gan_work}/every_function")
    gan_script_test(abi/callback_throws abi/cxx_program.cmake "CXX=${GAN_CXX}"
                    NAME=callback_throws "LIBRARY=$<TARGET_FILE:gan>"
                    "WORK=${gan_work}/callback_throws")
  endif()
  if(Python3_FOUND)
    add_test(NAME abi/every_function_ctypes COMMAND Python3::Interpreter
             "${PROJECT_SOURCE_DIR}/tests/abi/every_function.py" $<TARGET_FILE:gan>
             "${PROJECT_SOURCE_DIR}")
    add_test(NAME bench/engines COMMAND Python3::Interpreter
             "${PROJECT_SOURCE_DIR}/tests/bench/test_engines.py" "${PROJECT_BINARY_DIR}"
             "${PROJECT_SOURCE_DIR}")
    set(gan_python_tests abi/every_function_ctypes bench/engines)
    if(GAN_COMMAND)
      add_test(NAME figures/quick COMMAND Python3::Interpreter
               "${PROJECT_SOURCE_DIR}/tests/figures/test_figures.py" "${PROJECT_BINARY_DIR}"
               "${PROJECT_SOURCE_DIR}")
      list(APPEND gan_python_tests figures/quick)
    endif()
    set_property(TEST ${gan_python_tests} PROPERTY ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
  endif()
endif()
# The Python package, on the library that was built here.
if(Python3_FOUND AND NOT GAN_SANITIZE AND NOT CMAKE_CROSSCOMPILING)
  execute_process(COMMAND "${Python3_EXECUTABLE}" -c "import numpy, pytest"
                  RESULT_VARIABLE gan_lacks_pytest OUTPUT_QUIET ERROR_QUIET)
  if(gan_lacks_pytest OR Python3_VERSION VERSION_LESS 3.10)
    message(STATUS "Not tested for lack of Python 3.10 with NumPy and pytest: python/package")
  else()
    add_test(NAME python/package COMMAND Python3::Interpreter -m pytest -q -p no:cacheprovider
             tests/python WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
    set_tests_properties(python/package PROPERTIES TIMEOUT 600)
    set_property(TEST python/package PROPERTY ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1"
                 "PYTHONPATH=${PROJECT_SOURCE_DIR}/examples/python/src"
                 "LIBGAN_LIBRARY=$<TARGET_FILE:gan>")
  endif()
endif()
if(NOT GAN_SANITIZE AND GAN_INSTALL AND NOT WIN32)
  gan_script_test(consumer/places consumer/places.cmake "WORK=${gan_work}/consumer-places"
                  "GENERATOR=${CMAKE_GENERATOR}")
  foreach(how package folder pkg-config)
    if(how STREQUAL "pkg-config" AND NOT GAN_PKG_CONFIG)
      continue()
    endif()
    set(gan_program "")
    if(GAN_COMMAND)
      set(gan_program $<TARGET_FILE:gan_command>)
    endif()
    gan_script_test(consumer/${how} consumer/consumer.cmake "HOW=${how}" "GAN=${gan_program}"
                    "BUILD=${PROJECT_BINARY_DIR}" "CONFIG=$<CONFIG>" "GENERATOR=${CMAKE_GENERATOR}"
                    "WORK=${gan_work}/consumer-${how}" "PKG_CONFIG=${GAN_PKG_CONFIG}")
  endforeach()
endif()

# The longest begin first, also where no run before this one tells which they are.
foreach(test systems/systems python/package figures/quick style/single_file compute/convolution
        train/same_bits consumer/folder consumer/pkg-config layers/layers_bits)
  if(TEST ${test})
    set_tests_properties(${test} PROPERTIES COST 100)
  endif()
endforeach()
