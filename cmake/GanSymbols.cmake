# The export list: the linker's version script is made from cmake/symbols.txt, one node for each minor
# version. tests/abi compares the file with the headers and with the library that comes out.
include(CheckLinkerFlag)

set(gan_symbols_file "${PROJECT_SOURCE_DIR}/cmake/symbols.txt")
set(gan_version_script "${PROJECT_BINARY_DIR}/gan.map")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${gan_symbols_file}")

function(gan_write_version_script)
  file(STRINGS "${gan_symbols_file}" lines REGEX "^gan_")
  set(minors "")
  foreach(line IN LISTS lines)
    string(REGEX MATCH "^(gan_[a-z0-9_]+) +([0-9]+\\.[0-9]+)$" found "${line}")
    if(NOT found)
      message(FATAL_ERROR "${gan_symbols_file}: not \"FUNCTION MINOR\": ${line}")
    endif()
    list(APPEND minors "${CMAKE_MATCH_2}")
    list(APPEND "names_${CMAKE_MATCH_2}" "${CMAKE_MATCH_1}")
  endforeach()
  list(REMOVE_DUPLICATES minors)
  list(SORT minors COMPARE NATURAL)
  set(script "")
  set(parent "")
  foreach(minor IN LISTS minors)
    list(JOIN "names_${minor}" ";\n    " names)
    string(APPEND script "LIBGAN_${minor} {\n  global:\n    ${names};\n")
    if(parent STREQUAL "")
      string(APPEND script "  local:\n    *;\n")
    endif()
    string(APPEND script "}${parent};\n")
    set(parent " LIBGAN_${minor}")
  endforeach()
  file(CONFIGURE OUTPUT "${gan_version_script}" CONTENT "${script}" @ONLY)
endfunction()

gan_write_version_script()
# The linker is asked with a map of its own: of another program's flags, --no-undefined-version would
# miss our functions in the program that is linked to ask. -Xlinker takes a path with commas.
set(gan_version_script_probe "${PROJECT_BINARY_DIR}/CMakeFiles/gan_probe.map")
file(WRITE "${gan_version_script_probe}" "{ local: *; };\n")
check_linker_flag(C "SHELL:-Xlinker \"--version-script=${gan_version_script_probe}\""
                  GAN_HAS_VERSION_SCRIPT)
if(GAN_HAS_VERSION_SCRIPT)
  target_link_options(gan PRIVATE
    "SHELL:-Xlinker \"--version-script=${gan_version_script}\"")
  set_property(TARGET gan APPEND PROPERTY LINK_DEPENDS "${gan_version_script}")
  # The library's own calls of public functions stay in it, whatever else of these names a process has
  # loaded: another version of the library, say.
  check_linker_flag(C "-Wl,-Bsymbolic-functions" GAN_HAS_SYMBOLIC_FUNCTIONS)
  if(GAN_HAS_SYMBOLIC_FUNCTIONS)
    target_link_options(gan PRIVATE "-Wl,-Bsymbolic-functions")
  endif()
elseif(CMAKE_SYSTEM_NAME MATCHES "^(Linux|GNU|FreeBSD|NetBSD|OpenBSD|DragonFly)$")
  unset(GAN_HAS_VERSION_SCRIPT CACHE)
  message(FATAL_ERROR "The linker takes no version script, without which libgan.so would have other "
          "symbols: see CMakeFiles/CMakeConfigureLog.yaml or CMakeError.log")
endif()
