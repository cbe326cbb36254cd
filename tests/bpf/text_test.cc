// The text forms: against libpcap and tcpdump themselves, round trips, and what bad text is told.
#include "bpf/text.h"

#include "bpf/opcode.h"
#include "random_program.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <pcap/pcap.h>

namespace bpfopt::bpf {
namespace {

std::string Image(const Instruction& instruction, int index) {
  const bpf_insn insn = {instruction.code, instruction.jt, instruction.jf, instruction.k};
  return bpf_image(&insn, index);
}

TEST(TextAgainstLibpcap, EveryCode) {
  for (unsigned code = 0; code <= 0xffff; ++code) {
    const Instruction instruction = {static_cast<std::uint16_t>(code), 3, 255, 0x80000001};
    ASSERT_EQ(FormatInstruction(instruction, 7), Image(instruction, 7));
  }
}

TEST(TextAgainstLibpcap, RandomInstructions) {
  std::mt19937 random(1);
  for (int round = 0; round < 200000; ++round) {
    const auto shift = static_cast<unsigned>(random() % 32);
    const Instruction instruction = {static_cast<std::uint16_t>(random() % 0x100),
                                     static_cast<std::uint8_t>(random()), static_cast<std::uint8_t>(random()),
                                     static_cast<std::uint32_t>(random()) >> shift};
    const int index = static_cast<int>(random() % 8000);
    ASSERT_EQ(FormatInstruction(instruction, static_cast<std::size_t>(index)), Image(instruction, index));
  }
}

TEST(TextAgainstLibpcap, NegativeOffsets) {
  for (std::uint32_t k = kAncillaryOffset - 8; k != 0; ++k) {
    for (const std::uint16_t code : {kLd | kW | kAbs, kLd | kH | kAbs, kLd | kB | kAbs, kLd | kW | kInd}) {
      const Instruction instruction = {code, 0, 0, k};
      ASSERT_EQ(FormatInstruction(instruction, 0), Image(instruction, 0));
    }
  }
}

// What a command prints on stdout; nothing when it fails.
std::optional<std::string> OutputOf(const std::string& command) {
  const auto close = [](FILE* pipe) { return pipe == nullptr ? -1 : pclose(pipe); };
  std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), close);
  if (!pipe) return std::nullopt;
  std::string output;
  std::array<char, 4096> buffer{};
  while (const std::size_t bytes = fread(buffer.data(), 1, buffer.size(), pipe.get())) {
    output.append(buffer.data(), bytes);
  }
  if (pclose(pipe.release()) != 0) return std::nullopt;
  return output;
}

std::optional<std::string> Tcpdump(const char* option, const char* filter) {
  return OutputOf(fmt::format("tcpdump -y EN10MB {} '{}' 2>/dev/null", option, filter));
}

TEST(TextAgainstTcpdump, FormsAreEqualByteForByte) {
  if (!OutputOf("tcpdump --version 2>&1"))
    GTEST_SKIP() << "tcpdump is not installed: its output cannot be compared";
  for (const char* filter : {
           "",
           "ip",
           "tcp port 80",
           "port 53 or icmp",
           "ether[0] & 1 = 0 and ip[8] < 5",
           "vlan 7 and ip6 host ::1",
           "tcp[((tcp[12] & 0xf0) >> 2):4] = 0x47455420",
           "len > 100 and not arp",
           "ip[ip[2:2] % 3] / 2 = 1",
           "host 10.0.0.1 or host 10.0.0.2 or host 10.0.0.3 or net 192.168.0.0/16",
       }) {
    const auto assembly = Tcpdump("-d", filter);
    const auto c = Tcpdump("-dd", filter);
    const auto decimal = Tcpdump("-ddd", filter);
    ASSERT_TRUE(assembly && c && decimal) << filter;
    const Expected<Program> program = Parse(*decimal);
    ASSERT_TRUE(program.has_value()) << filter << ": " << program.error().message;
    EXPECT_EQ(FormatAssembly(*program), *assembly) << filter;
    EXPECT_EQ(FormatC(*program), *c) << filter;
    EXPECT_EQ(FormatDecimal(*program), *decimal) << filter;
    EXPECT_EQ(Parse(*c), program) << filter;
    // The program may hold more than -d shows: libpcap leaves numbers in fields that an operation does not
    // use.
    EXPECT_EQ(Parse(*assembly).map(FormatAssembly), *assembly) << filter;
  }
}

// libpcap's loops: the numbers can be read, and only the form with absolute targets shows them backwards.
TEST(TextAgainstTcpdump, LoopsAreSyntaxInNumbersOnly) {
  const auto assembly = Tcpdump("-d", "ip protochain 6");
  const auto decimal = Tcpdump("-ddd", "ip protochain 6");
  if (!assembly || !decimal) GTEST_SKIP() << "tcpdump is not installed: its output cannot be compared";
  const Expected<Program> program = Parse(*decimal);
  ASSERT_TRUE(program.has_value());
  EXPECT_EQ(FormatAssembly(*program), *assembly);
  const Expected<Program> loop = Parse(*assembly);
  ASSERT_FALSE(loop.has_value());
  EXPECT_NE(loop.error().message.find("expected a jump target of"), std::string::npos)
      << loop.error().message;
}

TEST(Text, RoundTrips) {
  std::mt19937 random(2);
  for (const Target target : {Target::kPcap, Target::kLinux, Target::kSeccomp}) {
    for (int round = 0; round < 300; ++round) {
      const Program program = RandomProgram(random, 600, target);
      ASSERT_EQ(Parse(FormatAssembly(program)), program);
      ASSERT_EQ(Parse(FormatC(program)), program);
      ASSERT_EQ(Parse(FormatDecimal(program)), program);
      ASSERT_EQ(Parse(FormatIptables(program)), program);
    }
  }
}

TEST(Text, RoundTripsWhateverTheFieldsHold) {
  std::mt19937 random(3);
  Program program;
  for (int i = 0; i < 5000; ++i) {
    const auto bits = static_cast<std::uint32_t>(random());
    program.push_back({static_cast<std::uint16_t>(bits), static_cast<std::uint8_t>(bits >> 16),
                       static_cast<std::uint8_t>(bits >> 24), static_cast<std::uint32_t>(random())});
  }
  EXPECT_EQ(Parse(FormatC(program)), program);
  EXPECT_EQ(Parse(FormatDecimal(program)), program);
  EXPECT_EQ(Parse(FormatIptables(program)), program);
  EXPECT_EQ(Parse(FormatDecimal({})), Program{});
  EXPECT_EQ(Parse(FormatIptables({})), Program{});
}

TEST(Text, ReadsWithBlanksCommentsAndEitherBase) {
  const Program expected = {
      {kLd | kH | kAbs, 0, 0, 12},   {kJmp | kJeq | kK, 0, 1, 0x800},
      {kRet | kK, 0, 0, 0xffffffff}, {kLd | kB | kInd, 0, 0, 14},
      {kLdx | kB | kMsh, 0, 0, 14},  {kLd | kW | kAbs, 0, 0, kAncillaryOffset + kAncillaryMark},
      {kJmp | kJa, 0, 0, 0},         {kRet | kA, 0, 0, 0}};
  EXPECT_EQ(
      Parse("# a comment\n\r\n ; another\n\t(0) ldh [0xc]\r\n(001) jeq #2048 jt 2 jf 3\n(02)\tret #-1\n\n"
            "(3) ldb [x +14]  \n(4) ldxb 4*([0xe]&0xf)\n(5) ld [mark]\n(0x6) ja 7\n(7) ret"),
      expected);
  EXPECT_EQ(
      Parse("{0x28,0,0,12},\n{ 21 , 0 , 1 , 0x800 }\n#\n{ 6, 0, 0, -1 },\n{0x50,0,0,14},\n{0xb1,0,0,14},\n"
            "{0x20,0,0,-4076},\n{5,0,0,0},\n{0x16,0,0,0}"),
      expected);
  EXPECT_EQ(Parse("; a comment\n 8 \n 40 0 0 12\n\n21 0 1 2048\n0x6 0 0 0xffffffff\n80 0 0 14\n177 0 0 14\n"
                  "32 0 0 4294963220\n5 0 0 0\n22 0 0 0\n\n"),
            expected);
}

// As iptables-save, tc, nfbpf_compile and bpf_asm print it.
TEST(Text, ReadsOneLineWithQuotesAndLastComma) {
  const Program expected = {{kLd | kB | kAbs, 0, 0, 9}, {kJmp | kJeq | kK, 0, 1, 6}, {kRet | kA, 0, 0, 0}};
  for (const char* text :
       {"3,48 0 0 9,21 0 1 6,22 0 0 0", "3,48 0 0 9,21 0 1 6,22 0 0 0,\n",
        "\"3,48 0 0 9,21 0 1 6,22 0 0 0\"\n", "'3,48 0 0 9,21 0 1 6,22 0 0 0,'",
        " 3 , 48 0 0 9 ,\n 21\t0 1 6 ,\r\n22 0 0 0 , \n", "# a comment\n3,48 0 0 9,21 0 1 6,22 0 0 0\n"}) {
    EXPECT_EQ(Parse(text), expected) << text;
  }
}

const std::string kForms =
    "a program as tcpdump -d, -dd or -ddd, iptables or bpf_asm have it, or as initialisers in C";

struct BadText {
  const char* name;
  std::string text;
  std::string message;
  SourceRange range;
};

void PrintTo(const BadText& row, std::ostream* out) { *out << row.name; }

class TextError : public testing::TestWithParam<BadText> {};

TEST_P(TextError, NamesLineAndExpectation) {
  const Expected<Program> program = Parse(GetParam().text);
  ASSERT_FALSE(program.has_value());
  EXPECT_EQ(program.error().code, ErrorCode::kInvalidInput);
  EXPECT_EQ(program.error().message, GetParam().message);
  ASSERT_TRUE(program.error().range.has_value());
  EXPECT_EQ(program.error().range->begin, GetParam().range.begin);
  EXPECT_EQ(program.error().range->end, GetParam().range.end);
}

INSTANTIATE_TEST_SUITE_P(
    Table, TextError,
    testing::Values(
        BadText{"empty", "", "the text holds no program; expected " + kForms, {0, 0}},
        BadText{"comments_only", "# x\n", "the text holds no program; expected " + kForms, {4, 4}},
        BadText{"not_a_program", "\nip and tcp", "line 2: expected " + kForms + ", found 'ip'", {1, 3}},
        BadText{"nul",
                std::string("\0(000) ret", 10),
                "line 1: expected " + kForms + ", found '\\x00(000)'",
                {0, 6}},
        BadText{"nul_inside",
                std::string("(000) ret #1\0", 13),
                "line 1, instruction 0: expected the end of the line, found '\\x00'",
                {12, 13}},
        BadText{"wrong_number",
                "(000) tax\n(002) ret",
                "line 2, instruction 1: expected the instruction number (001), found '(002)'",
                {10, 15}},
        BadText{"huge_number",
                "(99999999999999999999999999) ret",
                "line 1, instruction 0: expected the instruction number (000), found "
                "'(99999999999999999999999'...",
                {0, 28}},
        BadText{"no_number",
                "(000) tax\nret",
                "line 2, instruction 1: expected the instruction number (001), found 'ret'",
                {10, 13}},
        BadText{"unclosed_number",
                "(000 ret",
                "line 1, instruction 0: expected ')', found the end of the line",
                {4, 4}},
        BadText{"no_mnemonic",
                "(000)",
                "line 1, instruction 0: expected an instruction such as 'ldh', 'jeq' or 'ret', found the end "
                "of the line",
                {5, 5}},
        BadText{"unknown_mnemonic",
                "(000) frob #1",
                "line 1, instruction 0: expected an instruction such as 'ldh', 'jeq' or 'ret', found 'frob'",
                {6, 10}},
        BadText{"wrong_form",
                "(000) ldh #5",
                "line 1, instruction 0: expected [k] or [x + k] after 'ldh', found '#5'",
                {10, 12}},
        BadText{"missing_operand",
                "(000) st",
                "line 1, instruction 0: expected M[k] after 'st', found the end of the line",
                {8, 8}},
        BadText{"unexpected_operand",
                "(000) tax x",
                "line 1, instruction 0: expected no operand after 'tax', found 'x'",
                {10, 11}},
        BadText{"garbage_operand",
                "(000) add %5",
                "line 1, instruction 0: expected #k or x after 'add', found '%5'",
                {10, 12}},
        BadText{"operand_too_large",
                "(000) ld #4294967296",
                "line 1, instruction 0: expected a number of 32 bits, found '4294967296'",
                {10, 20}},
        BadText{"operand_too_small",
                "(000) ret #-2147483649",
                "line 1, instruction 0: expected a number of 32 bits, found '-2147483649'",
                {11, 22}},
        BadText{"no_digits",
                "(000) ld #0x",
                "line 1, instruction 0: expected a number of 32 bits, found '0x'",
                {10, 12}},
        BadText{"glued",
                "(000) ret #12abc",
                "line 1, instruction 0: expected a number of 32 bits, found '12abc'",
                {11, 16}},
        BadText{"unknown_name",
                "(000) ld [colour]",
                "line 1, instruction 0: expected an offset, 'x + ' and an offset, or the name of an "
                "ancillary word, found "
                "'colour]'",
                {10, 17}},
        BadText{"unclosed",
                "(000) ld [12",
                "line 1, instruction 0: expected ']', found the end of the line",
                {12, 12}},
        BadText{"x_without_plus",
                "(000) ld [x 12]",
                "line 1, instruction 0: expected '+', found '12]'",
                {12, 15}},
        BadText{"header_length",
                "(000) ldxb 4*([14]&0x7)",
                "line 1, instruction 0: expected ']&0xf)', found ']&0x7)'",
                {17, 23}},
        BadText{"trailing",
                "(000) ret #1 #2",
                "line 1, instruction 0: expected the end of the line, found '#2'",
                {13, 15}},
        BadText{"no_targets",
                "(000) jeq #1",
                "line 1, instruction 0: expected 'jt', found the end of the line",
                {12, 12}},
        BadText{"no_false_target",
                "(000) jeq #1 jt 1",
                "line 1, instruction 0: expected 'jf', found the end of the line",
                {17, 17}},
        BadText{"backwards",
                "(000) tax\n(001) jeq #1 jt 1 jf 2",
                "line 2, instruction 1: expected a jump target after this instruction, 2 to 257, found '1'",
                {26, 27}},
        BadText{"too_far",
                "(000) jeq #1 jt 1 jf 257",
                "line 1, instruction 0: expected a jump target after this instruction, 1 to 256, found '257'",
                {21, 24}},
        BadText{"ja_backwards",
                "(000) ja 0",
                "line 1, instruction 0: expected a jump target of 1 or more, found '0'",
                {9, 10}},
        BadText{"ja_negative",
                "(000) ja -5",
                "line 1, instruction 0: expected a jump target of 1 or more, found '-5'",
                {9, 11}},
        BadText{"ja_huge",
                "(000) ja 99999999999999999999",
                "line 1, instruction 0: expected a jump target of 1 or more, found '99999999999999999999'",
                {9, 29}},
        BadText{"unimp_too_large",
                "(000) unimp 0x10000",
                "line 1, instruction 0: expected an operation code from 0 to 0xffff, found '0x10000'",
                {12, 19}},
        BadText{"c_code",
                "{ 65536, 0, 0, 0 },",
                "line 1, instruction 0: expected an operation code from 0 to 0xffff, found '65536,'",
                {2, 8}},
        BadText{"c_offset",
                "{ 21, 256, 0, 0 },",
                "line 1, instruction 0: expected a jump offset from 0 to 255, found '256,'",
                {6, 10}},
        BadText{"c_negative_offset",
                "{ 21, 0, -1, 0 },",
                "line 1, instruction 0: expected a jump offset from 0 to 255, found '-1,'",
                {9, 12}},
        BadText{"c_few", "{ 6, 0, 0 },", "line 1, instruction 0: expected ',', found '},'", {10, 12}},
        BadText{"c_many", "{ 6, 0, 0, 0, 0 },", "line 1, instruction 0: expected '}', found '0'", {14, 15}},
        BadText{"c_then_other",
                "{ 6, 0, 0, 0 },\nret",
                "line 2, instruction 1: expected '{', BPF_STMT or BPF_JUMP, found 'ret'",
                {16, 19}},
        BadText{"count_huge",
                "4294967296\n6 0 0 0\n",
                "line 1: expected a count of instructions, at most 1048576, found '4294967296'",
                {0, 10}},
        BadText{
            "count_and_more", "1 2\n6 0 0 0\n", "line 1: expected the end of the line, found '2'", {2, 3}},
        BadText{"too_few",
                "3\n6 0 0 0\n",
                "expected the 3 instructions that the count announces, found 1",
                {10, 10}},
        BadText{"too_many",
                "1\n6 0 0 0\n6 0 0 1\n",
                "line 3: expected no more than the 1 instructions that the count announces, found '6'",
                {10, 11}},
        BadText{"short_line",
                "1\n6 0 0\n",
                "line 2, instruction 0: expected a number of 32 bits, found the end of the line",
                {7, 7}},
        BadText{"long_line",
                "1\n6 0 0 0 0\n",
                "line 2, instruction 0: expected the end of the line, found '0'",
                {10, 11}},
        BadText{
            "line_few", "2,6 0 0 0", "expected the 2 instructions that the count announces, found 1", {9, 9}},
        BadText{"line_many",
                "1,6 0 0 0,6 0 0 1",
                "line 1, instruction 0: expected no more than the 1 instructions that the count announces, "
                "found '6'",
                {10, 11}},
        BadText{"line_field",
                "2,6 0 0 0,6 0 256 1",
                "line 1, instruction 1: expected a jump offset from 0 to 255, found '256'",
                {14, 17}},
        BadText{"line_quote", "\"1,6 0 0 0'", "line 1, instruction 0: expected ',', found '''", {10, 11}},
        BadText{"line_unquoted",
                "'1,6 0 0 0",
                "line 1, instruction 0: expected ''', found the end of the text",
                {10, 10}},
        BadText{"line_and_more",
                "'1,6 0 0 0' x",
                "line 1, instruction 0: expected the end of the text, found 'x'",
                {12, 13}},
        BadText{"glued_decimals",
                "1\n6 0 0x 0\n",
                "line 2, instruction 0: expected a jump offset from 0 to 255, found '0x'",
                {6, 8}}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(Text, EndsQuicklyOnLargeGarbage) {
  const std::size_t bytes = std::size_t{1} << 20;
  for (const std::string& start :
       {std::string("(000) "), std::string("{ "), std::string("9"), std::string("(000) ld [")}) {
    for (const char filler : {'0', '9', ' ', '(', '\0', 'x', '-', '\xff'}) {
      const Expected<Program> program = Parse(start + std::string(bytes, filler));
      EXPECT_LT(program ? 0 : program.error().message.size(), 256U);
    }
  }
  std::string many;
  for (std::size_t i = 0; i <= kMaxTextInstructions; ++i) many += "{6,0,0,0}\n";
  const Expected<Program> program = Parse(many);
  ASSERT_FALSE(program.has_value());
  EXPECT_EQ(program.error().message,
            "line 1048577, instruction 1048576: expected at most 1048576 instructions, found '{6,0,0,0}'");
}

// Any change of a byte gives a program or an error with a place inside of the text.
TEST(Text, NeverLosesItsPlace) {
  std::mt19937 random(4);
  for (int round = 0; round < 20000; ++round) {
    const Program program = RandomProgram(random, 8, Target::kLinux);
    std::string text = round % 3 == 0   ? FormatAssembly(program)
                       : round % 3 == 1 ? FormatC(program)
                                        : FormatDecimal(program);
    for (std::size_t changes = 1 + random() % 3; changes > 0; --changes) {
      text[random() % text.size()] =
          static_cast<char>(random() % 2 == 0 ? random() : "0 x[]#\n-,(){}"[random() % 13]);
    }
    const Expected<Program> read = Parse(text);
    if (read) continue;
    ASSERT_TRUE(read.error().range.has_value());
    ASSERT_LE(read.error().range->begin, read.error().range->end);
    ASSERT_LE(read.error().range->end, text.size());
  }
}

}  // namespace
}  // namespace bpfopt::bpf
