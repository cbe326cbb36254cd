# bpfopt_layer(NAME SOURCES file... [USES layer...] [PRIVATE library...])
#
# A folder of this project as a static library bpfopt_NAME. Its headers are reached as "NAME/x.h"
# through a directory that holds a link to this folder and nothing else, and only targets that list
# the layer get that directory: an include of a layer that is not listed finds no file.
function(bpfopt_layer name)
  cmake_parse_arguments(ARG "" "" "SOURCES;USES;PRIVATE" ${ARGN})
  set(gate ${CMAKE_BINARY_DIR}/layers/${name})
  file(MAKE_DIRECTORY ${gate})
  file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR} ${gate}/${name} SYMBOLIC)

  add_library(bpfopt_${name} STATIC ${ARG_SOURCES})
  target_include_directories(bpfopt_${name} PUBLIC ${gate} ${CMAKE_SOURCE_DIR}/include)
  target_link_libraries(bpfopt_${name} PUBLIC fmt::fmt tl::expected)
  target_link_libraries(bpfopt_${name} PRIVATE bpfopt_compile_flags ${ARG_PRIVATE})
  # What the shared library shows is marked in include/bpfopt (export.h).
  set_target_properties(bpfopt_${name} PROPERTIES CXX_VISIBILITY_PRESET hidden C_VISIBILITY_PRESET hidden
                                                  VISIBILITY_INLINES_HIDDEN ON)
  bpfopt_precompile(bpfopt_${name})
  foreach(layer IN LISTS ARG_USES)
    target_link_libraries(bpfopt_${name} PUBLIC bpfopt_${layer})
  endforeach()
endfunction()
