// The structural check: what Linux's classic checker demands of a program before it runs
// (net/core/filter.c: bpf_check_basics_ok, bpf_check_classic, check_load_and_stores;
// kernel/seccomp.c: seccomp_check_filter), and the rule that keeps a program right on cooked captures.
#ifndef BPFOPT_BPF_CHECKER_H
#define BPFOPT_BPF_CHECKER_H

#include "bpfopt/program.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace bpfopt::bpf {

struct Violation {
  std::size_t instruction = 0;  // index; the program's size when the program as a whole is at fault
  std::string reason;

  friend bool operator==(const Violation&, const Violation&) = default;
};

// Loads in the link header that libpcap's pcap_setfilter (pcap-linux.c, fix_offset) rewrites for the
// kernel by their offset, whatever their width. A program for such a link type may use inside the first
// `header_bytes` bytes only the listed loads, and indirect loads only with k >= header_bytes.
struct CookedHeader {
  struct Load {
    unsigned width;
    unsigned offset;
  };
  unsigned header_bytes = 0;
  std::vector<Load> allowed;
};

// The rules for DLT_LINUX_SLL (113) and DLT_LINUX_SLL2 (276); header_bytes == 0 for all others.
CookedHeader CookedHeaderOf(int link_type);

struct CheckOptions {
  Target target = Target::kPcap;
  std::size_t limit = 4096;                 // instructions
  int link_type = 1;                        // a DLT_ number; for the rule on cooked captures
  std::optional<CookedHeader> cooked = {};  // that rule, where it is not CookedHeaderOf(link_type)
};

// Every violation, in the order of the instructions; empty when the program is acceptable.
// Under kPcap absolute loads at k >= SKF_LL_OFF are violations ("use --target linux"); indirect ones are not,
// as X + k is a sum there. On cooked captures so are offsets that pcap_setfilter would move although they are
// negative, and indirect ones that it would not move. Linear time.
std::vector<Violation> Check(const Program& program, const CheckOptions& options);

}  // namespace bpfopt::bpf

#endif  // BPFOPT_BPF_CHECKER_H
