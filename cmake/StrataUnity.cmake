# What makes a file cost is the project's headers and the templates that it instantiates, the same ones in each file of a
# folder: 600 files took some 1,000 s of a core before any code was made of them, a unit for each folder 170 s. So with
# CMAKE_UNITY_BUILD a folder's files are compiled together, a large one's in even pieces, and a floor's tests as if they were
# one folder. Names in unnamed namespaces are therefore unique within a folder, wherever it is cut, and those of tests
# within a floor.
set(STRATA_UNITY_FILES 40)

if(CMAKE_UNITY_BUILD)
  # The compiler takes what it includes for a header, whose types others might see with another unnamed namespace.
  target_compile_options(strata_flags INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
  # It collects garbage from 128 MiB on, which takes a fifth of the time of a unit that needs 600.
  target_compile_options(strata_flags INTERFACE $<$<CXX_COMPILER_ID:GNU>:--param=ggc-min-heapsize=600000>)
endif()

# strata_unite(TARGET [WHOLE]): by folder, or all that it has. CMake leaves files with flags of their own alone.
function(strata_unite target)
  if(NOT CMAKE_UNITY_BUILD)
    return()
  endif()
  get_target_property(sources ${target} SOURCES)
  set(folders)
  foreach(source ${sources})
    if(NOT source MATCHES "\\.cc$")
      continue()
    endif()
    set(folder all)
    if(NOT ARGN STREQUAL "WHOLE")
      get_filename_component(folder "${source}" DIRECTORY)
      file(RELATIVE_PATH folder "${CMAKE_SOURCE_DIR}" "${folder}")
      string(MAKE_C_IDENTIFIER "${folder}" folder)
    endif()
    list(APPEND folders ${folder})
    list(APPEND files_${folder} "${source}")
  endforeach()
  list(REMOVE_DUPLICATES folders)
  foreach(folder ${folders})
    list(LENGTH files_${folder} count)
    math(EXPR pieces "(${count} + ${STRATA_UNITY_FILES} - 1) / ${STRATA_UNITY_FILES}")
    set(at 0)
    foreach(file ${files_${folder}})
      math(EXPR piece "${at} * ${pieces} / ${count}")
      math(EXPR at "${at} + 1")
      set_source_files_properties("${file}" PROPERTIES UNITY_GROUP "${folder}_${piece}")
    endforeach()
  endforeach()
  set_target_properties(${target} PROPERTIES UNITY_BUILD_MODE GROUP)
endfunction()
