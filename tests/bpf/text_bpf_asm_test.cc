// bpf_asm's language: the examples of the kernel's documentation with the programs that it prints for them,
// every form, bpf_asm itself where it is installed, and what bad text is told.
#include "bpf/opcode.h"
#include "bpf/text.h"
#include "random_program.h"

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace bpfopt::bpf {
namespace {

constexpr std::uint32_t Extension(std::uint32_t word) { return kAncillaryOffset + word; }

std::string Show(const Expected<Program>& program) {
  return program ? FormatAssembly(*program) : "error: " + program.error().message;
}

TEST(TextBpfAsm, ReadsTheKernelsExamples) {
  EXPECT_EQ(FormatIptables(Parse("ldh [12]\njne #0x806, drop\nret #-1\ndrop: ret #0\n").value()),
            "4,40 0 0 12,21 0 1 2054,6 0 0 4294967295,6 0 0 0\n");
  EXPECT_EQ(Show(Parse("ldh [12]\njne #0x800, drop\nldb [23]\njneq #6, drop\nret #-1\ndrop: ret #0\n")),
            "(000) ldh      [12]\n(001) jeq      #0x800           jt 2\tjf 5\n(002) ldb      [23]\n"
            "(003) jeq      #0x6             jt 4\tjf 5\n(004) ret      #-1\n(005) ret      #0\n");
  EXPECT_EQ(Show(Parse("  ldh [12]\n  jne #0x800, drop\n  ldb [23]\n  jneq #1, drop\n  # get a random uint32 "
                       "number\n  ld rand\n  mod #4\n  jneq #1, drop\n  ret #-1\n  drop: ret #0\n")),
            "(000) ldh      [12]\n(001) jeq      #0x800           jt 2\tjf 8\n(002) ldb      [23]\n"
            "(003) jeq      #0x1             jt 4\tjf 8\n(004) ld       [random]\n(005) mod      #4\n"
            "(006) jeq      #0x1             jt 7\tjf 8\n(007) ret      #-1\n(008) ret      #0\n");
  EXPECT_EQ(Show(Parse("  ld [4]                  /* offsetof(struct seccomp_data, arch) */\n"
                       "  jne #0xc000003e, bad    /* AUDIT_ARCH_X86_64 */\n  ld [0]\n  jeq #15, good\n"
                       "  jeq #231, good          /* __NR_exit_group */\n  jeq #60, good\n"
                       "  bad: ret #0             /* SECCOMP_RET_KILL_THREAD */\n  good: ret #0x7fff0000\n")),
            "(000) ld       [4]\n(001) jeq      #0xc000003e      jt 2\tjf 6\n(002) ld       [0]\n"
            "(003) jeq      #0xf             jt 7\tjf 4\n(004) jeq      #0xe7            jt 7\tjf 5\n"
            "(005) jeq      #0x3c            jt 7\tjf 6\n(006) ret      #0\n(007) ret      #2147418112\n");
}

TEST(TextBpfAsm, ReadsEveryForm) {
  const std::string text =
      "ld [1]; a comment: ret #7\nldh[2]\nLDB [ 0x3 ]\nld [x + 4]\nldh [%x+5]\nldb [ x +\n6 ]\n"
      "ld M[7]\nld m [010]\nld #9\nldi 10\nldi #0b1011\nld #len\nld len\nld #pktlen\nldx #12\nldxi 13\n"
      "ldxi #-14\nldx len\nldx M[15]\nldxb 4*([14]&0xf)\nldx 4 * ( [ 16 ] & 15 )\nst M[1] stx M[2]\n"
      "add #1\nsub x\nmul %x\ndiv #2\nmod #3\nneg\nand #+4\nxor #5\nor #6\nlsh #7\nrsh x\ntax\ntxa\n"
      "ret a\nret %a\nret #-1\n";
  const Program expected = {
      {0x20, 0, 0, 1},  {0x28, 0, 0, 2},    {0x30, 0, 0, 3}, {0x40, 0, 0, 4},  {0x48, 0, 0, 5},
      {0x50, 0, 0, 6},  {0x60, 0, 0, 7},    {0x60, 0, 0, 8}, {0x00, 0, 0, 9},  {0x00, 0, 0, 10},
      {0x00, 0, 0, 11}, {0x80, 0, 0, 0},    {0x80, 0, 0, 0}, {0x80, 0, 0, 0},  {0x01, 0, 0, 12},
      {0x01, 0, 0, 13}, {0x01, 0, 0, -14U}, {0x81, 0, 0, 0}, {0x61, 0, 0, 15}, {0xb1, 0, 0, 14},
      {0xb1, 0, 0, 16}, {0x02, 0, 0, 1},    {0x03, 0, 0, 2}, {0x04, 0, 0, 1},  {0x1c, 0, 0, 0},
      {0x2c, 0, 0, 0},  {0x34, 0, 0, 2},    {0x94, 0, 0, 3}, {0x84, 0, 0, 0},  {0x54, 0, 0, 4},
      {0xa4, 0, 0, 5},  {0x44, 0, 0, 6},    {0x64, 0, 0, 7}, {0x7c, 0, 0, 0},  {0x07, 0, 0, 0},
      {0x87, 0, 0, 0},  {0x16, 0, 0, 0},    {0x16, 0, 0, 0}, {0x06, 0, 0, -1U}};
  EXPECT_EQ(Show(Parse(text)), FormatAssembly(expected));
  EXPECT_EQ(Parse(text), expected);
}

TEST(TextBpfAsm, ReadsJumpsAndLabels) {
  EXPECT_EQ(Parse("begin: begin_too:\n  jeq #1, yes, no\n  jeq #2, yes\n  jne x, yes\n  jneq %x, yes, no\n"
                  "  jgt #3, no\n  jge x, no\n  jset #4, yes, no\n  jlt #5, yes\n  jle x, yes, no\n  ja yes\n"
                  "  jmp no\nyes:\n  ret #1\nno: ; a comment\n  ret #0\n"),
            (Program{{0x15, 10, 11, 1},
                     {0x15, 9, 0, 2},
                     {0x1d, 0, 8, 0},
                     {0x1d, 8, 7, 0},
                     {0x25, 7, 0, 3},
                     {0x3d, 6, 0, 0},
                     {0x45, 4, 5, 4},
                     {0x35, 0, 3, 5},
                     {0x2d, 3, 2, 0},
                     {0x05, 0, 0, 1},
                     {0x05, 0, 0, 1},
                     {0x06, 0, 0, 1},
                     {0x06, 0, 0, 0}}));
}

TEST(TextBpfAsm, ReadsExtensionsWithAndWithoutHash) {
  struct Word {
    const char* name;
    std::uint32_t offset;
  };
  for (const Word& word : {Word{"proto", 0}, Word{"type", 4}, Word{"ifidx", 8}, Word{"nla", 12},
                           Word{"nlan", 16}, Word{"mark", 20}, Word{"queue", 24}, Word{"hatype", 28},
                           Word{"rxhash", 32}, Word{"cpu", 36}, Word{"vlan_tci", 44}, Word{"vlan_avail", 48},
                           Word{"vlan_pr", 48}, Word{"poff", 52}, Word{"rand", 56}, Word{"vlan_tpid", 60}}) {
    const Program program = {{0x20, 0, 0, Extension(word.offset)},
                             {0x28, 0, 0, Extension(word.offset)},
                             {0x30, 0, 0, Extension(word.offset)}};
    EXPECT_EQ(Parse(fmt::format("ld #{0}\nldh {0}\nldb #{0}", word.name)), program) << word.name;
  }
}

TEST(TextBpfAsm, WritesLabelsAndTurnedJumps) {
  EXPECT_EQ(FormatBpfAsm({{0x28, 0, 0, 12},
                          {0x15, 0, 5, 0x800},
                          {0x45, 0, 4, 1},
                          {0x20, 0, 0, 0xfffff030},
                          {0x20, 0, 0, 0xfffff028},
                          {0x25, 1, 0, 7},
                          {0x16, 0, 0, 0},
                          {0x06, 0, 0, 0xffffffff}}),
            "        ldh [12]\n"
            "        jne #0x800, L7\n"
            "        jset #0x1, L3, L7\n"
            "L3:     ld #vlan_avail\n"
            "        ld [0xfffff028]\n"
            "        jgt #0x7, L7\n"
            "        ret a\n"
            "L7:     ret #0xffffffff\n");
}

TEST(TextBpfAsm, RoundTrips) {
  std::mt19937 random(1);
  for (const Target target : {Target::kPcap, Target::kLinux, Target::kSeccomp}) {
    for (int round = 0; round < 80; ++round) {
      const Program program = RandomProgram(random, 600, target);
      ASSERT_TRUE(CheckForBpfAsm(program).has_value());
      ASSERT_EQ(Parse(FormatBpfAsm(program)), program) << FormatBpfAsm(program);
    }
  }
}

TEST(TextBpfAsm, SaysWhatItCannotWrite) {
  EXPECT_EQ(CheckForBpfAsm({{6, 0, 0, 0}, {0x2800, 0, 0, 0}}).error().message,
            "instruction 1 has the operation code 0x2800, for which bpf_asm has no mnemonic");
  EXPECT_EQ(CheckForBpfAsm({{0x15, 0, 1, 0}, {6, 0, 0, 0}}).error().message,
            "instruction 0 jumps to instruction 2, after the last one, where bpf_asm can have no label");
  EXPECT_EQ(
      CheckForBpfAsm({{5, 0, 0, 0xffffffff}, {6, 0, 0, 0}}).error().message,
      "instruction 0 jumps to instruction 4294967296, after the last one, where bpf_asm can have no label");
  const Expected<void> large = CheckForBpfAsm(Program(4097, {6, 0, 0, 0}));
  ASSERT_FALSE(large.has_value());
  EXPECT_EQ(large.error().code, ErrorCode::kTooLarge);
  EXPECT_FALSE(Parse(FormatBpfAsm({{0x2800, 0, 0, 0}})).has_value());
  EXPECT_FALSE(Parse(FormatBpfAsm({{5, 0, 0, 1}})).has_value());
}

// What bpf_asm prints for a text; nothing when there is no bpf_asm.
std::optional<std::string> BpfAsm(const std::string& text) {
  const std::string path = testing::TempDir() + "bpf_asm_test.txt";
  std::ofstream(path) << text;
  const auto close = [](FILE* pipe) { return pipe == nullptr ? -1 : pclose(pipe); };
  std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(("bpf_asm '" + path + "' 2>/dev/null").c_str(), "r"),
                                             close);
  std::string output;
  std::array<char, 4096> buffer{};
  while (const std::size_t bytes = fread(buffer.data(), 1, buffer.size(), pipe.get())) {
    output.append(buffer.data(), bytes);
  }
  const int status = pclose(pipe.release());
  std::filesystem::remove(path);
  if (status != 0) return std::nullopt;
  return output;
}

TEST(TextAgainstBpfAsm, TakesWhatIsWritten) {
  if (!BpfAsm("ret #0\n")) GTEST_SKIP() << "the kernel's bpf_asm is not installed: it cannot be asked";
  std::mt19937 random(2);
  for (const Target target : {Target::kPcap, Target::kLinux, Target::kSeccomp}) {
    for (int round = 0; round < 50; ++round) {
      const Program program = RandomProgram(random, 600, target);
      const auto output = BpfAsm(FormatBpfAsm(program));
      ASSERT_TRUE(output.has_value()) << FormatBpfAsm(program);
      ASSERT_EQ(Parse(*output), program) << FormatBpfAsm(program);
    }
  }
}

struct BadText {
  const char* name;
  std::string text;
  const char* message;
  std::size_t begin;
};

void PrintTo(const BadText& row, std::ostream* out) { *out << row.name; }

class TextBpfAsmError : public testing::TestWithParam<BadText> {};

TEST_P(TextBpfAsmError, NamesInstructionAndPlace) {
  const Expected<Program> program = Parse(GetParam().text);
  ASSERT_FALSE(program.has_value());
  EXPECT_EQ(program.error().message, GetParam().message);
  ASSERT_TRUE(program.error().range.has_value());
  EXPECT_EQ(program.error().range->begin, GetParam().begin);
}

std::string FarJump(const char* jump, int between) {
  std::string text = std::string(jump) + "\n";
  for (int i = 0; i < between; ++i) text += "tax\n";
  return text + "far: ret a\n";
}

INSTANTIATE_TEST_SUITE_P(
    Table, TextBpfAsmError,
    testing::Values(
        BadText{"undefined", "ret a\njeq #1, on, off\non: ret a",
                "line 2, instruction 1: the label 'off' is not defined", 18},
        BadText{"twice", "on: tax\non: ret a", "line 2, instruction 1: the label 'on' is defined twice", 8},
        BadText{"backwards", "tax\non: tax\njeq #1, on\nret a",
                "line 3, instruction 2: this jumps to instruction 1, and jumps go forwards alone", 20},
        BadText{"itself", "on: ja on",
                "line 1, instruction 0: this jumps to instruction 0, and jumps go "
                "forwards alone",
                7},
        BadText{"too_far", FarJump("jge #5, far", 256),
                "line 1, instruction 0: this jumps to instruction 257, over 256 others; a conditional jump "
                "reaches over 255 at most",
                8},
        BadText{"label_at_end", "ret a\non:\n",
                "line 3, instruction 1: expected an instruction after the label, found the end of the text",
                10},
        BadText{
            "unknown_mnemonic", "ret a\n  frob #1\n",
            "line 2, instruction 1: expected a label or an instruction such as 'ldh', 'jeq' or 'ret', found "
            "'frob'",
            8},
        BadText{"return_x", "ret x", "line 1, instruction 0: expected #k or a after 'ret', found 'x'", 4},
        BadText{"no_operand", "ret",
                "line 1, instruction 0: expected #k or a after 'ret', found the end of "
                "the text",
                3},
        BadText{"no_half_word_for_x", "ld [12]\nldxh [12]",
                "line 2, instruction 1: expected a label or an instruction such as 'ldh', 'jeq' or 'ret', "
                "found 'ldxh'",
                8},
        BadText{"wrong_form", "ldh M[3]",
                "line 1, instruction 0: expected [k] or [x + k] after 'ldh', found "
                "'M[3]'",
                4},
        BadText{"wrong_extension", "ldx #mark",
                "line 1, instruction 0: expected #k or M[k] or 4*([k]&0xf) or "
                "#len after 'ldx', found '#mark'",
                4},
        BadText{"unknown_extension", "ld #colour",
                "line 1, instruction 0: expected a number, or the name of an extension, found 'colour'", 4},
        BadText{"wrong_factor", "ldxb 5*([14]&0xf)",
                "line 1, instruction 0: expected 4*([k]&0xf) after 'ldxb', found '5*([14]&0xf)'", 5},
        BadText{"wrong_mask", "ldxb 4*([14]&0x1f)",
                "line 1, instruction 0: expected the mask 0xf, found "
                "'0x1f)'",
                13},
        BadText{"number_too_large", "ld #4294967296",
                "line 1, instruction 0: expected a number of 32 bits, "
                "found '4294967296'",
                4},
        BadText{"no_octal", "ld #09", "line 1, instruction 0: expected a number of 32 bits, found '09'", 4},
        BadText{"no_label", "jeq #1\nret a", "line 2, instruction 0: expected ',', found 'ret'", 7},
        BadText{"number_as_label", "jeq #1, 5\nret a", "line 1, instruction 0: expected a label, found '5'",
                8},
        BadText{"nothing_to_jump_to", "ja",
                "line 1, instruction 0: expected a label, found the end of the "
                "text",
                2},
        BadText{"unclosed_comment", "ret a /* no end",
                "line 1, instruction 1: expected a label or an "
                "instruction such as 'ldh', 'jeq' or 'ret', found '/*'",
                6}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(TextBpfAsm, ReachesAsFarAsAJumpCan) {
  EXPECT_EQ(Parse(FarJump("ja far", 256)).value()[0], (Instruction{5, 0, 0, 256}));
  EXPECT_EQ(Parse(FarJump("jge #5, far", 255)).value()[0], (Instruction{0x35, 255, 0, 5}));
}

// Many labels of one name's length, and uses of them.
TEST(TextBpfAsm, EndsQuicklyOnManyLabels) {
  std::string text;
  for (int i = 0; i < 30000; ++i) text += fmt::format("label{:06}: jeq #1, label{:06}\n", i, i + 1);
  const auto program = Parse(text + "label030000: ret a");
  ASSERT_TRUE(program.has_value()) << program.error().message;
  EXPECT_EQ(program->size(), 30001U);
}

}  // namespace
}  // namespace bpfopt::bpf
