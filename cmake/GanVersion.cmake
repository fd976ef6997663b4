# The version stands in one place, include/gan/status.h.
file(STRINGS "${CMAKE_CURRENT_SOURCE_DIR}/include/gan/status.h" gan_version_line
     REGEX "^#define GAN_VERSION \"")
string(REGEX REPLACE "^.*\"([0-9.]+)\".*$" "\\1" GAN_VERSION "${gan_version_line}")
