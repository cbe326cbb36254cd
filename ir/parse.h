// Reads the IR's text form (docs/ir.md): Print(Parse(text)) == text for text that Print wrote.
#ifndef BPFOPT_IR_PARSE_H
#define BPFOPT_IR_PARSE_H

#include "bpfopt/error.h"
#include "ir/function.h"

#include <string_view>

namespace bpfopt::ir {

// Syntax and names only; Check() judges the result. Errors carry the place in `text`.
Expected<Function> Parse(std::string_view text);

}  // namespace bpfopt::ir

#endif  // BPFOPT_IR_PARSE_H
