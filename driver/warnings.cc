// Looks at the returns alone: a program without an accepting one matches nothing, whatever it loads.
#include "driver/warnings.h"

#include "bpf/opcode.h"

namespace bpfopt::driver {

std::optional<Diagnostic> WarnOfConstantFilter(const Program& program) {
  bool accepts = false;
  bool rejects = false;
  for (const Instruction& instruction : program) {
    if (bpf::Class(instruction.code) != bpf::kRet) continue;
    if (instruction.code != (bpf::kRet | bpf::kK)) return std::nullopt;
    (instruction.k != 0 ? accepts : rejects) = true;
  }
  if (accepts == rejects) return std::nullopt;
  if (rejects)
    return Diagnostic{Diagnostic::Severity::kWarning, "this filter matches no packet", std::nullopt};
  return Diagnostic{Diagnostic::Severity::kWarning,
                    program.size() == 1 ? "this filter matches every packet"
                                        : "this filter matches every packet that is not cut short",
                    std::nullopt};
}

}  // namespace bpfopt::driver
