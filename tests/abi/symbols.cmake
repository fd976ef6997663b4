# Compares cmake/symbols.txt with the declarations in include/gan and with what the library exports;
# prints the exports. Also: the library finds its own functions in itself, and no object of it has
# writable data of its own.
#   cmake -DSOURCE= -DLIBRARY= -DARCHIVE= [-DNM=] [-DOBJDUMP=] [-DSIZE=] -P symbols.cmake
cmake_minimum_required(VERSION 3.25)
set(failed FALSE)

function(report title names)
  if(names)
    list(JOIN names "\n  " lines)
    message("${title}\n  ${lines}")
    set(failed TRUE PARENT_SCOPE)
  endif()
endfunction()

function(difference out a b)
  if(a AND b)
    list(REMOVE_ITEM a ${b})
  endif()
  set(${out} "${a}" PARENT_SCOPE)
endfunction()

set(declared "")
file(GLOB headers "${SOURCE}/include/gan/*.h")
foreach(header IN LISTS headers)
  file(READ "${header}" text)
  string(REGEX MATCHALL "GAN_API [^;()]*gan_[a-z0-9_]+\\(" declarations "${text}")
  foreach(declaration IN LISTS declarations)
    string(REGEX MATCH "(gan_[a-z0-9_]+)\\($" found "${declaration}")
    list(APPEND declared "${CMAKE_MATCH_1}")
  endforeach()
endforeach()

file(STRINGS "${SOURCE}/cmake/symbols.txt" listed REGEX "^gan_")
list(TRANSFORM listed REPLACE " .*$" "")
difference(missing "${declared}" "${listed}")
difference(extra "${listed}" "${declared}")
report("Declared in include/gan, not in cmake/symbols.txt:" "${missing}")
report("In cmake/symbols.txt, not declared in include/gan:" "${extra}")

if(NM)
  execute_process(COMMAND "${NM}" -D --defined-only "${LIBRARY}" OUTPUT_VARIABLE text
                  COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCHALL "[0-9a-f]+ [TDBRVWi] [A-Za-z_][A-Za-z0-9_]*" exports "${text}")
  list(TRANSFORM exports REPLACE "^.* " "")
  list(SORT exports)
  difference(missing "${listed}" "${exports}")
  difference(extra "${exports}" "${listed}")
  report("Listed, but not exported by the library:" "${missing}")
  report("Exported by the library, but not listed:" "${extra}")
  list(LENGTH exports count)
  list(JOIN exports "\n  " lines)
  message("${count} exported symbols:\n  ${lines}")
endif()

# What the dynamic linker still looks up by name may be found in another copy of the library.
if(OBJDUMP)
  execute_process(COMMAND "${OBJDUMP}" -R "${LIBRARY}" OUTPUT_VARIABLE text
                  COMMAND_ERROR_IS_FATAL ANY)
  if(NOT text MATCHES " R_[A-Z0-9_]+ ")
    message(FATAL_ERROR "${OBJDUMP} finds no relocations in ${LIBRARY}")
  endif()
  string(REGEX MATCHALL " gan_[a-z0-9_]+" bound "${text}")
  list(REMOVE_DUPLICATES bound)
  report("Functions of its own that the library looks up by name:" "${bound}")
endif()

# Berkeley's table: text, data, bss, ... , file. Constants that hold addresses count as data there,
# so the sections are read one by one.
if(SIZE)
  execute_process(COMMAND "${SIZE}" -A "${ARCHIVE}" OUTPUT_VARIABLE text COMMAND_ERROR_IS_FATAL ANY)
  string(REPLACE ";" "," text "${text}")
  string(REPLACE "\n" ";" lines "${text}")
  set(writable "")
  foreach(line IN LISTS lines)
    if(line MATCHES "^([^ ]+\\.o) ")
      set(object "${CMAKE_MATCH_1}")
    elseif(line MATCHES "^\\.(data|bss|tdata|tbss)(\\.[^r][^ ]*)? +([0-9]+)" AND
           NOT CMAKE_MATCH_3 EQUAL 0)
      list(APPEND writable "${object}: .${CMAKE_MATCH_1}${CMAKE_MATCH_2}, ${CMAKE_MATCH_3} bytes")
    endif()
  endforeach()
  report("Mutable globals:" "${writable}")
endif()

if(failed)
  message(FATAL_ERROR "the interface is not what it is said to be")
endif()
