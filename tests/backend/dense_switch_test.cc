// Switches on close words, from the IR to the program: what it looks like, what it costs, what it means.
#include "backend/emit.h"
#include "bpf/checker.h"
#include "bpf/interpreter.h"
#include "bpf/text.h"
#include "ir/check.h"
#include "ir/evaluate.h"
#include "ir/parse.h"
#include "ir/print.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace bpfopt::backend {
namespace {

Program EmitText(std::string_view text, Objective objective = Objective::kBalanced) {
  const Expected<ir::Function> function = ir::Parse(text);
  EXPECT_TRUE(function) << function.error().message;
  EXPECT_TRUE(ir::Check(*function).empty());
  EmitOptions options;
  options.relation = Relation::kStrict;
  options.objective = objective;
  const Expected<Emitted> emitted = Emit(*function, options);
  EXPECT_TRUE(emitted) << emitted.error().message;
  return emitted ? emitted->program : Program{};
}

std::string Assembly(const Program& program) { return "\n" + bpf::FormatAssembly(program); }

TEST(DenseSwitch, OneMaskTakesOneTest) {
  EXPECT_EQ(Assembly(EmitText(R"(fn seccomp {
b0:
  switch ld[0] { 1, 4, 6, 9, 12, 17, 23, 25, 28, 31 -> b1; else -> b2 }
b1:
  return 0x7fff0000
b2:
  return 0x0
}
)")),
            R"(
(000) ld       [0]
(001) jge      #0x20            jt 7	jf 2
(002) tax      
(003) ld       #0x6d7dedad
(004) rsh      x
(005) jset     #0x1             jt 7	jf 6
(006) ret      #2147418112
(007) ret      #0
)");
}

// libpcap shifts by X as it is, and the kernel by X modulo 32: the program is to mean the same under both.
TEST(DenseSwitch, PcapReducesTheAmount) {
  EXPECT_EQ(Assembly(EmitText(R"(fn pcap {
b0:
  need [36]:2
  switch ldh[36] { 101, 104, 106, 109, 112, 117, 123, 125, 128, 131 -> b1; else -> b2 }
b1:
  return 0x40000
b2:
  return 0x0
}
)")),
            R"(
(000) ldh      [36]
(001) jge      #0x65            jt 2	jf 9
(002) jge      #0x85            jt 9	jf 3
(003) and      #0x1f
(004) tax      
(005) ld       #0xd7dedad6
(006) rsh      x
(007) jset     #0x1             jt 9	jf 8
(008) ret      #262144
(009) ret      #0
)");
}

// Three leaves share one test of the mask that each chooses; words of a third outcome are tested before.
TEST(DenseSwitch, LeavesChooseTheMask) {
  EXPECT_EQ(Assembly(EmitText(R"(fn linux {
b0:
  need [4]:4
  switch ld[4] { 0x81, 0x84, 0x86, 0x89, 0x8c, 0x91, 0x97, 0x99, 0x9c,
               0xa1, 0xa4, 0xa6, 0xa9, 0xac, 0xb1, 0xb7, 0xb9, 0xbc,
               0xc1, 0xc4, 0xc6, 0xc9, 0xcc, 0xd1, 0xd7, 0xd9, 0xdc -> b1; 0x8a, 0xb2..0xb3 -> b3; else -> b2 }
b1:
  return 0x40000
b2:
  return 0x0
b3:
  return 0x1
}
)")),
            R"(
(000) ld       [4]
(001) tax      
(002) jge      #0xa1            jt 3	jf 9
(003) jge      #0xc1            jt 4	jf 5
(004) jge      #0xe1            jt 18	jf 13
(005) jeq      #0xb2            jt 17	jf 6
(006) jeq      #0xb3            jt 17	jf 7
(007) ld       #0xed71edad
(008) ja       14
(009) jge      #0x81            jt 10	jf 18
(010) jeq      #0x8a            jt 17	jf 11
(011) ld       #0xed7de9ad
(012) ja       14
(013) ld       #0xed7dedad
(014) rsh      x
(015) jset     #0x1             jt 18	jf 16
(016) ret      #262144
(017) ret      #1
(018) ret      #0
)");
}

struct Shape {
  std::string value;
  std::uint32_t mask;  // the value is the packet's first word, by the target's order, under this mask
};

std::vector<Shape> ShapesFor(Target target) {
  if (target == Target::kSeccomp) return {{"ld[0]", 0xffffffff}, {"ld[0] & 0xffff", 0xffff}};
  return {{"ld[0]", 0xffffffff}, {"ldh[2]", 0xffff}, {"ldb[3]", 0xff}, {"ld[0] & 0xff7f", 0xff7f}};
}

const char* NameOf(Target target) {
  return target == Target::kPcap ? "pcap" : target == Target::kLinux ? "linux" : "seccomp";
}

// Stretches of words, of which one in `one_in` goes elsewhere than the rest of its stretch.
std::vector<std::uint32_t> RandomBoundaries(std::mt19937& random, std::uint32_t mask,
                                            std::vector<std::uint32_t>& edges, std::uint32_t edge_count) {
  std::vector<std::uint32_t> firsts;
  std::uint32_t word = random() % 3 == 0 ? 0 : static_cast<std::uint32_t>(random()) & mask & 0xffff;
  for (unsigned stretch = 0; stretch < 1 + random() % 4; ++stretch) {
    const unsigned one_in = 1 + static_cast<unsigned>(random()) % 8;
    const auto end = word + 1 + static_cast<std::uint32_t>(random()) % 120;
    for (; word < end; ++word) {
      if (random() % one_in != 0) continue;
      firsts.push_back(word);
      edges.push_back(static_cast<std::uint32_t>(random()) % edge_count);
    }
    word += static_cast<std::uint32_t>(random()) % 200;
  }
  return firsts;
}

std::string RandomSwitch(std::mt19937& random, Target target, const Shape& shape,
                         std::vector<std::uint32_t>& words) {
  const std::uint32_t edge_count = 2 + static_cast<std::uint32_t>(random()) % 3;
  std::vector<std::uint32_t> edges;
  words = RandomBoundaries(random, shape.mask, edges, edge_count);
  std::string text = std::string("fn ") + NameOf(target) + " {\nb0:\n";
  if (target != Target::kSeccomp) text += "  need [0]:4\n";
  text += "  switch " + shape.value + " { ";
  for (std::size_t i = 0; i < words.size(); ++i) {
    text += std::to_string(words[i]) + " -> b" + std::to_string(1 + edges[i]) + "; ";
  }
  text += "else -> b1 }\n";
  for (std::uint32_t edge = 0; edge < edge_count; ++edge) {
    text += "b" + std::to_string(1 + edge) + ":\n  return " + std::to_string(10 + edge) + "\n";
  }
  return text + "}\n";
}

std::array<std::uint8_t, 64> PacketWith(Target target, std::uint32_t word) {
  std::array<std::uint8_t, 64> bytes = {};
  if (target == Target::kSeccomp) {
    std::memcpy(bytes.data(), &word, sizeof word);
  } else {
    for (unsigned i = 0; i < 4; ++i) bytes[i] = static_cast<std::uint8_t>(word >> (24 - 8 * i));
  }
  return bytes;
}

void ExpectSameMeaning(const ir::Function& function, const Program& program,
                       const std::vector<std::uint32_t>& words, std::uint32_t seed) {
  std::vector<std::uint32_t> probes = {0, 0x7fffffff, 0x80000000, 0xffffffff};
  for (const std::uint32_t word : words) {
    // The neighbours, and what looks the same to a shift that forgets the upper bits.
    for (const std::uint32_t probe : {word - 1, word, word + 1, word + 32, word - 32, word ^ 0x10000}) {
      probes.push_back(probe);
    }
  }
  for (const std::uint32_t probe : probes) {
    const auto bytes = PacketWith(function.target(), probe);
    const bpf::Packet packet{bytes, 64, {}};
    const std::uint32_t expected = ir::Evaluate(function, packet).verdict;
    ASSERT_EQ(bpf::Run(program, function.target(), packet).verdict, expected)
        << seed << " at " << probe << "\n"
        << ir::Print(function) << Assembly(program);
    if (function.target() != Target::kPcap) continue;
    ASSERT_EQ(bpf::Run(program, Target::kLinux, packet).verdict, expected) << seed << " at " << probe;
  }
}

TEST(DenseSwitch, ProgramsMeanTheSwitch) {
#if defined(BPFOPT_IS_SANITIZED)
  constexpr std::uint32_t kRounds = 60;
#else
  constexpr std::uint32_t kRounds = 300;
#endif
  constexpr std::array kTargets = {Target::kPcap, Target::kLinux, Target::kSeccomp};
  constexpr std::array kObjectives = {Objective::kBalanced, Objective::kSize, Objective::kSpeed};
  for (std::uint32_t seed = 0; seed < kRounds; ++seed) {
    std::mt19937 random(seed);
    const Target target = kTargets[seed % 3];
    const std::vector<Shape> shapes = ShapesFor(target);
    std::vector<std::uint32_t> words;
    const Expected<ir::Function> function =
        ir::Parse(RandomSwitch(random, target, shapes[random() % shapes.size()], words));
    ASSERT_TRUE(function) << function.error().message;
    EmitOptions options;
    options.relation = Relation::kStrict;
    options.objective = kObjectives[seed / 3 % 3];
    options.search_budget = random() % 2 == 0 ? 0 : 300;
    const Expected<Emitted> emitted = Emit(*function, options);
    ASSERT_TRUE(emitted) << emitted.error().message;
    ASSERT_TRUE(bpf::Check(emitted->program, {target}).empty()) << Assembly(emitted->program);
    ASSERT_NO_FATAL_FAILURE(ExpectSameMeaning(*function, emitted->program, words, seed));
  }
}

std::string RandomSet(std::mt19937& random, std::uint32_t words, std::uint32_t of) {
  std::vector<std::uint32_t> all(of);
  for (std::uint32_t i = 0; i < of; ++i) all[i] = i;
  std::shuffle(all.begin(), all.end(), random);
  std::string text;
  for (std::uint32_t i = 0; i < words; ++i) text += (i > 0 ? ", " : "") + std::to_string(all[i]);
  return text;
}

// One comparison for each of 335 words is what they would take without masks, or more than half of that.
TEST(DenseSwitch, SetsOfEveryDensityAreSmall) {
  std::mt19937 random(5);
  for (const std::uint32_t words : {60U, 100U, 160U, 200U, 260U, 300U}) {
    const std::string text = "fn seccomp {\nb0:\n  switch ld[0] { " + RandomSet(random, words, 335) +
                             " -> b1; else -> b2 }\nb1:\n  return 0x7fff0000\nb2:\n  return 0x0\n}\n";
    const Program balanced = EmitText(text);
    const Program smallest = EmitText(text, Objective::kSize);
    EXPECT_LE(balanced.size(), 41U) << words;
    EXPECT_LE(smallest.size(), balanced.size()) << words;
    std::uint64_t executed = 0;
    for (std::uint32_t word = 0; word < 335; ++word) {
      executed += bpf::Run(balanced, Target::kSeccomp, {PacketWith(Target::kSeccomp, word), 64, {}}).executed;
    }
    EXPECT_LE(executed, 335U * 11) << words;
  }
}

// What would be fastest does not fit: the smallest program is better than none.
TEST(DenseSwitch, SpeedGivesWayToTheLimit) {
  std::mt19937 random(6);
  const Expected<ir::Function> function =
      ir::Parse("fn seccomp {\nb0:\n  switch ld[0] { " + RandomSet(random, 200, 335) +
                " -> b1; else -> b2 }\nb1:\n  return 0x7fff0000\nb2:\n  return 0x0\n}\n");
  ASSERT_TRUE(function);
  EmitOptions options;
  options.objective = Objective::kSpeed;
  const Expected<Emitted> fastest = Emit(*function, options);
  ASSERT_TRUE(fastest);
  EXPECT_GT(fastest->program.size(), 60U);
  options.limit = 60;
  const Expected<Emitted> fitting = Emit(*function, options);
  ASSERT_TRUE(fitting) << fitting.error().message;
  EXPECT_LE(fitting->program.size(), 60U);
  options.limit = 20;
  const Expected<Emitted> none = Emit(*function, options);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::kTooLarge);
}

}  // namespace
}  // namespace bpfopt::backend
