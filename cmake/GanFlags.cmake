# How this project's own targets are compiled. Everything goes through gan_compile(target), so that
# nothing reaches a parent project.

if(PROJECT_IS_TOP_LEVEL AND NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug, Release, RelWithDebInfo or MinSizeRel" FORCE)
endif()

# Flags that change results are refused, wherever a parent or a user has put them. Those that hang on a
# condition, or that other builds give, are seen by lib/base/exact.h or by a new context's self-test.
set(gan_inexact "fast-math|finite-math-only|unsafe-math-optimizations|associative-math|reciprocal-math")
string(APPEND gan_inexact "|no-signed-zeros|no-honor-nans|no-honor-infinities|approx-func")
string(APPEND gan_inexact "|single-precision-constant|fp-model=fast")
get_directory_property(gan_flags COMPILE_OPTIONS)
list(TRANSFORM gan_flags REPLACE "^SHELL:" "")
list(JOIN gan_flags " " gan_flags)
foreach(config "" ${CMAKE_BUILD_TYPE} ${CMAKE_CONFIGURATION_TYPES})
  if(config)
    string(TOUPPER "_${config}" config)
  endif()
  separate_arguments(gan_each NATIVE_COMMAND "${CMAKE_C_FLAGS${config}} ${gan_flags}")
  if("-fno-fast-math" IN_LIST gan_each) # takes back what stands before it
    list(FIND gan_each -fno-fast-math gan_at)
    list(SUBLIST gan_each ${gan_at} -1 gan_each)
  endif()
  list(FILTER gan_each INCLUDE REGEX "^(-f(${gan_inexact})|-Ofast|/fp:fast)$")
  if(gan_each)
    message(FATAL_ERROR "libgan's results are exact bits, on every machine: the compiler flag ${gan_each} "
            "changes results. Leave it away, for these sources at least.")
  endif()
endforeach()

find_package(Threads REQUIRED)

set(gan_is_gnu "$<C_COMPILER_ID:GNU,Clang,AppleClang>")

function(gan_compile target)
  set_target_properties(${target} PROPERTIES
    C_STANDARD 11 C_STANDARD_REQUIRED ON C_EXTENSIONS OFF C_VISIBILITY_PRESET hidden)
  # Results are the same bits everywhere: the compiler never fuses a product into a sum.
  # -O2 stands behind CMake's -O3 on the command line and so prevails.
  target_compile_options(${target} PRIVATE
    "$<${gan_is_gnu}:-ffp-contract=off>"
    "$<$<AND:${gan_is_gnu},$<CONFIG:Release>>:-O2>"
    "$<$<AND:${gan_is_gnu},$<BOOL:${PROJECT_IS_TOP_LEVEL}>>:-Wall;-Wextra;-Wshadow;-Wconversion;-Wvla;-Wundef;-Wmissing-prototypes>")
  if(MINGW)
    target_compile_definitions(${target} PRIVATE __USE_MINGW_ANSI_STDIO=1)
  endif()
  if(GAN_SANITIZE)
    # -g1: what a report needs, files and lines; with all that a debugger knows the tests take gigabytes more.
    target_compile_options(${target} PRIVATE
      -fsanitize=${GAN_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -g1)
    target_link_options(${target} PRIVATE -fsanitize=${GAN_SANITIZE})
    # Checks of every address grow the code so that it takes twice as long to compile with -O2 as with -O1.
    if(GAN_SANITIZE MATCHES "address")
      target_compile_options(${target} PRIVATE -O1)
    endif()
  endif()
endfunction()

# Short loops of the hot folders are as fast in every build: neither place nor speed of one function
# depends on what stands before it.
set(gan_align "$<$<AND:${gan_is_gnu},$<CONFIG:Release,RelWithDebInfo>>:-falign-functions=64;-falign-loops=32>")
file(GLOB gan_hot_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/lib/compute/*.c"
  "${PROJECT_SOURCE_DIR}/lib/kernels/*.c" "${PROJECT_SOURCE_DIR}/lib/kernels/*/*.c")
set_source_files_properties(${gan_hot_sources} PROPERTIES COMPILE_OPTIONS "${gan_align}")

# The loops of the layers, unlike the kernels, are left to the compiler to make vectors of. GCC does so
# from -O3 on, and with a condition only if nobody looks at the flags of floating-point exceptions.
# Neither changes a result.
file(GLOB gan_layer_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/lib/layers/*.c")
set_source_files_properties(${gan_layer_sources} PROPERTIES COMPILE_OPTIONS
  "$<$<AND:${gan_is_gnu},$<CONFIG:Release,RelWithDebInfo>>:-O3;-fno-trapping-math>")

# The command and the tests call the system; the library does so in lib/base/os_*.c alone.
function(gan_use_system target)
  if(UNIX)
    target_compile_definitions(${target} PRIVATE _GNU_SOURCE)
  endif()
endfunction()
