// Text by its lines.
#ifndef BPFOPT_CLI_LINES_H
#define BPFOPT_CLI_LINES_H

#include <string>
#include <string_view>
#include <vector>

namespace bpfopt::cli {

// Without their line feeds; no empty one at the end.
std::vector<std::string> Lines(std::string_view text);

}  // namespace bpfopt::cli

#endif  // BPFOPT_CLI_LINES_H
