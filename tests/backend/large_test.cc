// Programs with targets farther than a conditional jump reaches, and the limit.
#include "backend/emit.h"
#include "bpf/checker.h"
#include "bpf/interpreter.h"
#include "ir/evaluate.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace bpfopt::backend {
namespace {

std::set<std::uint32_t> RandomHosts(std::mt19937& random, std::size_t count) {
  std::set<std::uint32_t> hosts;
  while (hosts.size() < count) hosts.insert(static_cast<std::uint32_t>(random()));
  return hosts;
}

ir::Switch SwitchOn(const ir::Value* value, const std::set<std::uint32_t>& hosts, ir::Block* yes,
                    ir::Block* no) {
  ir::Switch choice;
  choice.value = value;
  choice.edges = {{no, {}}, {yes, {}}};
  choice.cases = {{0, 0}};
  for (const std::uint32_t host : hosts) {
    choice.cases.push_back({host, 1});
    choice.cases.push_back({host + 1, 0});
  }
  choice.Canonicalize();
  return choice;
}

// `src or dst` one of the hosts, over raw IPv4.
ir::Function HostFilter(const std::set<std::uint32_t>& hosts) {
  ir::Function function(Target::kPcap);
  ir::Block* source = function.NewBlock();
  ir::Block* destination = function.NewBlock();
  ir::Block* yes = function.NewBlock();
  ir::Block* no = function.NewBlock();
  source->guards.push_back(ir::Guard::Bounds(nullptr, 12, 4));
  source->terminator = SwitchOn(function.MakeLoad(nullptr, 12, 4), hosts, yes, destination);
  destination->guards.push_back(ir::Guard::Bounds(nullptr, 16, 4));
  destination->terminator = SwitchOn(function.MakeLoad(nullptr, 16, 4), hosts, yes, no);
  yes->terminator = ir::Return{function.MakeConstant(0x40000)};
  no->terminator = ir::Return{function.MakeConstant(0)};
  return function;
}

void ExpectSameVerdicts(const ir::Function& function, const Program& program,
                        const std::set<std::uint32_t>& hosts, std::mt19937& random) {
  const std::vector<std::uint32_t> known(hosts.begin(), hosts.end());
  for (unsigned i = 0; i < 3000; ++i) {
    std::array<std::uint8_t, 20> bytes{};
    for (const unsigned offset : {12U, 16U}) {
      std::uint32_t word =
          random() % 3 == 0 ? known[random() % known.size()] : static_cast<std::uint32_t>(random());
      if (random() % 4 == 0) word += static_cast<std::uint32_t>(random() % 3) - 1;
      for (unsigned j = 0; j < 4; ++j) bytes[offset + j] = static_cast<std::uint8_t>(word >> (24 - 8 * j));
    }
    const bpf::Packet packet{std::span(bytes).first(random() % 8 == 0 ? random() % 20 : 20), 20, {}};
    ASSERT_EQ(bpf::Run(program, Target::kPcap, packet).verdict, ir::Evaluate(function, packet).verdict);
  }
}

TEST(Large, FiveHundredHosts) {
  std::mt19937 random(500);
  const auto hosts = RandomHosts(random, 500);
  const ir::Function function = HostFilter(hosts);
  for (const Objective objective : {Objective::kSize, Objective::kBalanced, Objective::kSpeed}) {
    EmitOptions options;
    options.objective = objective;
    const auto emitted = Emit(function, options);
    ASSERT_TRUE(emitted) << emitted.error().message;
    EXPECT_LE(emitted->program.size(), objective == Objective::kSpeed ? 1500U : 1140U);
    EXPECT_TRUE(bpf::Check(emitted->program, {}).empty());
    ExpectSameVerdicts(function, emitted->program, hosts, random);
  }
}

TEST(Large, FiveThousandHostsBeyondTheKernelsLimit) {
  std::mt19937 random(5000);
  const auto hosts = RandomHosts(random, 5000);
  const ir::Function function = HostFilter(hosts);
  const auto refused = Emit(function, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kTooLarge);
  EXPECT_NE(refused.error().message.find("4096 are allowed"), std::string::npos) << refused.error().message;

  EmitOptions options;
  options.limit = 20000;
  const auto emitted = Emit(function, options);
  ASSERT_TRUE(emitted) << emitted.error().message;
  bpf::CheckOptions check;
  check.limit = 20000;
  EXPECT_TRUE(bpf::Check(emitted->program, check).empty());
  ExpectSameVerdicts(function, emitted->program, hosts, random);
}

// A sum of many bytes is higher than evaluation goes at one time.
TEST(Large, HighValues) {
  ir::Function function(Target::kPcap);
  ir::Block* block = function.NewBlock();
  block->guards.push_back(ir::Guard::Bounds(nullptr, 0, 1));
  block->guards.push_back(ir::Guard::Bounds(nullptr, 999, 1));
  const ir::Value* sum = function.MakeLoad(nullptr, 0, 1);
  for (std::uint32_t i = 1; i < 1000; ++i) {
    sum = function.MakeBinary(ir::Opcode::kMul,
                              function.MakeBinary(ir::Opcode::kAdd, sum, function.MakeConstant(i)),
                              function.MakeLoad(nullptr, i, 1));
  }
  block->terminator = ir::Return{sum};
  const auto emitted = Emit(function, {});
  ASSERT_TRUE(emitted) << emitted.error().message;
  EXPECT_TRUE(bpf::Check(emitted->program, {}).empty());
  std::vector<std::uint8_t> bytes(1000);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(2 * i + 1);
  const bpf::Packet packet{bytes, 1000, {}};
  EXPECT_EQ(bpf::Run(emitted->program, Target::kPcap, packet).verdict,
            ir::Evaluate(function, packet).verdict);
}

}  // namespace
}  // namespace bpfopt::backend
