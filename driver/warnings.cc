// Filters whose program gives only one answer, by its returns alone, and words that libpcap misreads.
#include "driver/warnings.h"

#include "bpf/opcode.h"
#include "frontend/keywords.h"

#include <string_view>
#include <utility>
#include <variant>

#include <fmt/format.h>

namespace bpfopt::driver {
namespace {

std::string OfInequality(std::string_view word, std::uint32_t value) {
  return fmt::format("libpcap reads '{0} != {1}' as '{0} = {1}', and so does bpfopt; write 'not {0} {1}'",
                     word, value);
}

std::string MisleadingWord(const frontend::Node& node) {
  if (const auto* atm = std::get_if<frontend::AtmFieldTest>(&node.kind)) {
    if (atm->op != frontend::Relational::kNotEqual) return {};
    return OfInequality(atm->field == frontend::AtmField::kVpi ? "vpi" : "vci", atm->value);
  }
  if (const auto* mtp3 = std::get_if<frontend::Mtp3Test>(&node.kind)) {
    if (mtp3->op != frontend::Relational::kNotEqual) return {};
    return OfInequality(frontend::Mtp3Word(mtp3->field, mtp3->high_speed), mtp3->value);
  }
  if (const auto* byte = std::get_if<frontend::ByteTest>(&node.kind)) {
    if (byte->op != frontend::ByteOp::kAnd && byte->op != frontend::ByteOp::kOr) return {};
    return fmt::format(
        "libpcap loads no byte for this test, which is of what the test before it left, and so does bpfopt; "
        "write "
        "'link[{}] {} {} != 0'",
        byte->offset, byte->op == frontend::ByteOp::kAnd ? '&' : '|', byte->value);
  }
  const auto* test = std::get_if<frontend::Test>(&node.kind);
  const auto* arcnet = test != nullptr ? std::get_if<frontend::Arcnet>(&test->id) : nullptr;
  if (arcnet == nullptr) return {};
  return fmt::format(
      "libpcap takes this ARCnet address for 0x{:02x}, and so does bpfopt; write 'link[0]' for the source "
      "and 'link[1]' "
      "for the destination",
      arcnet->address);
}

}  // namespace

std::vector<Diagnostic> WarnOfMisleadingWords(const frontend::Ast& filter) {
  std::vector<Diagnostic> warnings;
  for (const frontend::Node& node : filter.nodes) {
    std::string message = MisleadingWord(node);
    if (message.empty()) continue;
    std::optional<SourceRange> range;
    if (node.range.end > node.range.begin) range = node.range;
    warnings.push_back({Diagnostic::Severity::kWarning, std::move(message), range});
  }
  return warnings;
}

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

Diagnostic NoteOfCookedHeader(const frontend::LinkType& link_type) {
  return {
      Diagnostic::Severity::kNote,
      fmt::format(
          "on a live capture the kernel has no {} header where this filter looks for it; this program is for "
          "files and libpcap's interpreter",
          NameOf(link_type)),
      std::nullopt};
}

}  // namespace bpfopt::driver
