# The library, shared (gan) and static (gan_static), from the same sources.
file(GLOB gan_sources CONFIGURE_DEPENDS
     "${PROJECT_SOURCE_DIR}/lib/*/*.c" "${PROJECT_SOURCE_DIR}/lib/kernels/*/*.c")
file(GLOB gan_public_headers CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/include/gan/*.h")

# With sanitizers, which take minutes for the unrolled kernels, also from the same objects.
set(gan_compiled gan gan_static)
if(GAN_SANITIZE)
  add_library(gan_objects OBJECT ${gan_sources})
  target_compile_definitions(gan_objects PRIVATE GAN_BUILDING)
  set_target_properties(gan_objects PROPERTIES POSITION_INDEPENDENT_CODE ON)
  set(gan_sources $<TARGET_OBJECTS:gan_objects>)
  list(APPEND gan_compiled gan_objects)
endif()

add_library(gan SHARED ${gan_sources})
add_library(gan_static STATIC ${gan_sources})
add_library(gan::gan ALIAS gan)
add_library(gan::static ALIAS gan_static)
set_target_properties(gan_static PROPERTIES EXPORT_NAME static)

foreach(target IN LISTS gan_compiled)
  gan_compile(${target})
  # A parent's CMAKE_UNITY_BUILD would put sources together that ask the system for different things.
  set_target_properties(${target} PROPERTIES UNITY_BUILD OFF)
  target_include_directories(${target}
    PUBLIC "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>"
    PRIVATE "${PROJECT_SOURCE_DIR}/lib")
  if(GAN_OPENMP)
    find_package(OpenMP REQUIRED COMPONENTS C)
    target_link_libraries(${target} PRIVATE OpenMP::OpenMP_C)
    target_compile_definitions(${target} PRIVATE GAN_OPENMP)
  endif()
  target_link_libraries(${target} PRIVATE Threads::Threads)
  if(UNIX)
    target_link_libraries(${target} PRIVATE m)
  endif()
endforeach()

target_compile_definitions(gan PRIVATE GAN_BUILDING)
target_compile_definitions(gan_static PUBLIC GAN_STATIC)
# The static library may end in somebody's shared one.
set_target_properties(gan_static PROPERTIES POSITION_INDEPENDENT_CODE ON)
if(WIN32)
  set_target_properties(gan_static PROPERTIES OUTPUT_NAME gan-static)
else()
  set_target_properties(gan_static PROPERTIES OUTPUT_NAME gan)
endif()

# Before 1.0 every minor version may break the ABI: libgan.so.0.1.
set_target_properties(gan PROPERTIES
  VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
