# Configures the project for unusual folders, below one with a comma in its name, and reads what would be
# built and installed.
#   cmake -DSOURCE= -DWORK= -DGENERATOR= -DCC= -P places.cmake
cmake_minimum_required(VERSION 3.25)
set(build "${WORK}/a,b")
file(REMOVE_RECURSE "${WORK}")

function(configure)
  file(REMOVE_RECURSE "${build}/CMakeFiles/Export") # what the last folders were
  execute_process(COMMAND "${CMAKE_COMMAND}" -S "${SOURCE}" -B "${build}" -G "${GENERATOR}"
                          "-DCMAKE_C_COMPILER=${CC}" -DCMAKE_INSTALL_PREFIX=/opt/gan -DGAN_TESTS=OFF
                          -DGAN_EXAMPLES=OFF -DCMAKE_EXE_LINKER_FLAGS=-Wl,--no-undefined-version
                          ${ARGN}
                  RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(result)
    message(FATAL_ERROR "${output}")
  endif()
endfunction()

# FILE, below the build folder, has this TEXT.
function(expect file text)
  file(GLOB_RECURSE found "${build}/${file}")
  list(LENGTH found count)
  if(NOT count EQUAL 1)
    message(FATAL_ERROR "not one ${file}: ${found}")
  endif()
  file(READ "${found}" content)
  string(FIND "${content}" "${text}" at)
  if(at EQUAL -1)
    message(SEND_ERROR "${file}: no \"${text}\" in\n${content}")
  endif()
endfunction()

configure(-DCMAKE_INSTALL_INCLUDEDIR=include/odd -DCMAKE_INSTALL_LIBDIR=lib/odd)
expect(gan-targets.cmake [[INTERFACE_INCLUDE_DIRECTORIES "${_IMPORT_PREFIX}/include/odd"]])
expect(gan.pc "prefix=\${pcfiledir}/../../../\nlibdir=\${prefix}/lib/odd\nincludedir=\${prefix}/include/odd\n")
if(GENERATOR MATCHES "Ninja")
  expect(build.ninja "-Xlinker --version-script=")
endif()

configure(-DCMAKE_INSTALL_INCLUDEDIR=/srv/headers -DCMAKE_INSTALL_LIBDIR=lib)
expect(gan-targets.cmake [[INTERFACE_INCLUDE_DIRECTORIES "/srv/headers"]])
expect(gan.pc "prefix=\${pcfiledir}/../../\nlibdir=\${prefix}/lib\nincludedir=/srv/headers\n")

configure(-DCMAKE_INSTALL_INCLUDEDIR=include -DCMAKE_INSTALL_LIBDIR=/srv/libraries)
expect(gan-targets.cmake [[INTERFACE_INCLUDE_DIRECTORIES "${_IMPORT_PREFIX}/include"]])
expect(gan.pc "prefix=/opt/gan\nlibdir=/srv/libraries\nincludedir=\${prefix}/include\n")
