// Time per packet, ours beside libpcap's: in libpcap's interpreter, as programs that read captures run it,
// and in the running kernel.
#ifndef BPFOPT_BENCH_RATES_H
#define BPFOPT_BENCH_RATES_H

#include "bench/corpus.h"
#include "bench/mode.h"
#include "bpfopt/compiler.h"
#include "bpfopt/error.h"

namespace bpfopt::bench {

// Runs both programs of every Ethernet row over the packets of MakeTraffic, in the kernel over those that
// both reject. A row's figure is the median of the ratios of short runs that are taken by turns, with the
// quartiles beside it; below are the geometric means. Rows that tcpdump refuses or is wrong about are left
// out; a row that rejects no packet, or whose programs the kernel does not take, says so in place of the
// kernel's figure. The report is bad when a program is missing or not proven. Errors: no tcpdump.
Expected<ModeReport> CompareRates(const Corpus& corpus, const CompileOptions& options);

}  // namespace bpfopt::bench

#endif  // BPFOPT_BENCH_RATES_H
