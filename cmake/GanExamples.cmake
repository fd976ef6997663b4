# The example programs, one file each.
file(GLOB gan_example_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/examples/*.c")
foreach(source ${gan_example_sources})
  get_filename_component(name "${source}" NAME_WE)
  add_executable(gan_example_${name} "${source}")
  gan_compile(gan_example_${name})
  set_target_properties(gan_example_${name} PROPERTIES
    OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/examples")
  target_link_libraries(gan_example_${name} PRIVATE gan)
endforeach()
