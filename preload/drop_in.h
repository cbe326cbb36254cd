// What stands in for pcap_compile.
#ifndef BPFOPT_PRELOAD_DROP_IN_H
#define BPFOPT_PRELOAD_DROP_IN_H

#include "preload/cache.h"
#include "preload/compiled.h"
#include "preload/libpcap.h"
#include "preload/log.h"
#include "preload/settings.h"

#include <memory>

#include <pcap/pcap.h>

namespace bpfopt::preload {

// May be used by several threads at once, each with a handle of its own, as pcap_compile may.
class DropIn {
 public:
  DropIn(Settings settings, Libpcap libpcap);

  // pcap_compile's contract: 0, and a program that pcap_freecode frees; or one of its negative codes and a
  // message in pcap_geterr, both libpcap's own. Throws nothing.
  int Compile(pcap_t* handle, bpf_program* code, const char* filter, int optimize,
              bpf_u_int32 netmask) noexcept;

 private:
  struct Call {
    pcap_t* handle;
    bpf_program* code;
    const char* filter;
    int optimize;
    bpf_u_int32 netmask;
  };

  // False: it is libpcap's turn.
  bool CompileByBpfopt(const Call& call, Entry& entry);
  int CompileByLibpcap(const Call& call, Entry& entry) const;
  std::shared_ptr<const Compiled> FindOrMake(const Call& call, const Request& request, Entry& entry);
  Compiled Make(const Call& call, const Request& request) const;
  void Write(const Call& call, Entry& entry) const;

  const Settings settings_;
  const Libpcap libpcap_;
  Cache cache_;
};

}  // namespace bpfopt::preload

#endif  // BPFOPT_PRELOAD_DROP_IN_H
