include(StrataUnity)

# strata_floor(FOLDER BELOW...): the library of one folder: every .cc below it, linked to the folders it may include.
function(strata_floor folder)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cc")
  if(NOT sources)
    set(sources "${CMAKE_BINARY_DIR}/strata_pch.cc")
  endif()
  add_library(strata_${folder} STATIC ${sources})
  target_link_libraries(strata_${folder} PUBLIC ${ARGN} strata_flags dep_llvm)
  strata_precompile(strata_${folder})
  strata_unite(strata_${folder})
endfunction()

# strata_throws(FILE): for the door to a library that throws; the precompiled header is of code that does not.
function(strata_throws file)
  set_source_files_properties(${file} PROPERTIES COMPILE_OPTIONS -fexceptions SKIP_PRECOMPILE_HEADERS ON)
endfunction()

# One precompiled header for all: the LLVM vocabulary and the standard containers are most of what a file costs.
function(strata_precompile target)
  if(TARGET strata_pch)
    target_precompile_headers(${target} REUSE_FROM strata_pch)
  endif()
endfunction()

file(WRITE "${CMAKE_BINARY_DIR}/strata_pch.cc.in" "// carries the precompiled header\n")
configure_file("${CMAKE_BINARY_DIR}/strata_pch.cc.in" "${CMAKE_BINARY_DIR}/strata_pch.cc" COPYONLY)
add_library(strata_pch OBJECT "${CMAKE_BINARY_DIR}/strata_pch.cc")
target_link_libraries(strata_pch PRIVATE strata_flags dep_llvm)
set(strata_pch_headers
  <llvm/ADT/ArrayRef.h> <llvm/ADT/DenseMap.h> <llvm/ADT/STLExtras.h> <llvm/ADT/SmallVector.h>
  <llvm/ADT/StringExtras.h> <llvm/ADT/StringMap.h> <llvm/ADT/StringRef.h> <llvm/ADT/Twine.h>
  <llvm/Support/Error.h> <llvm/Support/JSON.h> <llvm/Support/raw_ostream.h>
  <algorithm> <array> <atomic> <chrono> <cstdint> <functional> <map> <memory> <mutex> <optional> <set> <string>
  <string_view> <thread> <utility> <variant> <vector>)
target_precompile_headers(strata_pch PRIVATE ${strata_pch_headers})
