// Bytes are a program, brought near to one that the checker accepts: the lifted function keeps the IR's
// invariants and means what the program does on a few packets. The first byte chooses the target, then eight
// bytes make an instruction.
#include "bpf/checker.h"
#include "bpf/interpreter.h"
#include "bpf/opcode.h"
#include "bpf/raw.h"
#include "bpf/text.h"
#include "frontend/lift.h"
#include "ir/check.h"
#include "ir/evaluate.h"
#include "ir/print.h"
#include "random_program.h"
#include "target.h"

#include <algorithm>
#include <string>
#include <vector>

namespace bpfopt::fuzz {
namespace {

constexpr std::size_t kMaxInstructions = 300;
constexpr std::size_t kBytes = sizeof(Instruction);
constexpr Target kTargets[] = {Target::kPcap, Target::kLinux, Target::kSeccomp};

constexpr bool HasKOfScratch(std::uint16_t code) {
  const std::uint16_t instruction_class = bpf::Class(code);
  return instruction_class == bpf::kSt || instruction_class == bpf::kStx ||
         (instruction_class <= bpf::kLdx && bpf::Mode(code) == bpf::kMem);
}

// Most bytes are no instruction; what is refused for a number too large mostly should not be.
Program Normalized(Program program) {
  if (program.size() > kMaxInstructions) program.resize(kMaxInstructions);
  for (std::size_t i = 0; i < program.size(); ++i) {
    Instruction& instruction = program[i];
    instruction.code &= 0xff;
    const std::size_t room = program.size() - i;  // one more than there are targets
    if (bpf::Class(instruction.code) == bpf::kJmp) {
      instruction.jt = static_cast<std::uint8_t>(instruction.jt % room);
      instruction.jf = static_cast<std::uint8_t>(instruction.jf % room);
      if (!bpf::IsConditionalJump(instruction.code)) instruction.k %= static_cast<std::uint32_t>(room);
    }
    if (HasKOfScratch(instruction.code)) instruction.k %= bpf::kScratchWords;
  }
  program.push_back({bpf::kRet | bpf::kA, 0, 0, 0});
  return program;
}

bpf::Ancillary SomeAncillary() {
  bpf::Ancillary ancillary;
  ancillary.word = [](std::uint32_t offset) { return offset * 3 + 1; };
  ancillary.random = [](std::size_t instruction) { return static_cast<std::uint32_t>(instruction) * 7; };
  ancillary.nlattr = [](std::uint32_t offset, std::uint32_t a, std::uint32_t x) {
    return offset ^ a * 3 ^ x * 5;
  };
  ancillary.negative = [](std::uint32_t k, unsigned width) -> std::optional<std::uint32_t> {
    if (k % 3 == 0) return std::nullopt;
    return k ^ width;
  };
  return ancillary;
}

void TestLift(const Program& program, Target target) {
  const auto function = frontend::Lift(program, target);
  const bool accepted = bpf::Check(program, {.target = target, .limit = kMaxInstructions + 1}).empty();
  if (!accepted) return;
  const std::string listing = bpf::FormatAssembly(program);
  Require(function.has_value(), "what the checker accepts is lifted", listing);
  const auto broken = ir::Check(*function);
  Require(broken.empty(), broken.empty() ? "" : broken[0].rule, listing + ir::Print(*function));
  const bpf::Ancillary ancillary = SomeAncillary();
  for (const std::size_t length : {0, 7, 20, 64}) {
    std::vector<std::uint8_t> bytes(target == Target::kSeccomp ? 64 : length);
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * 37 + length);
    const bpf::Packet packet{bytes, 60, {}};
    const bpf::Outcome expected = bpf::Run(program, target, packet, ancillary);
    const bpf::Outcome found = ir::Evaluate(*function, packet, ancillary);
    Require(found.verdict == expected.verdict && found.end == expected.end,
            "the function means what the program does", listing + ir::Print(*function));
  }
}

}  // namespace

std::string StructuredInput(std::mt19937& random) {
  const std::size_t choice = random() % std::size(kTargets);
  const Program program = bpf::RandomProgram(random, 40, kTargets[choice]);
  return static_cast<char>(choice) + bpf::EncodeRaw(program, ByteOrder::kLittle);
}

}  // namespace bpfopt::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bpfopt;
  if (size == 0) return 0;
  const std::size_t instructions = (size - 1) / fuzz::kBytes;
  const auto program = bpf::DecodeRaw({reinterpret_cast<const char*>(data + 1), instructions * fuzz::kBytes},
                                      ByteOrder::kLittle);
  fuzz::TestLift(fuzz::Normalized(*program), fuzz::kTargets[data[0] % std::size(fuzz::kTargets)]);
  return 0;
}
