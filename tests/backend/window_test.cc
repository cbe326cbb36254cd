// Windows found in programs, and shorter code found for them: programs in, programs out.
#include "backend/window.h"

#include "backend/layout.h"
#include "backend/synthesis.h"
#include "bpf/interpreter.h"
#include "bpf/opcode.h"
#include "bpf/text.h"

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace bpfopt::backend {
namespace {

Program ParseProgram(std::string_view text) {
  const auto program = bpf::Parse(text);
  EXPECT_TRUE(program) << program.error().message;
  return program.value_or(Program());
}

MachineFunction BlocksOf(std::string_view text) {
  MachineFunction function = FormBlocks(ParseProgram(text), {});
  Simplify(function);
  return function;
}

constexpr std::string_view kChain = R"((000) ldh      [12]
(001) jeq      #0x800           jt 2	jf 8
(002) ldb      [23]
(003) ldxb     4*([14]&0xf)
(004) jeq      #0x6             jt 7	jf 5
(005) jeq      #0x11            jt 7	jf 6
(006) jeq      #0x84            jt 7	jf 8
(007) ret      #262144
(008) ret      #0
)";

TEST(Window, BlocksAndBack) {
  const Program program = ParseProgram(kChain);
  EXPECT_EQ(bpf::FormatAssembly(LayOut(BlocksOf(kChain)).program), bpf::FormatAssembly(program));
}

// What there is, as "block.begin: instructions/exits".
std::string Summary(const std::vector<Window>& windows) {
  std::string text;
  for (const Window& window : windows) {
    text += std::to_string(window.block) + "." + std::to_string(window.begin) + ": " +
            std::to_string(window.code.size()) + "/" + std::to_string(window.exits.size()) + "\n";
  }
  return text;
}

TEST(Window, GrowsFromLoadsAndBlockStarts) {
  EXPECT_EQ(Summary(FindWindows(BlocksOf(kChain), {})), "0.0: 2/2\n1.0: 2/2\n2.0: 2/2\n1.0: 3/2\n1.0: 4/2\n");
}

TEST(Window, KnowsWhatEntersAndWhatLeaves) {
  const std::vector<Window> windows = FindWindows(BlocksOf(kChain), {});
  for (const Window& window : windows) {
    // The chain's later tests see a byte; nothing after it looks at A but its own tests.
    if (window.block == 2) {
      EXPECT_TRUE(window.reads_a);
      EXPECT_EQ(window.possible_a, 0xffU);
      EXPECT_EQ(window.a_is_live, (std::vector<bool>{false, false}));
    }
    if (window.block == 1 && window.code.size() == 2) {
      EXPECT_FALSE(window.reads_a);
      ASSERT_EQ(window.hoisted.size(), 1U);
      EXPECT_EQ(window.bytes, (std::vector<ByteAddress>{{false, 23}}));
    }
  }
}

// Instructions that windows do not have: other registers' and the scratch words', and tests against X.
TEST(Window, LeavesOutWhatIsNotForAAlone) {
  EXPECT_EQ(Summary(FindWindows(BlocksOf(R"((000) ldx      #0x4
(001) ld       [0]
(002) add      x
(003) jeq      #0x1   jt 4	jf 5
(004) ret      #1
(005) ret      #0
)"),
                                {})),
            "");
  EXPECT_EQ(Summary(FindWindows(BlocksOf(R"((000) ld       [0]
(001) st       M[0]
(002) jeq      x   jt 3	jf 4
(003) ret
(004) ret      #0
)"),
                                {})),
            "");
}

// The window that is `size` long, and code for it.
const Window* FindBySize(const std::vector<Window>& windows, std::size_t size) {
  const Window* found = nullptr;
  for (const Window& window : windows) {
    if (window.code.size() == size) found = &window;
  }
  return found;
}

TEST(Window, ReplacedByOtherCode) {
  const MachineFunction function = BlocksOf(kChain);
  const std::vector<Window> windows = FindWindows(function, {});
  const Window* chain = FindBySize(windows, 4);
  ASSERT_NE(chain, nullptr);
  ASSERT_EQ(chain->block, 1U);
  // ldb [23]; or; mul; jset exit of the last test's jf, the other one.
  const auto refused = RunWindow(chain->code, chain->bytes, 0, {7});
  ASSERT_TRUE(refused);
  const auto no = static_cast<std::uint8_t>(refused->exit);
  const Program code = {{bpf::kLd | bpf::kB | bpf::kAbs, 0, 0, 23},
                        {bpf::kAlu | bpf::kOr, 0, 0, 0xffffff00},
                        {bpf::kAlu | bpf::kMul, 0, 0, 1041},
                        {bpf::kJmp | bpf::kJset, no, static_cast<std::uint8_t>(1 - no), 0x1c818}};
  EXPECT_EQ(bpf::FormatAssembly(LayOut(Replace(function, *chain, code)).program), R"((000) ldh      [12]
(001) jeq      #0x800           jt 2	jf 8
(002) ldxb     4*([14]&0xf)
(003) ldb      [23]
(004) or       #0xffffff00
(005) mul      #1041
(006) jset     #0x1c818         jt 8	jf 7
(007) ret      #262144
(008) ret      #0
)");
}

// The interpreter and RunWindow agree on windows that are made programs, each exit a verdict.
TEST(Window, RunsAsTheInterpreterDoes) {
  const MachineFunction function = BlocksOf(kChain);
  std::mt19937 random(3);
  for (const Window& window : FindWindows(function, {})) {
    if (window.reads_a) continue;
    Program program = window.code;
    for (std::uint32_t i = 0; i < window.exits.size(); ++i) program.push_back({bpf::kRet, 0, 0, i + 1});
    for (int round = 0; round < 200; ++round) {
      std::vector<std::uint8_t> packet(64);
      for (std::uint8_t& byte : packet) byte = static_cast<std::uint8_t>(random() % 3 == 0 ? random() : 6);
      std::vector<std::uint8_t> bytes;
      for (const ByteAddress& address : window.bytes) bytes.push_back(packet[address.offset]);
      const auto departure = RunWindow(window.code, window.bytes, 0, bytes);
      ASSERT_TRUE(departure);
      EXPECT_EQ(departure->exit + 1, bpf::Run(program, Target::kPcap, {packet, 64, {}, 0, {}}).verdict);
    }
  }
}

// Code for the largest window of a program, from all values of its last byte; the program afterwards.
std::string Shortened(std::string_view text, std::size_t most) {
  const MachineFunction function = BlocksOf(text);
  std::vector<Window> windows = FindWindows(function, {});
  if (windows.empty()) return "no window";
  const Window& window = windows.back();
  std::vector<Example> examples;
  std::mt19937 random(4);
  for (unsigned value = 0; value < 1024; ++value) {
    Example example;
    for (std::size_t i = 0; i < window.bytes.size(); ++i) {
      example.bytes.push_back(static_cast<std::uint8_t>(value < 512 ? 0 : random()));
    }
    if (!example.bytes.empty()) example.bytes.back() = static_cast<std::uint8_t>(value);
    example.wanted = *RunWindow(window.code, window.bytes, 0, example.bytes);
    examples.push_back(example);
  }
  const Rules rules;
  std::uint64_t steps = 50'000'000;
  const auto code = Synthesize(window, examples, rules, most, steps);
  if (!code) return "none";
  for (const Example& example : examples) {
    const auto departure = RunWindow(*code, window.bytes, 0, example.bytes);
    EXPECT_TRUE(departure && departure->exit == example.wanted.exit);
  }
  return "\n" + bpf::FormatAssembly(LayOut(Replace(function, window, *code)).program);
}

// The byte is loaded as the last of a word, so that its own bits have to be picked out.
TEST(Synthesis, FindsTheKnownThreeInstructions) {
  EXPECT_EQ(Shortened(R"((000) ld       [20]
(001) and      #0xff
(002) jeq      #0x6             jt 5	jf 3
(003) jeq      #0x11            jt 5	jf 4
(004) jeq      #0x84            jt 5	jf 6
(005) ret      #262144
(006) ret      #0
)",
                      4),
            R"(
(000) ld       [20]
(001) or       #0xffffff00
(002) mul      #1041
(003) jset     #0x1c818         jt 5	jf 4
(004) ret      #262144
(005) ret      #0
)");
}

TEST(Synthesis, TestsAByteWithoutMovingIt) {
  EXPECT_EQ(Shortened(R"((000) ldb      [20]
(001) rsh      #2
(002) jge      #0x10            jt 3	jf 5
(003) jge      #0x12            jt 5	jf 4
(004) ret      #262144
(005) ret      #0
)",
                      3),
            R"(
(000) ldb      [20]
(001) jge      #0x10            jt 2	jf 4
(002) jset     #0xffffffb8      jt 4	jf 3
(003) ret      #262144
(004) ret      #0
)");
}

TEST(Synthesis, FindsNothingShorterThanTheShortest) {
  EXPECT_EQ(Shortened(R"((000) ldb      [20]
(001) jeq      #0x10            jt 3	jf 2
(002) jeq      #0x13            jt 3	jf 4
(003) ret      #262144
(004) ret      #0
)",
                      2),
            "none");
}

}  // namespace
}  // namespace bpfopt::backend
