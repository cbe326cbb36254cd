// Random functions, emitted and run: the program means what the function means, under both relations and
// objectives, with and without search, and satisfies the kernel's structural check.
#include "backend/emit.h"
#include "bpf/checker.h"
#include "bpf/interpreter.h"
#include "bpf/text.h"
#include "ir/evaluate.h"
#include "ir/print.h"
#include "random_function.h"

#include <cstdint>
#include <random>
#include <string>

#include <gtest/gtest.h>

namespace bpfopt::backend {
namespace {

constexpr unsigned kFunctions = 400;
constexpr unsigned kPackets = 40;

// Words that the kernel adds, a function of what is asked and of the packet's turn.
bpf::Ancillary KernelWords(std::uint32_t turn, const std::map<std::size_t, std::uint32_t>* draws) {
  bpf::Ancillary ancillary;
  ancillary.word = [turn](std::uint32_t offset) { return (turn * 0x9e3779b9 + offset) >> (turn % 32); };
  ancillary.random = [turn, draws](std::size_t instruction) -> std::uint32_t {
    const std::size_t identity = draws == nullptr ? instruction : draws->at(instruction);
    return static_cast<std::uint32_t>(identity * 77 + turn) * 0x85ebca6b;
  };
  ancillary.nlattr = [](std::uint32_t offset, std::uint32_t a, std::uint32_t x) {
    return a * 3 + x * 5 + offset;
  };
  ancillary.has_device = turn % 3 != 0;
  return ancillary;
}

struct Setting {
  Target target;
  Relation relation;
  Objective objective;
  std::size_t budget;
};

class EmitRandom : public testing::TestWithParam<Setting> {
 protected:
  static EmitOptions Options() {
    EmitOptions options;
    options.relation = GetParam().relation;
    options.objective = GetParam().objective;
    options.search_budget = GetParam().budget;
    return options;
  }

  // Empty when the program's run is what the relation asks for.
  static std::string Compare(const ir::Function& function, const Emitted& emitted,
                             const ir::RandomPacket& packet, std::uint32_t turn) {
    const Target target = function.target();
    const bpf::Packet captured{packet.captured, packet.wire_length, {}};
    const bpf::Ancillary for_function = KernelWords(turn, nullptr);
    const bpf::Ancillary for_program = KernelWords(turn, &emitted.draws);
    const bpf::Outcome wanted = ir::Evaluate(function, captured, for_function);
    const bpf::Outcome got = bpf::Run(emitted.program, target, captured, for_program);
    if (got.end == bpf::End::kMalformed) return "malformed";
    if (GetParam().relation == Relation::kStrict)
      return got.verdict == wanted.verdict ? "" : "different verdicts";
    if (wanted.verdict != 0 && got.verdict != wanted.verdict) return "differs on an accepted packet";
    bpf::Packet whole = captured;
    whole.continuation = [turn](std::uint64_t address) {
      return static_cast<std::uint8_t>((address * 31 + turn * 7) >> (turn % 5));
    };
    const bpf::Outcome wanted_whole = ir::Evaluate(function, whole, for_function);
    const bpf::Outcome got_whole = bpf::Run(emitted.program, target, whole, for_program);
    return got_whole.verdict == wanted_whole.verdict ? "" : "different verdicts with a continuation";
  }
};

TEST_P(EmitRandom, MeansWhatTheFunctionMeans) {
  std::mt19937 random(20240611);
  for (unsigned i = 0; i < kFunctions; ++i) {
    ir::RandomOptions shape;
    shape.target = GetParam().target;
    shape.blocks = 3 + i % 20;
    shape.depth = 1 + i % 4;
    shape.arithmetic = i % 3 != 0;
    shape.ancillary = shape.target == Target::kLinux;
    const ir::Function function = ir::RandomFunction(random, shape);
    const Expected<Emitted> emitted = Emit(function, Options());
    ASSERT_TRUE(emitted) << i << ": " << emitted.error().message << "\n" << ir::Print(function);
    bpf::CheckOptions check;
    check.target = shape.target;
    for (const bpf::Violation& violation : bpf::Check(emitted->program, check)) {
      ADD_FAILURE() << violation.instruction << ": " << violation.reason << "\n"
                    << ir::Print(function) << bpf::FormatAssembly(emitted->program);
    }
    const ir::PacketSource packets(function);
    for (unsigned j = 0; j < kPackets; ++j) {
      const std::string difference = Compare(function, *emitted, packets.Next(random), i + j);
      ASSERT_EQ(difference, "") << i << "\n" << ir::Print(function) << bpf::FormatAssembly(emitted->program);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Settings, EmitRandom,
    testing::Values(Setting{Target::kPcap, Relation::kStrict, Objective::kBalanced, 0},
                    Setting{Target::kPcap, Relation::kStrict, Objective::kBalanced, 200},
                    Setting{Target::kPcap, Relation::kStrict, Objective::kSpeed, 50},
                    Setting{Target::kPcap, Relation::kFaithful, Objective::kBalanced, 0},
                    Setting{Target::kPcap, Relation::kFaithful, Objective::kSize, 200},
                    Setting{Target::kPcap, Relation::kFaithful, Objective::kSpeed, 50},
                    Setting{Target::kLinux, Relation::kStrict, Objective::kBalanced, 100},
                    Setting{Target::kLinux, Relation::kFaithful, Objective::kBalanced, 100}));

}  // namespace
}  // namespace bpfopt::backend
