// Bytecode in, bytecode out, by example.
#include "bpfopt/format.h"
#include "bpfopt/optimizer.h"

#include <string>

#include <gtest/gtest.h>

namespace bpfopt {
namespace {

Program Parse(const std::string& text) {
  auto program = ParseProgram(text);
  EXPECT_TRUE(program) << program.error().message;
  return program ? *program : Program{};
}

std::string Optimized(const std::string& text, const OptimizeOptions& options = {}) {
  const auto result = Optimize(Parse(text), options);
  if (!result) return result.error().message;
  EXPECT_TRUE(result->proven);
  return FormatProgram(result->program, Format::kAssembly);
}

TEST(OptimizeTest, AMinimalProgramComesBackUnchanged) {
  for (const char* text : {"(000) ret      #0\n",
                           "(000) ldh      [12]\n"
                           "(001) jeq      #0x800           jt 2\tjf 3\n"
                           "(002) ret      #262144\n"
                           "(003) ret      #0\n",
                           // As good as any, though not what we would emit.
                           "(000) ldh      [12]\n"
                           "(001) jgt      #0x7ff           jt 2\tjf 3\n"
                           "(002) ret      #7\n"
                           "(003) ret      #0\n"}) {
    EXPECT_EQ(Optimized(text), text);
  }
}

TEST(OptimizeTest, DropsWhatChangesNothing) {
  EXPECT_EQ(Optimized("(000) ld       [0]\n"
                      "(001) st       M[3]\n"
                      "(002) ldx      M[3]\n"
                      "(003) txa      \n"
                      "(004) jeq      #0x5             jt 6\tjf 5\n"
                      "(005) jeq      #0x5             jt 7\tjf 7\n"
                      "(006) ret      #1\n"
                      "(007) ret      #0\n"),
            "(000) ld       [0]\n"
            "(001) jeq      #0x5             jt 2\tjf 3\n"
            "(002) ret      #1\n"
            "(003) ret      #0\n");
}

TEST(OptimizeTest, StrictKeepsTheFaultsOfLoadsThatNobodyUses) {
  const char* text =
      "(000) ld       [40]\n"
      "(001) ldb      [0]\n"
      "(002) ret      #1\n";
  EXPECT_EQ(Optimized(text), "(000) ldb      [43]\n(001) ret      #1\n");
  OptimizeOptions faithful;
  faithful.relation = Relation::kFaithful;
  EXPECT_EQ(Optimized(text, faithful), "(000) ret      #1\n");
}

TEST(OptimizeTest, WhatIsRefusedNamesTheInstruction) {
  const auto refused = [](const std::string& text, Target target = Target::kPcap) {
    OptimizeOptions options;
    options.target = target;
    const auto result = Optimize(Parse(text), options);
    EXPECT_FALSE(result);
    if (result) return std::string();
    EXPECT_EQ(result.error().code, ErrorCode::kInvalidInput);
    return result.error().message;
  };
  EXPECT_NE(refused("2\n32 0 0 4294963200\n6 0 0 1\n").find("instruction 0: "), std::string::npos);
  EXPECT_NE(refused("2\n32 0 0 4294963200\n6 0 0 1\n").find("--target linux"), std::string::npos);
  EXPECT_NE(refused("2\n21 5 0 0\n6 0 0 1\n").find("instruction 0: "), std::string::npos);
  EXPECT_NE(refused("3\n0 0 0 1\n40 0 0 0\n6 0 0 1\n", Target::kSeccomp).find("instruction 1: "),
            std::string::npos);
  EXPECT_NE(refused("0\n").find("instruction"), std::string::npos);
}

// Effects stay, each as often and in the order that it was.
TEST(OptimizeTest, EffectsOfTheKernelStayWhereTheyAre) {
  OptimizeOptions options;
  options.target = Target::kLinux;
  const char* text =
      "(000) ld       #0x7\n"
      "(001) ld       [ifidx]\n"
      "(002) ld       [random]\n"
      "(003) tax      \n"
      "(004) ld       [random]\n"
      "(005) jeq      x                jt 6\tjf 7\n"
      "(006) ret      #1\n"
      "(007) ret      #0\n";
  const auto result = Optimize(Parse(text), options);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_TRUE(result->proven);
  EXPECT_EQ(result->program.size(), 8U) << FormatProgram(result->program, Format::kAssembly);
  EXPECT_EQ(result->draws.size(), 2U);
}

TEST(OptimizeTest, ValuesThatShareTheirPartsDoNotExplode) {
  // Sixteen scratch words in use at once, each computed from two others, over and over.
  std::string text;
  std::size_t count = 0;
  const auto add = [&](unsigned code, std::uint32_t k) {
    text += std::to_string(code) + " 0 0 " + std::to_string(k) + "\n";
    ++count;
  };
  for (std::uint32_t word = 0; word < 16; ++word) {
    add(0x30, word);  // ldb [word]
    add(0x02, word);  // st M[word]
  }
  for (std::uint32_t round = 0; round < 20; ++round) {
    for (std::uint32_t word = 0; word < 16; ++word) {
      add(0x61, (word + round) % 16);  // ldx M[...]
      add(0x2c, 0);                    // mul x
      add(0xac, 0);                    // xor x
      add(0x02, word);
    }
  }
  add(0x16, 0);
  const Program program = Parse(std::to_string(count) + "\n" + text);
  for (const int level : {0, 1}) {
    OptimizeOptions options;
    options.level = level;
    const auto result = Optimize(program, options);
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_LE(result->program.size(), program.size());
  }
}

TEST(OptimizeTest, TheLimitIsTheKernelsUnlessTold) {
  std::string text = "5000\n";
  for (int i = 0; i < 4999; ++i) text += "48 0 0 " + std::to_string(i) + "\n";
  text += "6 0 0 1\n";
  OptimizeOptions options;
  options.relation = Relation::kFaithful;
  const auto small = Optimize(Parse(text), options);
  ASSERT_TRUE(small) << small.error().message;
  EXPECT_EQ(small->program.size(), 1U);
  options.limit = 1;
  options.relation = Relation::kStrict;
  const auto refused = Optimize(Parse("2\n48 0 0 9\n6 0 0 1\n"), options);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kTooLarge);
}

TEST(OptimizeTest, ShowsItsSteps) {
  const Program program = Parse("2\n40 0 0 12\n22 0 0 0\n");
  EXPECT_EQ(OptimizeToIr(program, {}, "lift").value(),
            "fn pcap {\nb0:\n  need [12]:2\n  return ldh[12]\n}\n");
  EXPECT_FALSE(OptimizeToIr(program, {}, "nosuch"));
  std::vector<std::string> steps;
  OptimizeOptions options;
  options.observer = [&](const StageReport& report) { steps.emplace_back(report.name); };
  ASSERT_TRUE(Optimize(program, options));
  EXPECT_EQ(steps.front(), "lift");
}

}  // namespace
}  // namespace bpfopt
