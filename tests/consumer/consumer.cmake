# Installs the built library below WORK, then builds and runs a program and the examples against it.
#   cmake -DHOW=package|pkg-config|folder -DSOURCE= -DBUILD= -DCONFIG= -DWORK= -DGENERATOR= -DCC=
#         [-DPKG_CONFIG=] [-DFLAGS=] [-DGAN=the command] -P consumer.cmake
cmake_minimum_required(VERSION 3.25)
set(prefix "${WORK}/prefix")
file(REMOVE_RECURSE "${WORK}")
file(MAKE_DIRECTORY "${WORK}")

function(run)
  execute_process(COMMAND ${ARGN} WORKING_DIRECTORY "${WORK}" RESULT_VARIABLE result
                  OUTPUT_VARIABLE output ERROR_VARIABLE output)
  message("${output}")
  if(result)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "${command}: ${result}")
  endif()
endfunction()

# The example that needs a run of the command.
function(run_reconstruct folder)
  set(recipe "${SOURCE}/examples/recipes/fashion-vae.recipe")
  file(REMOVE_RECURSE "${WORK}/vae" "${WORK}/pair.png")
  run("${GAN}" train "${recipe}" --out vae --steps 2 --threads 1)
  run("${folder}/reconstruct" vae/checkpoint.safetensors picture.pgm pair.png)
endfunction()

# The examples, built in FOLDER: each writes what its reader is told that it writes.
function(run_examples folder)
  set(images "${SOURCE}/examples/data/fashion-images.gz")
  set(labels "${SOURCE}/examples/data/fashion-labels.gz")
  set(written run.safetensors generator.safetensors sheet.png own_generator.safetensors sheet.pgm
      class.png cyclegan.safetensors edges.png discriminator.safetensors points.npy
      x-to-y.safetensors outlines.png)
  string(REPEAT "0123456789abcdef" 49 pixels) # 28 x 28, grey
  file(WRITE "${WORK}/picture.pgm" "P5 28 28 255\n${pixels}")
  foreach(file IN LISTS written)
    file(REMOVE "${WORK}/${file}")
  endforeach()
  run("${folder}/train_gan" "${images}" 3)
  run("${folder}/sample_in_app" generator.safetensors sheet.pgm)
  run("${folder}/own_objective" "${images}" 3)
  run("${folder}/train_cyclegan" "${images}" 3)
  run("${folder}/train_discriminator" 3)
  run("${folder}/train_cgan" "${images}" "${labels}" 3)
  run("${folder}/unit_from_scratch" "${images}" 3)
  run("${folder}/translate_in_app" x-to-y.safetensors "${WORK}/picture.pgm" outlines.png)
  if(GAN)
    run_reconstruct("${folder}")
    list(APPEND written pair.png)
  endif()
  foreach(file IN LISTS written)
    if(NOT EXISTS "${WORK}/${file}")
      message(FATAL_ERROR "no example wrote ${file}")
    endif()
  endforeach()
endfunction()

if(NOT HOW STREQUAL "folder")
  run("${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${prefix}" --config "${CONFIG}")
endif()

if(HOW STREQUAL "pkg-config")
  file(GLOB_RECURSE file "${prefix}/*/gan.pc")
  get_filename_component(folder "${file}" DIRECTORY)
  set(ENV{PKG_CONFIG_PATH} "${folder}")
  foreach(kind "" "--static")
    execute_process(COMMAND "${PKG_CONFIG}" ${kind} --cflags --libs gan OUTPUT_VARIABLE flags
                    OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
    execute_process(COMMAND "${PKG_CONFIG}" --variable=libdir gan OUTPUT_VARIABLE libraries
                    OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
    separate_arguments(flags UNIX_COMMAND "${flags} ${FLAGS}")
    if(kind)
      list(PREPEND flags -static-libgcc -DGAN_STATIC)
      list(TRANSFORM flags REPLACE "^-lgan$" "-l:libgan.a")
    else()
      list(APPEND flags "-Wl,-rpath,${libraries}")
    endif()
    file(GLOB examples "${SOURCE}/examples/*.c")
    foreach(source "${SOURCE}/tests/consumer/main.c" ${examples})
      get_filename_component(name "${source}" NAME_WE)
      run("${CC}" -std=c99 "${source}" -o "${WORK}/${name}" ${flags})
    endforeach()
    run("${WORK}/main")
    run_examples("${WORK}")
  endforeach()
  return()
endif()

# As a sub-project the library is compiled again: unoptimised and without debugging information, since it
# must only run, and only for the program against the shared one.
run("${CMAKE_COMMAND}" -S "${SOURCE}/tests/consumer" -B "${WORK}/build" -G "${GENERATOR}"
    "-DCMAKE_C_COMPILER=${CC}" "-DCMAKE_C_FLAGS=${FLAGS}" -DCMAKE_BUILD_TYPE=
    "-DHOW=${HOW}" "-DGAN_SOURCE=${SOURCE}" "-DCMAKE_PREFIX_PATH=${prefix}"
    "-DEXAMPLES=${SOURCE}/examples" -DCMAKE_UNITY_BUILD=ON)
if(HOW STREQUAL "folder")
  set(target --target consumer)
endif()
run("${CMAKE_COMMAND}" --build "${WORK}/build" --parallel 2 ${target})
run("${WORK}/build/consumer")
if(HOW STREQUAL "package")
  run("${WORK}/build/consumer_static")
  run_examples("${WORK}/build")
endif()
