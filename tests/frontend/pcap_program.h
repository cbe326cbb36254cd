// libpcap's own program for a filter: what lowering is measured against.
#ifndef BPFOPT_TESTS_FRONTEND_PCAP_PROGRAM_H
#define BPFOPT_TESTS_FRONTEND_PCAP_PROGRAM_H

#include "bpfopt/program.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <pcap/pcap.h>

namespace bpfopt::frontend {

inline constexpr int kSnaplen = 262144;

// The unoptimized program; nothing when libpcap refuses the filter, and `error` says why.
inline std::optional<Program> PcapProgram(const std::string& filter, int dlt, std::string* error = nullptr,
                                          std::uint32_t netmask = 0) {
  const std::unique_ptr<pcap_t, decltype(&pcap_close)> handle(pcap_open_dead(dlt, kSnaplen), &pcap_close);
  bpf_program compiled{};
  if (pcap_compile(handle.get(), &compiled, filter.c_str(), 0, netmask) != 0) {
    if (error != nullptr) *error = pcap_geterr(handle.get());
    return std::nullopt;
  }
  Program program;
  for (unsigned i = 0; i < compiled.bf_len; ++i) {
    const bpf_insn& insn = compiled.bf_insns[i];
    program.push_back({insn.code, insn.jt, insn.jf, insn.k});
  }
  pcap_freecode(&compiled);
  return program;
}

}  // namespace bpfopt::frontend

#endif  // BPFOPT_TESTS_FRONTEND_PCAP_PROGRAM_H
