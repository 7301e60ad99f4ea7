# Everything strata leans on, found once. Reasons: docs/dependencies.md.
# Start-up time decides static or shared: see docs/dependencies.md, "Loading".
find_package(LLVM 19.1 REQUIRED CONFIG HINTS /usr/lib/llvm-19/lib/cmake/llvm)
find_package(CLI11 REQUIRED CONFIG)
find_package(Threads REQUIRED)

# strata_static(NAME LIBRARY): an imported target for the static form of a system library.
function(strata_static name library)
  find_library(STRATA_${name}_LIB NAMES lib${library}.a REQUIRED)
  add_library(dep_${name} STATIC IMPORTED GLOBAL)
  set_target_properties(dep_${name} PROPERTIES IMPORTED_LOCATION "${STRATA_${name}_LIB}")
endfunction()
strata_static(sqlite3 sqlite3)
strata_static(crypto crypto)
strata_static(zstd zstd)
strata_static(z z)
strata_static(xxhash xxhash)
strata_static(seccomp seccomp)
strata_static(ncursesw ncursesw)
strata_static(tinfo tinfo)
target_link_libraries(dep_ncursesw INTERFACE dep_tinfo)
target_link_libraries(dep_sqlite3 INTERFACE Threads::Threads ${CMAKE_DL_LIBS} m)
target_link_libraries(dep_crypto INTERFACE Threads::Threads ${CMAKE_DL_LIBS})

add_library(dep_llvm INTERFACE)
target_include_directories(dep_llvm SYSTEM INTERFACE ${LLVM_INCLUDE_DIRS})
target_compile_definitions(dep_llvm INTERFACE ${LLVM_DEFINITIONS})
target_link_libraries(dep_llvm INTERFACE LLVMSupport)
# Of itself it asks for the shared forms, which would be loaded at every start.
set_target_properties(LLVMSupport PROPERTIES INTERFACE_LINK_LIBRARIES "LLVMDemangle;dep_z;dep_zstd;${CMAKE_DL_LIBS};m;rt")

# Loaded at first use (each has one door, one .cc): only the headers are needed here.
find_path(ARCHIVE_INCLUDE archive.h REQUIRED)
find_path(CURL_INCLUDE curl/curl.h REQUIRED)
find_path(ISAL_INCLUDE isa-l/igzip_lib.h REQUIRED)
find_path(TBB_INCLUDE oneapi/tbb.h REQUIRED)

# Carried by the program as it is, for the HTML report.
find_file(D3_SCRIPT d3.min.js PATHS /usr/share/nodejs/d3/dist NO_DEFAULT_PATH REQUIRED)

# Header only.
find_path(TOML_INCLUDE toml++/toml.h REQUIRED)
