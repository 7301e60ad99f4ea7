# What makes a file cost is the project's headers and the templates that it instantiates, the same ones in each file of a
# floor, and what the compiler makes of those templates: 600 files took some 1,000 s of a core before any code was made of
# them. So with CMAKE_UNITY_BUILD a floor is compiled in a few even pieces, and so are its tests. Names in unnamed
# namespaces are therefore unique within a floor, wherever it is cut. A compiler takes up to 1.1 GiB for a piece.
set(STRATA_UNITY_FILES 40)

if(CMAKE_UNITY_BUILD)
  # The compiler takes what it includes for a header, whose types others might see with another unnamed namespace.
  target_compile_options(strata_flags INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
  # It collects garbage from 128 MiB on, which takes a fifth of the time of a unit that needs 600.
  target_compile_options(strata_flags INTERFACE $<$<CXX_COMPILER_ID:GNU>:--param=ggc-min-heapsize=600000>)
endif()

# strata_unite(TARGET): CMake leaves files with flags of their own alone.
function(strata_unite target)
  if(NOT CMAKE_UNITY_BUILD)
    return()
  endif()
  get_target_property(sources ${target} SOURCES)
  list(FILTER sources INCLUDE REGEX "\\.cc$")
  list(LENGTH sources count)
  math(EXPR pieces "(${count} + ${STRATA_UNITY_FILES} - 1) / ${STRATA_UNITY_FILES}")
  set(at 0)
  foreach(source ${sources})
    math(EXPR piece "${at} * ${pieces} / ${count}")
    math(EXPR at "${at} + 1")
    set_source_files_properties("${source}" PROPERTIES UNITY_GROUP "all_${piece}")
  endforeach()
  set_target_properties(${target} PROPERTIES UNITY_BUILD_MODE GROUP)
endfunction()
