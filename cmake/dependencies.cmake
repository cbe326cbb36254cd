# The libraries that bpfopt stands on, all of them Debian packages.
find_package(fmt REQUIRED)
find_package(Threads REQUIRED)
find_package(tl-expected REQUIRED)
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)

find_path(Z3_INCLUDE_DIR z3++.h REQUIRED)
find_library(Z3_LIBRARY z3 REQUIRED)
add_library(bpfopt_z3 INTERFACE)
target_include_directories(bpfopt_z3 SYSTEM INTERFACE ${Z3_INCLUDE_DIR})
target_link_libraries(bpfopt_z3 INTERFACE ${Z3_LIBRARY})

find_path(PCAP_INCLUDE_DIR pcap/pcap.h REQUIRED)
find_library(PCAP_LIBRARY pcap REQUIRED)
add_library(bpfopt_pcap INTERFACE)
target_include_directories(bpfopt_pcap SYSTEM INTERFACE ${PCAP_INCLUDE_DIR})
target_link_libraries(bpfopt_pcap INTERFACE ${PCAP_LIBRARY})

# LLVM's ADT by its headers alone: nothing of LLVM is linked. The macro keeps the headers from
# asking the linker for a symbol that says how LLVM itself was built.
find_path(LLVM_ADT_INCLUDE_DIR llvm/ADT/GraphTraits.h PATHS /usr/lib/llvm-14/include REQUIRED)
add_library(bpfopt_llvm_adt INTERFACE)
target_include_directories(bpfopt_llvm_adt SYSTEM INTERFACE ${LLVM_ADT_INCLUDE_DIR})
target_compile_definitions(bpfopt_llvm_adt INTERFACE LLVM_DISABLE_ABI_BREAKING_CHECKS_ENFORCING=1)
