// The libpcap that the program would have called, and what is asked of it.
#ifndef BPFOPT_PRELOAD_LIBPCAP_H
#define BPFOPT_PRELOAD_LIBPCAP_H

#include "bpfopt/error.h"
#include "bpfopt/program.h"

#include <array>

#include <pcap/pcap.h>

namespace bpfopt::preload {

using CompileFunction = int (*)(pcap_t*, bpf_program*, const char*, int optimize, bpf_u_int32 netmask);

class Libpcap {
 public:
  // `compile` is pcap_compile itself, not what stands in for it.
  explicit Libpcap(CompileFunction compile) : compile_(compile) {}

  // For the program: what it returns and leaves in the handle is libpcap's.
  int Compile(pcap_t* handle, bpf_program* code, const char* filter, int optimize,
              bpf_u_int32 netmask) const {
    return compile_(handle, code, filter, optimize, netmask);
  }

  // For us: the handle's error text stays as it was. The error is libpcap's.
  Expected<Program> Ask(pcap_t* handle, const char* filter, bool optimize, bpf_u_int32 netmask) const;

  // Does libpcap read VLAN tags from the kernel instead of the frame in programs for this handle? Nothing of
  // a pcap_t says so but the programs that it gets, and a handle's address may be another's soon, so the
  // answer is not kept.
  bool ReadsTagsFromKernel(pcap_t* handle) const;

 private:
  CompileFunction compile_;
};

// Hands a program over as pcap_compile does: pcap_freecode frees it. False when there is no memory.
bool GiveProgram(const Program& program, bpf_program* code);

}  // namespace bpfopt::preload

#endif  // BPFOPT_PRELOAD_LIBPCAP_H
