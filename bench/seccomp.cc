// Counts alone, which are the same on every machine that has the same libseccomp.
#include "bench/seccomp.h"

#include "bench/seccomp_profiles.h"
#include "bpfopt/optimizer.h"
#include "bpfopt/verify.h"

#include <cerrno>
#include <linux/seccomp.h>
#include <span>
#include <vector>

#include <fmt/format.h>

namespace bpfopt::bench {
namespace {

using seccomp::Form;

struct Row {
  std::string name;
  Program linear;
  Program tree;
  std::uint32_t calls;  // system calls from 0 on that the means are over
};

std::vector<Row> Rows() {
  std::vector<Row> rows;
  for (const std::size_t count : {100U, 200U, 300U}) {
    const auto list = [&](Form form) {
      return seccomp::RandomAllowList(1, count, SECCOMP_RET_KILL_THREAD, form);
    };
    rows.push_back({fmt::format("{} random calls of 0..{}", count, seccomp::kRandomCalls - 1),
                    list(Form::kLinear), list(Form::kTree), seccomp::kRandomCalls});
  }
  const std::uint32_t fails = SECCOMP_RET_ERRNO | EPERM;
  rows.push_back({"container profile", seccomp::ContainerProfile(fails, Form::kLinear),
                  seccomp::ContainerProfile(fails, Form::kTree), 470});
  return rows;
}

// Of one program.
struct Figures {
  std::size_t instructions = 0;
  double executed = 0;          // in the mean over all calls
  double executed_allowed = 0;  // over those that are allowed
};

Figures Measure(const Program& program, std::uint32_t calls) {
  Figures figures{program.size()};
  std::size_t allowed_calls = 0;
  for (std::uint32_t number = 0; number < calls; ++number) {
    seccomp_data call = {};
    call.nr = static_cast<int>(number);
    call.arch = seccomp::Architectures()[0];
    const std::span bytes(reinterpret_cast<const std::uint8_t*>(&call), sizeof call);
    const RunOutcome outcome = RunOnPacket(program, bytes, sizeof call, Target::kSeccomp);
    figures.executed += static_cast<double>(outcome.executed) / calls;
    if (outcome.verdict != SECCOMP_RET_ALLOW) continue;
    figures.executed_allowed += static_cast<double>(outcome.executed);
    ++allowed_calls;
  }
  if (allowed_calls > 0) figures.executed_allowed /= static_cast<double>(allowed_calls);
  return figures;
}

nlohmann::ordered_json ToJson(const Figures& figures) {
  return {{"instructions", figures.instructions},
          {"executed", figures.executed},
          {"executed_allowed", figures.executed_allowed}};
}

std::string Cell(const Figures& figures) {
  return fmt::format("{} ({:.1f}, {:.1f})", figures.instructions, figures.executed, figures.executed_allowed);
}

}  // namespace

Expected<ModeReport> CompareWithLibseccomp() {
  ModeReport report;
  report.summary =
      "| allow-list | libseccomp, linear | libseccomp, tree | optimized |\n| --- | --- | --- | --- |\n";
  report.data = nlohmann::ordered_json::array();
  for (const Row& row : Rows()) {
    const Expected<CompileResult> result = Optimize(row.linear, {.target = Target::kSeccomp});
    if (!result) return tl::unexpected(result.error());
    report.is_bad = report.is_bad || !result->proven;
    const Figures linear = Measure(row.linear, row.calls);
    const Figures tree = Measure(row.tree, row.calls);
    const Figures optimized = Measure(result->program, row.calls);
    report.summary += fmt::format("| {} | {} | {} | {}{} |\n", row.name, Cell(linear), Cell(tree),
                                  Cell(optimized), result->proven ? "" : " NOT PROVEN");
    report.data.push_back({{"list", row.name},
                           {"linear", ToJson(linear)},
                           {"tree", ToJson(tree)},
                           {"optimized", ToJson(optimized)},
                           {"proven", result->proven}});
  }
  report.text =
      "Instructions, and instructions executed in the mean: over all calls, over those allowed.\n\n" +
      report.summary;
  return report;
}

}  // namespace bpfopt::bench
