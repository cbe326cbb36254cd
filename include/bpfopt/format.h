// Programs as text.
#ifndef BPFOPT_FORMAT_H
#define BPFOPT_FORMAT_H

#include "bpfopt/error.h"
#include "bpfopt/program.h"

#include <string>
#include <string_view>

namespace bpfopt {

enum class Format {
  kAssembly,  // tcpdump -d
  kC,         // tcpdump -dd: initialisers for struct bpf_insn
  kDecimal,   // tcpdump -ddd
  kJson,      // {"instructions": [{"code": 40, "jt": 0, "jf": 0, "k": 12}, ...]}
  kIptables,  // one line for iptables -m bpf --bytecode: "4,48 0 0 9,..."
};

// Ends with a line feed.
std::string FormatProgram(const Program& program, Format format);

// Reads any of the formats, recognised by content. A program is syntax alone here; Check says whether it may
// run. Errors carry the place in `text`.
Expected<Program> ParseProgram(std::string_view text);

}  // namespace bpfopt

#endif  // BPFOPT_FORMAT_H
