// A filter that a program wants compiled, with all that its meaning depends on.
#ifndef BPFOPT_PRELOAD_REQUEST_H
#define BPFOPT_PRELOAD_REQUEST_H

#include "bpfopt/error.h"
#include "bpfopt/options.h"
#include "preload/libpcap.h"

#include <compare>
#include <cstdint>
#include <optional>
#include <string>

#include <pcap/pcap.h>

namespace bpfopt::preload {

struct Request {
  std::string filter;
  int link_type = 1;  // DLT_
  std::uint32_t snaplen = 0;
  std::optional<std::uint32_t> netmask;  // as pcap_compile was given it
  PacketOrigin origin = PacketOrigin::kInterface;
  // The kernel has taken VLAN tags out of the frames that this handle captures, and programs have to ask it
  // for them. False for filters that do not mention tags.
  bool tags_are_aside = false;

  friend auto operator<=>(const Request&, const Request&) = default;
};

// What libpcap itself would compile for the handle, which may be changed by nobody else meanwhile; its error
// text stays as it is. Errors, in words, where libpcap would not compile at all: the handle is not activated,
// has no snapshot length.
Expected<Request> ReadRequest(pcap_t* handle, const char* filter, bpf_u_int32 netmask,
                              const Libpcap& libpcap);

// "DLT_" name without the prefix, or the number.
std::string LinkTypeName(int link_type);

}  // namespace bpfopt::preload

#endif  // BPFOPT_PRELOAD_REQUEST_H
