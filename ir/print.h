// The IR as text, in the grammar of docs/ir.md; ir/parse.h reads it back.
#ifndef BPFOPT_IR_PRINT_H
#define BPFOPT_IR_PRINT_H

#include "ir/function.h"

#include <string>

namespace bpfopt::ir {

// Reachable blocks in topological order, named b0, b1, ... in that order; parameters and large shared values
// are named %0, %1, ... in order of appearance, so equal functions print equally.
std::string Print(const Function& function);
// One value as an expression, such as "(ldb[14] & 0xf) << 0x2".
std::string Print(const Value& value);

}  // namespace bpfopt::ir

#endif  // BPFOPT_IR_PRINT_H
