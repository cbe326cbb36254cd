// libpcap's own compiler, which filters take their meaning from.
//
//   const bpfopt::Expected<bpfopt::Program> program = bpfopt::CompileWithLibpcap("tcp port 80", {});
//   if (!program) std::cerr << program.error().message << '\n';
#ifndef BPFOPT_LIBPCAP_H
#define BPFOPT_LIBPCAP_H

#include "bpfopt/error.h"
#include "bpfopt/export.h"
#include "bpfopt/options.h"
#include "bpfopt/program.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bpfopt {

struct LibpcapOptions {
  std::string link_type = "EN10MB";  // a DLT_ name without the prefix, or its number
  std::uint32_t snaplen = 262144;
  std::optional<std::uint32_t> netmask = {};  // host order; nothing: unknown
  PacketOrigin origin = PacketOrigin::kInterface;
  bool optimize = true;
};

// What pcap_compile makes of a filter; its message when it refuses. It asks the system for names.
BPFOPT_API Expected<Program> CompileWithLibpcap(std::string_view filter, const LibpcapOptions& options);

// Such as "libpcap version 1.10.3 (with TPACKET_V3)".
BPFOPT_API std::string LibpcapVersion();

}  // namespace bpfopt

#endif  // BPFOPT_LIBPCAP_H
