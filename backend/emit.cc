#include "backend/emit.h"

#include "backend/facts.h"
#include "backend/generate.h"
#include "backend/layout.h"
#include "backend/membership_lowering.h"
#include "backend/scratch.h"
#include "backend/search.h"
#include "backend/selection.h"
#include "backend/sinking.h"
#include "backend/switch_lowering.h"
#include "bpf/opcode.h"
#include "ir/graph.h"

#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace bpfopt::backend {
namespace {

// A load that no instruction may make: what makes the function impossible to compile for its target and link
// type.
std::optional<Error> FindForbiddenLoad(const ir::Function& function, const Rules& rules) {
  std::optional<Error> error;
  for (const ir::Block* block : ir::TopologicalOrder(function)) {
    for (const ir::Value* used : ir::UsedValues(*block)) {
      ir::ForEachOperand(used, [&](const ir::Value* value) {
        if (value->opcode() != ir::Opcode::kLoad) return;
        if (!IsAllowedLoad(value->base() != nullptr, value->offset(), value->width(), rules)) {
          error = Error{
              ErrorCode::kInvalidInput,
              fmt::format("a load of {} bytes at {}{} lies in the cooked header, where the kernel cannot "
                          "follow it",
                          value->width(), value->base() != nullptr ? "a computed offset + " : "",
                          value->offset()),
              std::nullopt};
        } else if (rules.target == Target::kPcap && value->base() == nullptr &&
                   value->offset() >= bpf::kLinkLayerOffset) {
          error =
              Error{ErrorCode::kInvalidInput,
                    fmt::format("a load at offset {} needs the target linux", value->offset()), std::nullopt};
        }
      });
    }
  }
  return error;
}

// Linux's checker follows the program's order, past returns too, when it asks whether a scratch word was
// written before it is read. Where it would not see that, an early store satisfies it; A is 0 there.
std::vector<std::uint32_t> WordsUnseenByChecker(const Program& program) {
  constexpr std::uint32_t kAll = 0xffff;
  std::vector<std::uint32_t> reached(program.size() + 1, kAll);
  std::uint32_t written = 0;
  std::uint32_t unseen = 0;
  const auto jump = [&](std::size_t target) {
    if (target < reached.size()) reached[target] &= written;
  };
  for (std::size_t i = 0; i < program.size(); ++i) {
    const Instruction& at = program[i];
    written &= reached[i];
    const std::uint16_t kind = bpf::Class(at.code);
    if (kind == bpf::kSt || kind == bpf::kStx) {
      written |= 1U << at.k;
    } else if ((kind == bpf::kLd || kind == bpf::kLdx) && bpf::Mode(at.code) == bpf::kMem) {
      if ((written >> at.k & 1) == 0) unseen |= 1U << at.k;
    } else if (bpf::IsConditionalJump(at.code)) {
      jump(i + 1 + at.jt);
      jump(i + 1 + at.jf);
      written = kAll;
    } else if (kind == bpf::kJmp) {
      jump(i + 1 + at.k);
      written = kAll;
    }
  }
  std::vector<std::uint32_t> words;
  for (std::uint32_t word = 0; word < bpf::kScratchWords; ++word) {
    if ((unseen >> word & 1) != 0) words.push_back(word);
  }
  return words;
}

void SatisfyChecker(Emitted& emitted) {
  const std::vector<std::uint32_t> words = WordsUnseenByChecker(emitted.program);
  if (words.empty()) return;
  Program stores;
  for (const std::uint32_t word : words) stores.push_back({bpf::kSt, 0, 0, word});
  emitted.program.insert(emitted.program.begin(), stores.begin(), stores.end());
  std::map<std::size_t, std::uint32_t> moved;
  for (const auto& [instruction, identity] : emitted.draws) moved[instruction + stores.size()] = identity;
  emitted.draws = std::move(moved);
}

struct Compiled {
  MachineFunction machine;  // with scratch words that fit
  std::size_t mask_gain = 0;
  std::size_t memberships = 0;
};

// The ways of making a switch that cost registers or that only the whole program tells the worth of.
struct Ways {
  bool masks = true;
  bool memberships = true;
};

Expected<Compiled> Compile(const ir::Function& function, const Rules& rules, const EmitOptions& options,
                           const Ways& ways) {
  ir::Function lowered = function.Clone();
  const std::size_t memberships =
      ways.memberships ? LowerMemberships(lowered, {.steps = options.membership_steps}) : 0;
  lowered.RemoveUnreachable();
  const LoweringReport report =
      LowerSwitches(lowered, rules, {options.objective, true, ways.masks, options.likely_first});
  lowered.RemoveUnreachable();
  lowered.MakeConstant(0);  // what A and X hold at the start
  if (const auto error = FindForbiddenLoad(lowered, rules)) return tl::unexpected(*error);
  Expected<Facts> facts = Facts::Compute(lowered, rules);
  if (!facts) return tl::unexpected(facts.error());
  Expected<MachineFunction> machine = Search(
      lowered, *facts, rules,
      {options.objective, options.search_budget, options.search_work, report.slack, options.interruption});
  if (!machine) return tl::unexpected(machine.error());
  if (const Expected<void> fitted = AllocateScratch(*machine); !fitted) return tl::unexpected(fitted.error());
  Simplify(*machine);
  SinkLoads(*machine, options.objective);
  return Compiled{std::move(*machine), report.mask_gain, memberships};
}

// Masks need X, which other values may want: where that can outweigh what they save, both ways are compiled.
Expected<Compiled> CompileWithout(const ir::Function& function, const Rules& rules,
                                  const EmitOptions& options, Expected<Compiled> best, Ways ways,
                                  bool Ways::*way) {
  ways.*way = false;
  Expected<Compiled> without = Compile(function, rules, options, ways);
  if (!best) return without;
  if (!without || IsBetter(CostOf(best->machine), CostOf(without->machine), options.objective)) return best;
  return without;
}

Expected<Compiled> CompileBest(const ir::Function& function, const Rules& rules, const EmitOptions& options) {
  constexpr std::size_t kClearGain = 12;
  Expected<Compiled> best = Compile(function, rules, options, {});
  const bool has_memberships = best && best->memberships > 0;
  if (has_memberships) best = CompileWithout(function, rules, options, best, {}, &Ways::memberships);
  if (best && (best->mask_gain == 0 || best->mask_gain > kClearGain)) return best;
  const Ways ways{true, best && best->memberships > 0};
  return CompileWithout(function, rules, options, best, ways, &Ways::masks);
}

Expected<Emitted> EmitAs(const ir::Function& function, const Rules& rules, const EmitOptions& options) {
  const Expected<Compiled> compiled = CompileBest(function, rules, options);
  if (!compiled) return tl::unexpected(compiled.error());
  LaidOut laid_out = LayOut(compiled->machine);
  Emitted emitted{std::move(laid_out.program), std::move(laid_out.draws)};
  SatisfyChecker(emitted);
  return emitted;
}

}  // namespace

Expected<Emitted> Emit(const ir::Function& function, const EmitOptions& options) {
  const Rules rules{function.target(), options.relation, options.cooked};
  Expected<Emitted> emitted = EmitAs(function, rules, options);
  if (emitted && emitted->program.size() > options.limit && options.objective != Objective::kSize) {
    EmitOptions smallest = options;
    smallest.objective = Objective::kSize;
    emitted = EmitAs(function, rules, smallest);
  }
  if (emitted && emitted->program.size() > options.limit) {
    return MakeError(ErrorCode::kTooLarge, fmt::format("the filter needs {} instructions, and {} are allowed",
                                                       emitted->program.size(), options.limit));
  }
  return emitted;
}

}  // namespace bpfopt::backend
