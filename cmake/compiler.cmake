# Warnings and sanitizers, the same for every target of this project.
add_library(bpfopt_compile_flags INTERFACE)
target_compile_options(bpfopt_compile_flags INTERFACE -Wall -Wextra -Wpedantic)
# GCC 12 takes members of a std::variant that is not active for uninitialized once it has inlined enough
#; clang-tidy and the sanitizers look for the real ones.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(bpfopt_compile_flags INTERFACE -Wno-maybe-uninitialized)
endif()
if(BPFOPT_WERROR)
  target_compile_options(bpfopt_compile_flags INTERFACE -Werror)
endif()
if(BPFOPT_SANITIZE)
  target_compile_definitions(bpfopt_compile_flags INTERFACE BPFOPT_IS_SANITIZED)  # Clang has no macro of its own
  target_compile_options(bpfopt_compile_flags INTERFACE
    -fsanitize=${BPFOPT_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(bpfopt_compile_flags INTERFACE -fsanitize=${BPFOPT_SANITIZE})
endif()
# Every layer counts its branches for libFuzzer; the engine itself is linked by the fuzz targets alone.
if(BPFOPT_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "BPFOPT_FUZZ needs clang; configure with the preset 'fuzz'")
  endif()
  target_compile_options(bpfopt_compile_flags INTERFACE -fsanitize=fuzzer-no-link)
  target_link_options(bpfopt_compile_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

# bpfopt_build_fast(TARGET...): for commands and tests, which are mostly headers of others (CLI11, GoogleTest) and
# call the layers for all that takes time: a sanitizer build is not to optimize them, and a release not for long.
function(bpfopt_build_fast)
  foreach(target IN LISTS ARGN)
    target_compile_options(${target} PRIVATE $<$<CONFIG:Sanitize>:-O0> $<$<CONFIG:Release>:-O1>)
  endforeach()
endfunction()

# bpfopt_precompile(TARGET HEADER...): the headers that most files include, and those given.
function(bpfopt_precompile target)
  if(BPFOPT_PRECOMPILE)
    bpfopt_precompile_headers(${target} ${ARGN})
  endif()
endfunction()

# The same for what is not the product.
function(bpfopt_precompile_test target)
  if(BPFOPT_PRECOMPILE OR BPFOPT_PRECOMPILE_TESTS)
    bpfopt_precompile_headers(${target} ${ARGN})
  endif()
endfunction()

function(bpfopt_precompile_headers target)
  target_precompile_headers(${target} PRIVATE
    <algorithm> <array> <cstdint> <functional> <map> <memory> <optional> <set> <string> <string_view> <tuple>
    <unordered_map> <utility> <variant> <vector> <fmt/format.h> <tl/expected.hpp> ${ARGN})
endfunction()
