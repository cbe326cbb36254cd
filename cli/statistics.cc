// Tables for people, on standard error.
#include "cli/statistics.h"

#include "bpfopt/kernel.h"

#include <chrono>

#include <fmt/format.h>

namespace bpfopt::cli {

const char* OutcomeName(Candidate::Outcome outcome) {
  switch (outcome) {
    case Candidate::Outcome::kNotNeeded:
      return "not needed";
    case Candidate::Outcome::kUnproven:
      return "chosen, not proven";
    case Candidate::Outcome::kProven:
      return "chosen, proven";
    case Candidate::Outcome::kUndecided:
      return "undecided";
    case Candidate::Outcome::kTooLarge:
      break;
  }
  return "too large";
}

namespace {

std::string SourceName(const CompileResult& result) {
  switch (result.source_kind) {
    case SourceKind::kLibpcap:
      return result.libpcap_reads_otherwise ? "libpcap's unoptimized program, which bpfopt reads otherwise"
                                            : "libpcap's unoptimized program";
    case SourceKind::kProgram:
      return "the program given";
    case SourceKind::kLowering:
      break;
  }
  return "bpfopt's own lowering (" + result.source_reason + ")";
}

std::string KernelLine(const Program& program) {
  constexpr std::size_t kMaxInstructions = 4096;
  if (program.size() > kMaxInstructions) {
    return fmt::format("kernel: Linux takes at most {} instructions\n", kMaxInstructions);
  }
  const std::size_t bytes = KernelMemory(program);
  const auto takes = [bytes](std::size_t optmem_max) {
    return FitsOptmem(bytes, optmem_max) ? "takes it" : "does not take it";
  };
  return fmt::format("kernel: {} bytes for a socket; a net.core.optmem_max of {} {}, one of {} {}\n", bytes,
                     kOldOptmemMax, takes(kOldOptmemMax), kOptmemMax, takes(kOptmemMax));
}

double Microseconds(std::chrono::nanoseconds time) { return static_cast<double>(time.count()) / 1000.0; }

}  // namespace

std::string FormatStatistics(const CompileResult& result, Target target) {
  std::string text = fmt::format("source: {} instructions, {}\n", result.source.size(), SourceName(result));
  if (target != Target::kSeccomp) text += KernelLine(result.program);
  text += "candidates:\n";
  for (const Candidate& candidate : result.candidates) {
    text += fmt::format("  {:<10} {:>5} instructions, expected path {:.2f}: {}{}\n", candidate.name,
                        candidate.instructions, candidate.expected_path, OutcomeName(candidate.outcome),
                        candidate.detail.empty() ? "" : " (" + candidate.detail + ")");
  }
  text += "counters:\n";
  for (const auto& [name, count] : result.statistics.counters)
    text += fmt::format("  {:>8} {}\n", count, name);
  text += fmt::format("proof: {} nodes, {} queries, {} steps\n", result.statistics.proof_nodes,
                      result.statistics.proof_queries, result.statistics.proof_steps);
  return text;
}

std::string FormatTimings(const CompileStatistics& statistics) {
  std::chrono::nanoseconds total{0};
  for (const auto& timing : statistics.timings) total += timing.time;
  std::string text = fmt::format("{:>12}  {:>6}  {:>5}  step\n", "microseconds", "share", "runs");
  for (const auto& timing : statistics.timings) {
    const double share = total.count() == 0 ? 0.0 : 100.0 * Microseconds(timing.time) / Microseconds(total);
    text += fmt::format("{:>12.1f}  {:>5.1f}%  {:>5}  {}\n", Microseconds(timing.time), share, timing.runs,
                        timing.name);
  }
  return text + fmt::format("{:>12.1f}  {:>5.1f}%  {:>5}  total\n", Microseconds(total), 100.0, "");
}

std::string FormatTime(std::string_view step, std::chrono::nanoseconds time) {
  return fmt::format("{:>12.1f} microseconds  {}\n", Microseconds(time), step);
}

}  // namespace bpfopt::cli
