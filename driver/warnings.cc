// Of constant filters by the returns alone: a program without an accepting one matches nothing, whatever it
// loads. Of chains by the tree.
#include "driver/warnings.h"

#include "bpf/opcode.h"

#include <variant>

#include <fmt/format.h>

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

std::vector<Diagnostic> WarnOfChains(const frontend::Ast& filter, std::uint32_t depth) {
  std::vector<Diagnostic> warnings;
  for (const frontend::Node& node : filter.nodes) {
    const auto* test = std::get_if<frontend::Test>(&node.kind);
    if (test == nullptr || test->qualifier.kind != frontend::AddressKind::kProtoChain) continue;
    warnings.push_back(
        {Diagnostic::Severity::kWarning,
         fmt::format("'protochain' follows {} header{}: a packet with a longer chain is rejected, also under "
                     "'not'",
                     depth, depth == 1 ? "" : "s"),
         node.range});
  }
  return warnings;
}

}  // namespace bpfopt::driver
