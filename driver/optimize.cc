// The pipeline for bytecode: lift, then what a filter goes through, with the program itself as the source.
#include "bpf/checker.h"
#include "bpf/opcode.h"
#include "bpfopt/optimizer.h"
#include "driver/candidate.h"
#include "driver/guarantee.h"
#include "driver/interrupted.h"
#include "driver/lifted_program.h"
#include "driver/lowered_filter.h"
#include "driver/source.h"
#include "driver/stage_log.h"
#include "driver/warnings.h"
#include "ir/print.h"

#include <optional>
#include <utility>
#include <variant>

#include <fmt/format.h>

namespace bpfopt {
namespace {

using driver::StageLog;

CompileOptions EffortOf(const OptimizeOptions& options) {
  CompileOptions effort;
  effort.target = options.target;
  effort.level = options.level;
  effort.relation = options.target == Target::kSeccomp ? Relation::kStrict : options.relation;
  effort.objective = options.objective;
  effort.limit = options.limit;
  effort.proof = options.proof;
  effort.disabled_passes = options.disabled_passes;
  effort.budgets = options.budgets;
  effort.interruption = options.interruption;
  effort.check_invariants = options.check_invariants;
  return effort;
}

// On cooked captures a program that the kernel cannot follow is no source to be kept.
Expected<void> CheckCookedLoads(const Program& program, const OptimizeOptions& options,
                                const bpf::CookedHeader& cooked) {
  const bpf::CheckOptions check = {.target = options.target,
                                   .limit = driver::kMaxSource,
                                   .link_type = options.link_type,
                                   .cooked = cooked};
  const std::vector<bpf::Violation> violations = bpf::Check(program, check);
  if (violations.empty()) return {};
  return InvalidInput(fmt::format("instruction {}: {}", violations[0].instruction, violations[0].reason));
}

std::map<std::size_t, std::uint32_t> DrawsOf(const Program& program, Target target) {
  std::map<std::size_t, std::uint32_t> draws;
  if (target != Target::kLinux) return draws;
  for (std::size_t i = 0; i < program.size(); ++i) {
    const Instruction& instruction = program[i];
    if (bpf::Class(instruction.code) == bpf::kLd && bpf::Mode(instruction.code) == bpf::kAbs &&
        instruction.k == bpf::kAncillaryOffset + bpf::kAncillaryRandom) {
      draws.emplace(i, static_cast<std::uint32_t>(i));
    }
  }
  return draws;
}

}  // namespace

Expected<CompileResult> Optimize(const Program& program, const OptimizeOptions& options) {
  CompileStatistics statistics;
  StageLog log(options.observer, statistics);
  const CompileOptions effort = EffortOf(options);
  if (auto valid = driver::CheckEffort(effort); !valid) return tl::unexpected(valid.error());
  auto function = driver::LiftProgram(program, options.target, log);
  if (!function) return tl::unexpected(function.error());
  const driver::Subject subject{*function, driver::CookedHeaderFor(options.link_type, *function),
                                options.link_type, /*is_lifted=*/true};
  if (auto valid = CheckCookedLoads(program, options, subject.cooked); !valid)
    return tl::unexpected(valid.error());

  driver::Source source{program, DrawsOf(program, options.target), SourceKind::kProgram, {}};
  auto chosen =
      driver::ChooseProven(subject, std::move(source), effort, log, [](std::size_t) { return std::nullopt; });
  if (!chosen) return tl::unexpected(chosen.error());
  if (const auto* refuted = std::get_if<driver::Refutation>(&*chosen))
    return tl::unexpected(driver::MistakeOf(*refuted));
  auto result = std::get<CompileResult>(std::move(*chosen));
  result.statistics = log.statistics();
  return result;
}

Expected<std::string> OptimizeToIr(const Program& program, const OptimizeOptions& options,
                                   std::string_view stop_after) {
  CompileStatistics statistics;
  StageLog log(options.observer, statistics);
  const CompileOptions effort = EffortOf(options);
  if (auto valid = driver::CheckEffort(effort); !valid) return tl::unexpected(valid.error());
  auto function = driver::LiftProgram(program, options.target, log);
  if (!function) return tl::unexpected(function.error());
  if (stop_after != "lift") {
    const bpf::CookedHeader cooked = driver::CookedHeaderFor(options.link_type, *function);
    auto done = driver::RunPasses(*function, driver::MainRecipe(effort, /*is_lifted=*/true), effort, cooked,
                                  stop_after, log);
    if (done) done = driver::CheckInterruption(options.interruption);
    if (!done) return tl::unexpected(done.error());
  }
  return ir::Print(*function);
}

}  // namespace bpfopt
