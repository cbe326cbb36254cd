# The layers hold: a file of each folder that includes a header of a folder which it may not include fails to compile
# with the folder's own include directories, and one that it may include compiles.

# layering_test(FOLDER TARGET HEADER EXPECTED): EXPECTED is "allowed" or "refused".
function(layering_test folder target header expected)
  string(MAKE_C_IDENTIFIER ${header} header_name)
  set(file ${CMAKE_CURRENT_BINARY_DIR}/layering/${folder}_${header_name}.cc)
  file(CONFIGURE OUTPUT ${file} CONTENT "#include \"@header@\"\n" @ONLY)
  set(name layering.${folder}_includes_${header_name}_is_${expected})
  set(directories $<TARGET_PROPERTY:${target},INCLUDE_DIRECTORIES>)
  add_test(NAME ${name} COMMAND_EXPAND_LISTS
    COMMAND ${CMAKE_CXX_COMPILER} -std=c++20 -fsyntax-only
            "-D$<JOIN:$<TARGET_PROPERTY:bpfopt_llvm_adt,INTERFACE_COMPILE_DEFINITIONS>,;-D>"
            "-isystem$<JOIN:$<TARGET_PROPERTY:bpfopt_llvm_adt,INTERFACE_INCLUDE_DIRECTORIES>,;-isystem>"
            "-I$<JOIN:${directories},;-I>" ${file})
  if(expected STREQUAL "refused")
    set_tests_properties(${name} PROPERTIES PASS_REGULAR_EXPRESSION
      "${header}: No such file;'${header}' file not found")
  endif()
endfunction()

# layering(FOLDER TARGET ALLOWED folder... ): everything else is refused.
function(layering folder target)
  cmake_parse_arguments(ARG "" "" "ALLOWED" ${ARGN})
  set(headers bpf/checker.h smt/term.h ir/function.h frontend/ast.h passes/pass.h backend/emit.h
      verifier/equivalence.h driver/source.h capi/handles.h)
  foreach(header IN LISTS headers)
    string(REGEX REPLACE "/.*" "" owner ${header})
    if(owner STREQUAL folder OR owner IN_LIST ARG_ALLOWED)
      layering_test(${folder} ${target} ${header} allowed)
    else()
      layering_test(${folder} ${target} ${header} refused)
    endif()
  endforeach()
endfunction()

layering(bpf bpfopt_bpf)
layering(smt bpfopt_smt)
layering(ir bpfopt_ir ALLOWED bpf)
layering(frontend bpfopt_frontend ALLOWED ir bpf)
layering(passes bpfopt_passes ALLOWED ir bpf smt)
layering(backend bpfopt_backend ALLOWED ir bpf)
layering(verifier bpfopt_verifier ALLOWED bpf smt)
layering(driver bpfopt_driver ALLOWED bpf smt ir frontend passes backend verifier)
layering(capi bpfopt_capi)
layering(web bpfopt_web)
layering(cli bpfopt_cli)
layering(preload bpfopt_preload_support)
if(TARGET bpfopt_bench)
  layering(bench bpfopt_bench)
endif()
