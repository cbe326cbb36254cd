// Compilers of libpcap's language other than libpcap as tcpdump uses it: what each makes of a filter.
#ifndef BPFOPT_BENCH_PEER_COMPILERS_H
#define BPFOPT_BENCH_PEER_COMPILERS_H

#include "bench/corpus.h"
#include "bpfopt/error.h"
#include "bpfopt/program.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace bpfopt::bench {

struct PeerAnswer {
  Program program;      // empty: the peer has none
  std::string message;  // why: it refuses the filter, crashes on it, or does not end
};

struct PeerCompiler {
  std::string_view name;         // as in tables
  std::string_view description;  // what it is
  std::string_view package;      // Debian's; empty: Debian has none
  std::string missing;           // why it cannot be asked here; empty: it can
  // In a process of its own, so that its crash is an answer. An error when no process can be made.
  std::function<Expected<PeerAnswer>(const CorpusRow&)> ask;
};

// All that there are, tcpdump not among them, those that are not installed included: libpcap without its
// optimizer (`tcpdump -O`), libsfbpf, and nfbpf_compile.
std::vector<PeerCompiler> PeerCompilers();

}  // namespace bpfopt::bench

#endif  // BPFOPT_BENCH_PEER_COMPILERS_H
