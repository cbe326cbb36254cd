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

// Executed instructions in the mean, over all calls and over those that are allowed.
std::string MeanExecuted(const Program& program, std::uint32_t calls) {
  double all = 0;
  double allowed = 0;
  std::size_t allowed_calls = 0;
  for (std::uint32_t number = 0; number < calls; ++number) {
    seccomp_data call = {};
    call.nr = static_cast<int>(number);
    call.arch = seccomp::Architectures()[0];
    const std::span bytes(reinterpret_cast<const std::uint8_t*>(&call), sizeof call);
    const RunOutcome outcome = RunOnPacket(program, bytes, sizeof call, Target::kSeccomp);
    all += static_cast<double>(outcome.executed);
    if (outcome.verdict != SECCOMP_RET_ALLOW) continue;
    allowed += static_cast<double>(outcome.executed);
    ++allowed_calls;
  }
  return fmt::format("{:.1f}, {:.1f}", all / calls,
                     allowed_calls == 0 ? 0.0 : allowed / static_cast<double>(allowed_calls));
}

}  // namespace

Expected<std::string> CompareWithLibseccomp() {
  std::string text =
      "Instructions, and instructions executed in the mean: over all calls, over those allowed.\n\n"
      "| allow-list | libseccomp, linear | libseccomp, tree | optimized |\n| --- | --- | --- | --- |\n";
  for (const Row& row : Rows()) {
    const Expected<CompileResult> result = Optimize(row.linear, {.target = Target::kSeccomp});
    if (!result) return tl::unexpected(result.error());
    if (!result->proven) return MakeError(ErrorCode::kUndecided, "not proven: " + row.name);
    const auto cell = [&](const Program& program) {
      return fmt::format("{} ({})", program.size(), MeanExecuted(program, row.calls));
    };
    text += fmt::format("| {} | {} | {} | {} |\n", row.name, cell(row.linear), cell(row.tree),
                        cell(result->program));
  }
  return text;
}

}  // namespace bpfopt::bench
