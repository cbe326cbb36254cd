// The comparison with compilers other than libpcap as tcpdump uses it.
#ifndef BPFOPT_BENCH_PEERS_H
#define BPFOPT_BENCH_PEERS_H

#include "bench/corpus.h"
#include "bench/mode.h"
#include "bench/peer_compilers.h"
#include "bpfopt/compiler.h"
#include "bpfopt/error.h"

#include <vector>

namespace bpfopt::bench {

// Instructions of each row by bpfopt, by tcpdump and by each peer, and how many of a peer's programs are
// equal to the filter: Verify decides, against the source that bpfopt's program is proven against, under the
// relation of `options`. Means are of rows whose programs are not shown to be others than the filter. A peer
// that is not installed is named as such. Bad when bpfopt has no program of a row, or one that is not proven.
Expected<ModeReport> ComparePeers(const Corpus& corpus, const CompileOptions& options,
                                  const std::vector<PeerCompiler>& peers = PeerCompilers());

}  // namespace bpfopt::bench

#endif  // BPFOPT_BENCH_PEERS_H
