// Preloaded in front of libpcap, another version of it: the version that the environment names, whose
// `ip multicast` ends elsewhere. Not a libpcap of its own: it lacks the other functions.
#include <cstdlib>
#include <dlfcn.h>

#include <pcap/pcap.h>

extern "C" const char* pcap_lib_version() {
  const char* version = std::getenv("BPFOPT_TEST_LIBPCAP_VERSION");
  return version == nullptr ? "libpcap version 9.9.9" : version;
}

extern "C" int pcap_compile(pcap_t* handle, bpf_program* program, const char* filter, int optimize,
                            bpf_u_int32 netmask) {
  using Compile = int (*)(pcap_t*, bpf_program*, const char*, int, bpf_u_int32);
  const auto compile = reinterpret_cast<Compile>(dlsym(RTLD_NEXT, "pcap_compile"));
  if (compile == nullptr) return -1;
  const int status = compile(handle, program, filter, optimize, netmask);
  if (status != 0) return status;
  constexpr unsigned kJge = 0x35;
  for (bpf_insn* each = program->bf_insns; each != program->bf_insns + program->bf_len; ++each) {
    if (each->code == kJge && each->k == 0xe0) each->k = 0xe8;
  }
  return status;
}
