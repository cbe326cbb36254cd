// Every pass preserves meaning on generated functions, under both relations, alone and in the order of a
// compile.
#include "meaning.h"

#include "ir/check.h"
#include "ir/print.h"
#include "passes/pass.h"
#include "random_function.h"
#include "sanitized.h"

#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace bpfopt::passes {
namespace {

class MeaningTest : public testing::TestWithParam<std::tuple<std::string, Relation>> {};

TEST_P(MeaningTest, IsPreservedOnRandomFunctions) {
  const auto& [name, relation] = GetParam();
  std::mt19937 random(20260101);
  std::size_t changed = 0;
  for (int round = 0; round < FewerIfSanitized(400); ++round) {
    ir::RandomOptions options;
    options.target = round % 4 == 3 ? Target::kLinux : Target::kPcap;
    options.arithmetic = round % 2 == 0;
    options.parameters = round % 3 == 0;
    options.computed_verdicts = round % 5 == 0;
    options.depth = 1 + static_cast<unsigned>(round % 3);
    options.max_offset = round % 2 == 0 ? 8 : 32;
    options.blocks = 4 + static_cast<unsigned>(round % 14);
    const ir::Function source = ir::RandomFunction(random, options);
    ir::Function result = source.Clone();
    Context context;
    context.relation = relation;
    context.smt_steps = 2'000'000;
    if (name == "pipeline") {
      PipelineOptions pipeline;
      pipeline.check_invariants = true;
      Expected<void> ran = RunPipeline(result, context, pipeline);
      ASSERT_TRUE(ran.has_value()) << ran.error().message << "\n" << ir::Print(source);
    } else {
      // Most passes expect what `guards` establishes, as in a compile.
      FindPass("guards")->run(result, context);
      changed += FindPass(name)->run(result, context) ? 1 : 0;
    }
    std::vector<ir::BrokenInvariant> broken = ir::Check(result);
    ASSERT_TRUE(broken.empty()) << broken[0].rule << " at " << broken[0].place << ": " << broken[0].detail
                                << "\n"
                                << ir::Print(source) << ir::Print(result);
    ir::PacketSource packets(source);
    for (int i = 0; i < 200; ++i) {
      ir::RandomPacket packet = packets.Next(random);
      const std::string difference = Difference(source, result, packet, relation);
      ASSERT_EQ(difference, "") << "round " << round << "\n" << ir::Print(source) << ir::Print(result);
    }
  }
  if (name != "pipeline") RecordProperty("functions changed", static_cast<int>(changed));
}

std::vector<std::string> PassNames() {
  std::vector<std::string> names{"pipeline"};
  for (const Pass& pass : AllPasses()) names.emplace_back(pass.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Passes, MeaningTest,
                         testing::Combine(testing::ValuesIn(PassNames()),
                                          testing::Values(Relation::kStrict, Relation::kFaithful)),
                         [](const auto& info) {
                           std::string name = std::get<0>(info.param);
                           for (char& c : name) c = c == '-' ? '_' : c;
                           return name +
                                  (std::get<1>(info.param) == Relation::kStrict ? "_strict" : "_faithful");
                         });

}  // namespace
}  // namespace bpfopt::passes
