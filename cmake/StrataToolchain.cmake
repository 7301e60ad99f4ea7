# Language level, warnings, hardening, sanitizers and the compiler cache, for every target.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  # Precompiled headers and ccache agree only if ccache does not look at times and defines.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE})
  add_compile_options("$<IF:$<CXX_COMPILER_ID:Clang>,SHELL:-Xclang -fno-pch-timestamp,-fpch-preprocess>")
endif()

option(STRATA_SANITIZE "Build with AddressSanitizer and UndefinedBehaviorSanitizer" OFF)

add_library(strata_flags INTERFACE)
target_compile_options(strata_flags INTERFACE
  -Wall -Wextra -Werror -Werror=unused-result -Wno-unused-parameter -Wno-missing-field-initializers
  -fPIE -fstack-protector-strong -fno-omit-frame-pointer
  -fno-exceptions)  # a tenth of the compiler's time and a quarter of the code is the unwinding of what nobody throws
target_link_options(strata_flags INTERFACE -pie -Wl,-z,relro,-z,now -Wl,-z,noexecstack)
if(STRATA_SANITIZE)
  target_compile_options(strata_flags INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=undefined
    -fno-sanitize=vptr)
  target_link_options(strata_flags INTERFACE -fsanitize=address,undefined)
  if(STRATA_FUZZ)
    # Warnings are the other compiler's to give.
    target_compile_options(strata_flags INTERFACE -fsanitize=fuzzer-no-link -O1 -gline-tables-only -w)
  endif()
elseif(CMAKE_BUILD_TYPE STREQUAL "Release")
  target_compile_options(strata_flags INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fcf-protection
    -ffunction-sections -fdata-sections)
  # The C++ library is half of what the dynamic loader would do at each start (docs/dependencies.md, "Loading").
  target_link_options(strata_flags INTERFACE -Wl,--gc-sections -Wl,--as-needed -Wl,-O1 -static-libstdc++ -static-libgcc)
endif()
target_compile_definitions(strata_flags INTERFACE _GNU_SOURCE _FILE_OFFSET_BITS=64)
target_include_directories(strata_flags INTERFACE ${CMAKE_SOURCE_DIR})
