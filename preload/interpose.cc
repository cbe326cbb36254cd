// The exported symbols: they come before libpcap's where this library is preloaded.
#include "preload/drop_in.h"

#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>

namespace bpfopt::preload {
namespace {

// The next definition in the order of the program's libraries; this library itself needs libpcap, so there is
// one.
Libpcap NextLibpcap() { return Libpcap(reinterpret_cast<CompileFunction>(dlsym(RTLD_NEXT, "pcap_compile"))); }

// The interface has no place for state, so the process has one of these, made at the first filter. It is
// never destroyed: programs compile filters while they exit, too.
DropIn& ProcessDropIn() {
  static DropIn& drop_in = *new DropIn(ReadSettings(secure_getenv), NextLibpcap());
  return drop_in;
}

// bpfopt asks libpcap for its program, and libpcap's functions may call one another: calls from within are
// for libpcap.
thread_local bool is_inside = false;

class Inside {
 public:
  Inside() { is_inside = true; }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;
  ~Inside() { is_inside = false; }
};

int CompileOnce(pcap_t* handle, bpf_program* code, const char* filter, int optimize, bpf_u_int32 netmask) {
  if (is_inside) return NextLibpcap().Compile(handle, code, filter, optimize, netmask);
  const Inside inside;
  return ProcessDropIn().Compile(handle, code, filter, optimize, netmask);
}

}  // namespace
}  // namespace bpfopt::preload

extern "C" {

__attribute__((visibility("default"))) int pcap_compile(pcap_t* handle, bpf_program* code, const char* filter,
                                                        int optimize, bpf_u_int32 netmask) {
  return bpfopt::preload::CompileOnce(handle, code, filter, optimize, netmask);
}

// As libpcap has it, on a handle of its own; the message of a filter that is refused is lost with it.
__attribute__((visibility("default"))) int pcap_compile_nopcap(int snaplen, int link_type, bpf_program* code,
                                                               const char* filter, int optimize,
                                                               bpf_u_int32 netmask) {
  pcap_t* handle = pcap_open_dead(link_type, snaplen);
  if (handle == nullptr) return PCAP_ERROR;
  const int status = bpfopt::preload::CompileOnce(handle, code, filter, optimize, netmask);
  pcap_close(handle);
  return status;
}

}  // extern "C"
