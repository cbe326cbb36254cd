// Delta debugging of filters: the shortest one that can be reached from a filter by small cuts and still
// shows what is looked for.
//
//   not (tcp port 80 and 0 / ether[12:4] = 0)   ->   0 / len = 0
#ifndef BPFOPT_BENCH_MINIMISE_H
#define BPFOPT_BENCH_MINIMISE_H

#include "bench/filter_tree.h"

#include <functional>

namespace bpfopt::bench {

using Shows = std::function<bool(const FilterNode&)>;

// `filter` must show it. A cut drops or replaces one part; none that is left to make shows it any more. The
// text gets shorter with each, or as long with smaller numbers or an earlier place in a fixed order, so it
// ends.
FilterNode Minimise(FilterNode filter, const Shows& shows);

}  // namespace bpfopt::bench

#endif  // BPFOPT_BENCH_MINIMISE_H
