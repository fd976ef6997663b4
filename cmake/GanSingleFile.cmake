# The target single_file: gan/gan.c and gan/gan.h in the build's folder, for a project that vendors them.
if(PROJECT_IS_TOP_LEVEL)
  find_package(Python3 COMPONENTS Interpreter)
  if(Python3_FOUND)
    add_custom_target(single_file
      COMMAND Python3::Interpreter "${PROJECT_SOURCE_DIR}/cmake/single_file.py" "${PROJECT_BINARY_DIR}/single/gan"
      COMMENT "All of the library as ${PROJECT_BINARY_DIR}/single/gan/gan.c and gan.h" VERBATIM)
  endif()
endif()
