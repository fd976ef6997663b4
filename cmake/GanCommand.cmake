# The gan command, a client of the public ABI like any other program, and the demo that runs it.
file(GLOB gan_command_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/*.c")
if(gan_command_sources)
  add_executable(gan_command ${gan_command_sources})
  gan_compile(gan_command)
  gan_use_system(gan_command)
  set_target_properties(gan_command PROPERTIES OUTPUT_NAME gan)
  target_link_libraries(gan_command PRIVATE gan Threads::Threads)
  if(UNIX)
    target_link_libraries(gan_command PRIVATE m)
  endif()

  if(PROJECT_IS_TOP_LEVEL)
    add_custom_target(demo
      COMMAND gan_command train "${PROJECT_SOURCE_DIR}/examples/recipes/fashion-gan.recipe"
              --out "${PROJECT_BINARY_DIR}/run"
      COMMENT "Training on pictures of clothes: ${PROJECT_BINARY_DIR}/run"
      USES_TERMINAL VERBATIM)
    add_custom_target(bench COMMAND gan_command bench COMMENT "Measuring" USES_TERMINAL VERBATIM)
  endif()
endif()
