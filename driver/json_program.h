// Programs as JSON: {"instructions": [{"code": 40, "jt": 0, "jf": 0, "k": 12}, ...]}.
#ifndef BPFOPT_DRIVER_JSON_PROGRAM_H
#define BPFOPT_DRIVER_JSON_PROGRAM_H

#include "bpfopt/error.h"
#include "bpfopt/program.h"

#include <string>
#include <string_view>

namespace bpfopt {

std::string FormatJson(const Program& program);

// Does the text look like JSON? A row of C starts with a brace too, but neither a string nor a brace follows.
bool LooksLikeJson(std::string_view text);
// Members that are not known are passed over, whatever they hold. Errors name the instruction and carry its
// place.
Expected<Program> ParseJson(std::string_view text);

}  // namespace bpfopt

#endif  // BPFOPT_DRIVER_JSON_PROGRAM_H
