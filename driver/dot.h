// Graphs in Graphviz' DOT language.
#ifndef BPFOPT_DRIVER_DOT_H
#define BPFOPT_DRIVER_DOT_H

#include "bpfopt/graph.h"

#include <string>

namespace bpfopt::driver {

// One node a block, labelled with its lines.
std::string FormatDot(const Graph& graph);

}  // namespace bpfopt::driver

#endif  // BPFOPT_DRIVER_DOT_H
