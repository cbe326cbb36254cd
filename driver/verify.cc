// The public face of the checker, the interpreter and the verifier.
#include "bpfopt/verify.h"

#include "bpf/checker.h"
#include "bpf/interpreter.h"
#include "driver/source.h"
#include "verifier/equivalence.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

namespace bpfopt {
namespace {

Counterexample Convert(verifier::Counterexample from) {
  Counterexample to;
  to.captured = std::move(from.captured);
  to.wire_length = from.wire_length;
  to.on_complete_packet = from.on_complete_packet;
  to.continuation = std::move(from.continuation);
  to.ancillary = std::move(from.ancillary);
  to.random = std::move(from.random);
  to.rules = from.rules;
  to.source_verdict = from.source_verdict;
  to.result_verdict = from.result_verdict;
  to.result_faults = from.result_faults;
  return to;
}

Answer Convert(verifier::Answer answer) {
  switch (answer) {
    case verifier::Answer::kEqual:
      return Answer::kEqual;
    case verifier::Answer::kDifferent:
      return Answer::kDifferent;
    case verifier::Answer::kUndecided:
      break;
  }
  return Answer::kUndecided;
}

Expected<void> DemandMeaning(const Program& program, Target target, std::string_view role) {
  const bpf::CheckOptions options = {.target = target, .limit = driver::kMaxSource};
  const auto violations = bpf::Check(program, options);
  if (violations.empty()) return {};
  return InvalidInput(fmt::format("the {} has no meaning: instruction {}: {}", role,
                                  violations[0].instruction, violations[0].reason));
}

std::string Hexadecimal(const std::vector<std::uint8_t>& bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i % 16 == 0) text += fmt::format("  {:04x} ", i);
    text += fmt::format(" {:02x}", bytes[i]);
    if (i % 16 == 15 || i + 1 == bytes.size()) text += '\n';
  }
  return text;
}

const char* RulesName(Target rules) {
  switch (rules) {
    case Target::kPcap:
      return "libpcap's";
    case Target::kLinux:
      return "the kernel's";
    case Target::kSeccomp:
      break;
  }
  return "seccomp's";
}

}  // namespace

std::vector<Violation> Check(const Program& program, const CheckOptions& options) {
  auto found =
      bpf::Check(program, {.target = options.target, .limit = options.limit, .link_type = options.link_type});
  std::vector<Violation> violations;
  std::transform(found.begin(), found.end(), std::back_inserter(violations), [](bpf::Violation& violation) {
    return Violation{violation.instruction, std::move(violation.reason)};
  });
  return violations;
}

Expected<Verdict> Verify(const Program& source, const Program& result, const VerifyOptions& options) {
  if (auto valid = DemandMeaning(source, options.target, "source"); !valid)
    return tl::unexpected(valid.error());
  if (auto valid = DemandMeaning(result, options.target, "result"); !valid)
    return tl::unexpected(valid.error());
  verifier::Options verifier_options;
  verifier_options.target = options.target;
  verifier_options.relation = options.relation;
  verifier_options.steps = options.steps;
  verifier_options.max_nodes = options.nodes;
  verifier_options.draws = options.draws;
  verifier::Verdict from = verifier::CheckEquivalence(source, result, verifier_options);

  Verdict verdict;
  verdict.answer = Convert(from.answer);
  verdict.reason = std::move(from.reason);
  if (from.counterexample) verdict.counterexample = Convert(std::move(*from.counterexample));
  verdict.nodes = from.statistics.nodes;
  verdict.queries = from.statistics.queries;
  verdict.steps = from.statistics.steps;
  return verdict;
}

std::string Describe(const Counterexample& example) {
  std::string text = fmt::format("packet: {} bytes captured, {} on the wire\n{}", example.captured.size(),
                                 example.wire_length, Hexadecimal(example.captured));
  if (example.on_complete_packet) {
    text += "the difference shows on the packet with more of it captured; the bytes that follow:\n";
    for (const auto& [address, byte] : example.continuation)
      text += fmt::format("  [{}] {:#04x}\n", address, byte);
    text += "  all others 0x00\n";
  }
  for (const auto& [offset, word] : example.ancillary) {
    text += fmt::format("ancillary word {}: {:#x}\n", offset, word);
  }
  for (const auto& [instruction, word] : example.random) {
    text += fmt::format("random draw of source instruction {}: {:#x}\n", instruction, word);
  }
  text += fmt::format("under {} rules: source verdict {}, result verdict {}{}\n", RulesName(example.rules),
                      example.source_verdict, example.result_verdict,
                      example.result_faults ? " (it loads past the captured bytes)" : "");
  return text;
}

RunOutcome RunOnPacket(const Program& program, std::span<const std::uint8_t> captured,
                       std::uint32_t wire_length, Target target) {
  const bpf::Outcome outcome =
      bpf::Run(program, target, {.captured = captured, .wire_length = wire_length, .continuation = {}});
  return {outcome.verdict, outcome.end != bpf::End::kReturn, outcome.executed};
}

}  // namespace bpfopt
