# Installed: the headers, both libraries, the command, gan-config.cmake for find_package(gan), gan.pc
# for pkg-config.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(gan_package_folder "${CMAKE_INSTALL_LIBDIR}/cmake/gan")

install(FILES ${gan_public_headers} DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/gan")
install(TARGETS gan gan_static EXPORT gan-targets
        RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}"
        LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}"
        ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
        INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(EXPORT gan-targets NAMESPACE gan:: DESTINATION "${gan_package_folder}")

configure_package_config_file(
  "${PROJECT_SOURCE_DIR}/cmake/gan-config.cmake.in" "${PROJECT_BINARY_DIR}/gan-config.cmake"
  INSTALL_DESTINATION "${gan_package_folder}")
# Before 1.0 another minor version is another interface.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/gan-config-version.cmake"
                                 COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/gan-config.cmake"
              "${PROJECT_BINARY_DIR}/gan-config-version.cmake"
        DESTINATION "${gan_package_folder}")

# The prefix is the file's own place, so that an installed tree can be moved; unless the libraries
# lie outside of it.
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
  set(gan_pc_prefix "${CMAKE_INSTALL_PREFIX}")
else()
  file(RELATIVE_PATH gan_prefix_from_pc "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
  set(gan_pc_prefix "\${pcfiledir}/${gan_prefix_from_pc}")
endif()
foreach(folder LIBDIR INCLUDEDIR)
  set(gan_pc_${folder} "${CMAKE_INSTALL_${folder}}")
  if(NOT IS_ABSOLUTE "${CMAKE_INSTALL_${folder}}")
    string(PREPEND gan_pc_${folder} "\${prefix}/")
  endif()
endforeach()
if(GAN_OPENMP)
  set(gan_openmp_flags "${OpenMP_C_FLAGS} ")
endif()
configure_file("${PROJECT_SOURCE_DIR}/cmake/gan.pc.in" "${PROJECT_BINARY_DIR}/gan.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/gan.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")

if(TARGET gan_command)
  if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}" OR IS_ABSOLUTE "${CMAKE_INSTALL_BINDIR}")
    set(gan_libraries_of_command "${CMAKE_INSTALL_FULL_LIBDIR}")
  else()
    file(RELATIVE_PATH gan_libraries_from_command "/${CMAKE_INSTALL_BINDIR}"
         "/${CMAKE_INSTALL_LIBDIR}")
    set(gan_libraries_of_command "$ORIGIN/${gan_libraries_from_command}")
  endif()
  if(NOT WIN32 AND NOT APPLE)
    set_target_properties(gan_command PROPERTIES INSTALL_RPATH "${gan_libraries_of_command}")
  endif()
  install(TARGETS gan_command RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()
