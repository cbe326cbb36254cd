// The public face of the checker, the interpreter and the verifier.
#include "bpfopt/verify.h"

#include "bpf/checker.h"
#include "bpf/interpreter.h"
#include "driver/interrupted.h"
#include "driver/source.h"
#include "verifier/equivalence.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <iterator>
#include <utility>

#include <fmt/format.h>

namespace bpfopt {
namespace {

Counterexample Convert(verifier::Counterexample from) {
  Counterexample to;
  to.captured = std::move(from.captured);
  to.more_captured = from.more_captured;
  to.more = std::move(from.more);
  to.wire_length = from.wire_length;
  to.on_complete_packet = from.on_complete_packet;
  to.continuation = std::move(from.continuation);
  to.ancillary = std::move(from.ancillary);
  to.random = std::move(from.random);
  to.negative = std::move(from.negative);
  to.attributes = std::move(from.attributes);
  to.has_device = from.has_device;
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

struct Operand {
  const Program& program;
  std::string_view role;
};

template <typename Question>
Expected<Verdict> Prove(Question question, const Operand& first, const Operand& second,
                        const VerifyOptions& options) {
  for (const Operand& operand : {first, second}) {
    if (auto valid = DemandMeaning(operand.program, options.target, operand.role); !valid)
      return tl::unexpected(valid.error());
  }
  verifier::Options verifier_options;
  verifier_options.target = options.target;
  verifier_options.relation = options.relation;
  verifier_options.steps = options.steps;
  verifier_options.max_nodes = options.nodes;
  verifier_options.draws = options.draws;
  verifier_options.interruption = options.interruption;
  const auto start = std::chrono::steady_clock::now();
  verifier::Verdict from = question(first.program, second.program, verifier_options);

  if (from.answer == verifier::Answer::kUndecided) {
    if (auto go_on = driver::CheckInterruption(options.interruption); !go_on)
      return tl::unexpected(go_on.error());
  }

  Verdict verdict;
  verdict.milliseconds =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  verdict.answer = Convert(from.answer);
  verdict.reason = std::move(from.reason);
  if (from.counterexample) verdict.counterexample = Convert(std::move(*from.counterexample));
  verdict.nodes = from.statistics.nodes;
  verdict.diagram_nodes = from.statistics.diagram_nodes;
  verdict.queries = from.statistics.queries;
  verdict.steps = from.statistics.steps;
  return verdict;
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

// struct seccomp_data: its numbers are in the byte order of this machine.
std::string DescribeCall(const std::vector<std::uint8_t>& data) {
  const auto number = [&](std::size_t offset, auto value) {
    if (offset + sizeof(value) <= data.size()) std::memcpy(&value, data.data() + offset, sizeof(value));
    return value;
  };
  std::string text =
      fmt::format("system call: number {}, architecture {:#x}, instruction pointer {:#x}\n",
                  number(0, std::uint32_t{0}), number(4, std::uint32_t{0}), number(8, std::uint64_t{0}));
  text += "arguments:";
  for (std::size_t i = 0; i < 6; ++i) text += fmt::format(" {:#x}", number(16 + 8 * i, std::uint64_t{0}));
  return text + "\n";
}

std::string VerdictText(std::uint32_t verdict, Target rules) {
  return rules == Target::kSeccomp ? fmt::format("{:#010x}", verdict) : fmt::format("{}", verdict);
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
  return Prove(verifier::CheckEquivalence, {source, "source"}, {result, "result"}, options);
}

Expected<Verdict> Implies(const Program& a, const Program& b, const VerifyOptions& options) {
  return Prove(verifier::CheckImplication, {a, "first program"}, {b, "second program"}, options);
}

std::string Describe(const Counterexample& example, std::string_view source, std::string_view result) {
  std::string text = example.rules == Target::kSeccomp
                         ? DescribeCall(example.captured)
                         : fmt::format("packet: {} bytes captured, {} on the wire\n{}",
                                       example.captured.size() + example.more_captured, example.wire_length,
                                       Hexadecimal(example.captured));
  if (example.more_captured > 0) {
    text += example.more.empty() ? "all of them 0x00\n" : "those that are not 0x00:\n";
    for (const auto& [address, byte] : example.more) text += fmt::format("  [{}] {:#04x}\n", address, byte);
  }
  if (example.on_complete_packet && example.continuation.empty()) {
    text += "the difference shows on the packet with more of it captured; the bytes that follow are 0x00\n";
  } else if (example.on_complete_packet) {
    text += "the difference shows on the packet with more of it captured; the bytes that follow:\n";
    for (const auto& [address, byte] : example.continuation)
      text += fmt::format("  [{}] {:#04x}\n", address, byte);
    text += "  all others 0x00\n";
  }
  for (const auto& [offset, word] : example.ancillary) {
    text += fmt::format("ancillary word {}: {:#x}\n", offset, word);
  }
  for (const auto& [place, word] : example.negative) {
    text += fmt::format("load of {} bytes at {:#x}: {}\n", place.second, place.first,
                        word ? fmt::format("{:#x}", *word) : std::string("fails"));
  }
  for (const auto& [call, word] : example.attributes) {
    const auto& [kind, a, x] = call;
    text += fmt::format("ancillary load {} with A = {:#x}, X = {:#x}: {:#x}\n", kind, a, x, word);
  }
  if (!example.has_device) text += "without a device\n";
  for (const auto& [instruction, word] : example.random) {
    text += fmt::format("random draw of {} instruction {}: {:#x}\n", source, instruction, word);
  }
  text += fmt::format("under {} rules: {} verdict {}, {} verdict {}{}\n", RulesName(example.rules), source,
                      VerdictText(example.source_verdict, example.rules), result,
                      VerdictText(example.result_verdict, example.rules),
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
