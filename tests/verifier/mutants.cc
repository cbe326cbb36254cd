#include "mutants.h"

#include "bpf/checker.h"
#include "bpf/opcode.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace bpfopt::verifier {
namespace {

using namespace bpf;

// All operation codes of the same class that mean anything.
std::vector<std::uint16_t> CodesLike(std::uint16_t code) {
  std::vector<std::uint16_t> codes;
  for (unsigned high = 0; high < 256; high += 8) {
    codes.push_back(static_cast<std::uint16_t>(high | Class(code)));
  }
  return codes;
}

void AppendChanges(const Program& program, std::size_t at, std::vector<Change>& changes) {
  const Instruction& instruction = program[at];
  std::vector<Instruction> seen = {instruction};
  const auto add = [&](const std::string& text, auto change) {
    Instruction changed = instruction;
    change(changed);
    if (std::find(seen.begin(), seen.end(), changed) != seen.end()) return;
    seen.push_back(changed);
    changes.push_back({at, changed, fmt::format("instruction {}: {}", at, text)});
  };
  add("constant + 1", [](Instruction& i) { ++i.k; });
  add("constant - 1", [](Instruction& i) { --i.k; });
  add("constant with bit 16 changed", [](Instruction& i) { i.k ^= 0x10000; });
  for (const std::uint16_t code : CodesLike(instruction.code)) {
    add(fmt::format("code {:#x}", code), [&](Instruction& i) { i.code = code; });
  }
  if (IsConditionalJump(instruction.code)) {
    add("jumps swapped", [](Instruction& i) { std::swap(i.jt, i.jf); });
    add("both jumps as if true", [](Instruction& i) { i.jf = i.jt; });
    add("both jumps as if false", [](Instruction& i) { i.jt = i.jf; });
    add("jump if true + 1", [](Instruction& i) { ++i.jt; });
    add("jump if true - 1", [](Instruction& i) { --i.jt; });
    add("jump if false + 1", [](Instruction& i) { ++i.jf; });
    add("jump if false - 1", [](Instruction& i) { --i.jf; });
  }
  changes.push_back({at, std::nullopt, fmt::format("instruction {} dropped", at)});
}

// Jumps over the dropped instruction get shorter; those to it go to the next one.
Program Without(const Program& program, std::size_t dropped) {
  Program rest;
  for (std::size_t i = 0; i < program.size(); ++i) {
    if (i == dropped) continue;
    Instruction instruction = program[i];
    const auto shorten = [&](auto& offset) {
      if (i < dropped && i + 1 + std::uint64_t{offset} > dropped) --offset;
    };
    if (IsConditionalJump(instruction.code)) {
      shorten(instruction.jt);
      shorten(instruction.jf);
    } else if (Class(instruction.code) == kJmp) {
      shorten(instruction.k);
    }
    rest.push_back(instruction);
  }
  return rest;
}

bool IsDraw(const Instruction& instruction) {
  return Class(instruction.code) == kLd && Mode(instruction.code) == kAbs &&
         instruction.k == kAncillaryOffset + kAncillaryRandom;
}

}  // namespace

std::vector<Change> ChangesOf(const Program& program) {
  std::vector<Change> changes;
  for (std::size_t at = 0; at < program.size(); ++at) AppendChanges(program, at, changes);
  return changes;
}

std::optional<Mutant> Mutate(const Program& program, const Change& change, Target target) {
  Mutant mutant{program, change.text, {}};
  if (change.instruction) {
    mutant.program[change.at] = *change.instruction;
  } else {
    mutant.program = Without(program, change.at);
  }
  if (!Check(mutant.program, {.target = target}).empty()) return std::nullopt;
  for (std::size_t i = 0; target == Target::kLinux && i < mutant.program.size(); ++i) {
    const std::size_t original = i < change.at || change.instruction ? i : i + 1;
    if (IsDraw(mutant.program[i]) && IsDraw(program[original])) mutant.draws[i] = original;
  }
  return mutant;
}

}  // namespace bpfopt::verifier
