// Functions as the public interface shows them.
#ifndef BPFOPT_DRIVER_GRAPH_H
#define BPFOPT_DRIVER_GRAPH_H

#include "bpfopt/graph.h"
#include "ir/function.h"

namespace bpfopt::driver {

Graph MakeGraph(const ir::Function& function);

}  // namespace bpfopt::driver

#endif  // BPFOPT_DRIVER_GRAPH_H
