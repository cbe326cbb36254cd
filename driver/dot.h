// A function's control-flow graph in Graphviz' DOT language.
#ifndef BPFOPT_DRIVER_DOT_H
#define BPFOPT_DRIVER_DOT_H

#include "ir/function.h"

#include <string>

namespace bpfopt::driver {

// One node a block, labelled with the block as ir::Print has it.
std::string FormatDot(const ir::Function& function);

}  // namespace bpfopt::driver

#endif  // BPFOPT_DRIVER_DOT_H
