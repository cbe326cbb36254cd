// Initialisers in C: the shapes that people keep programs in, and what else they find in such a text.
#include "bpf/opcode.h"
#include "bpf/text.h"

#include <string>

#include <gtest/gtest.h>

namespace bpfopt::bpf {
namespace {

const Program kArp = {{kLd | kH | kAbs, 0, 0, 12},
                      {kJmp | kJeq | kK, 0, 1, 0x806},
                      {kRet | kK, 0, 0, 0xffffffff},
                      {kRet | kK, 0, 0, 0}};

std::string Show(const Expected<Program>& program) {
  return program ? FormatC(*program) : "error: " + program.error().message;
}

struct GoodText {
  const char* name;
  const char* text;
};

void PrintTo(const GoodText& row, std::ostream* out) { *out << row.name; }

class TextC : public testing::TestWithParam<GoodText> {};

TEST_P(TextC, IsTheSameProgram) { EXPECT_EQ(Show(Parse(GetParam().text)), FormatC(kArp)); }

INSTANTIATE_TEST_SUITE_P(
    Table, TextC,
    testing::Values(
        GoodText{"bpf_asm_c",  // as bpf_asm -c prints it
                 "{ 0x28,  0,  0, 0x0000000c },\n{ 0x15,  0,  1, 0x00000806 },\n"
                 "{ 0x06,  0,  0, 0xffffffff },\n{ 0x06,  0,  0, 0000000000 },\n"},
        GoodText{"several_a_line", "{0x28,0,0,12},{21,0,1,2054}, {6,0,0,-1},{6,0,0,0}"},
        GoodText{"no_commas", "{0x28,0,0,12}\n{21,0,1,2054}\n{6,0,0,-1,}\n{6,0,0,0}\n"},
        GoodText{"declaration",
                 "#include <linux/filter.h>\n\n/* who has */\nstatic const struct sock_filter code[4] = {\n"
                 "\t{ 0x28, 0, 0, 0x0000000c }, // ldh [12]\n\t{ 0x15, 0, 1, 0x00000806 }, /* jeq */\n"
                 "\t{ 0x06, 0, 0, 0xffffffffU }, /* a\n\t    longer comment */ { 0x06, 0, 0, 0ul },\n};\n"},
        GoodText{"macros",
                 "struct sock_filter f[] __attribute__((aligned(8))) = {\n"
                 "  BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),\n"
                 "  BPF_JUMP(BPF_JMP+BPF_JEQ+BPF_K, 0x806, 0, 1),\n"
                 "  BPF_STMT(BPF_RET | BPF_K, -1),\n  BPF_STMT (BPF_RET+BPF_K , 0)\n};\n"},
        GoodText{
            "bare_macros",
            "BPF_STMT(BPF_LD+BPF_H+BPF_ABS, 014), BPF_JUMP((BPF_JMP | BPF_JEQ) | BPF_K, 0x800 + 6, 0, 1),\n"
            "BPF_STMT(BPF_RET+BPF_K, 0xffffffff), BPF_STMT(BPF_RET, 0b0)"},
        GoodText{"in_braces", "{ BPF_STMT(40, 12), { 21, 0, 1, 2054 }, { 6, 0, 0, -1 }, { 6, 0, 0, 0 } };"},
        GoodText{"named",
                 "struct sock_filter code[] = {\n  { .code = BPF_LD | BPF_H | BPF_ABS, .k = 12 },\n"
                 "  { .k = 0x806, .jf = 1, .code = 0x15, },\n  { .code = 6, .jt = 0, .jf = 0, .k = -(1) },\n"
                 "  { .code = 6 },\n};"},
        GoodText{"symbols_in_fields",
                 "{ BPF_LD|BPF_H|BPF_ABS, 0, 0, 12 }, { BPF_JMP|BPF_JEQ, 0, 1, 2054 },\n"
                 "{ BPF_RET, 0, 0, 0-1 }, { BPF_RET, 0, 0, 1 - 1 }"},
        GoodText{"define", "#define A \\\n  BPF_STMT(6, 7)\n{40,0,0,12},{21,0,1,2054},{6,0,0,-1},{6,0,0,0}"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(TextCNames, ExtensionsOfTheKernel) {
  EXPECT_EQ(Parse("BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT),"
                  "BPF_STMT(BPF_LD | BPF_B | BPF_ABS, SKF_NET_OFF + 9),"
                  "BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, SKF_LL_OFF + 14)"),
            (Program{{0x20, 0, 0, 0xfffff030}, {0x30, 0, 0, 0xfff00009}, {0xb1, 0, 0, 0xffe0000e}}));
}

struct BadText {
  const char* name;
  std::string text;
  const char* message;
  std::size_t begin;
};

void PrintTo(const BadText& row, std::ostream* out) { *out << row.name; }

class TextCError : public testing::TestWithParam<BadText> {};

TEST_P(TextCError, NamesInstructionAndPlace) {
  const Expected<Program> program = Parse(GetParam().text);
  ASSERT_FALSE(program.has_value());
  EXPECT_EQ(program.error().message, GetParam().message);
  ASSERT_TRUE(program.error().range.has_value());
  EXPECT_EQ(program.error().range->begin, GetParam().begin);
}

INSTANTIATE_TEST_SUITE_P(
    Table, TextCError,
    testing::Values(
        BadText{"unknown_name", "{6,0,0,0},\nBPF_JUMP(21, ETHERTYPE_IP, 0, 1)",
                "line 2, instruction 1: expected a number, or a name of linux/filter.h such as BPF_LD, found "
                "'ETHERTYPE_IP,'",
                24},
        BadText{"unknown_macro", "struct sock_filter c[] = { { 6, 0, 0, 0 },\nVALIDATE_ARCH, };",
                "line 2, instruction 1: expected '{', BPF_STMT or BPF_JUMP, found 'VALIDATE_ARCH,'", 43},
        BadText{"condition", "{6,0,0,0},\n# ifdef X\n{6,0,0,1},\n#endif",
                "line 2, instruction 0: expected no condition of the preprocessor, found '#'", 11},
        BadText{"sum_too_large", "{6,0,0,0xffffffff + 1}",
                "line 1, instruction 0: expected a number of 32 bits, found "
                "'0xffffffff'",
                7},
        BadText{"no_octal", "{6,0,0,08}", "line 1, instruction 0: expected a number of 32 bits, found '08}'",
                7},
        BadText{"code_too_large", "BPF_STMT(0xffff + 1, 0)",
                "line 1, instruction 0: expected an operation code from 0 to 0xffff, found '0xffff'", 9},
        BadText{"short_jump", "BPF_JUMP(21, 0, 1)", "line 1, instruction 0: expected ',', found ')'", 17},
        BadText{"long_statement", "BPF_STMT(6, 0, 1)", "line 1, instruction 0: expected ')', found ','", 13},
        BadText{"no_code", "{ .k = 4 }", "line 1, instruction 0: expected a field .code, found '}'", 9},
        BadText{"no_such_field", "{ .code = 6, .K = 4 }",
                "line 1, instruction 0: expected .code, .jt, .jf or .k, found '.K'", 13},
        BadText{"unclosed", "struct sock_filter c[] = { {6,0,0,0},",
                "line 1, instruction 1: expected '{', BPF_STMT or BPF_JUMP, found the end of the text", 37},
        BadText{"empty_list", "struct sock_filter c[] = { };",
                "line 1, instruction 0: expected '{', BPF_STMT or BPF_JUMP, found '};'", 27},
        BadText{"two_lists",
                "struct sock_filter c[] = { {6,0,0,0} }; struct sock_filter d[] = { {6,0,0,0} };",
                "line 1, instruction 0: expected the end of the text, found 'struct'", 40},
        BadText{"semicolon_between", "{6,0,0,0}; {6,0,0,1}",
                "line 1, instruction 1: expected '{', BPF_STMT or BPF_JUMP, found ';'", 9},
        BadText{"no_list", "struct { int a; };",
                "line 1, instruction 0: expected a number, or a name of linux/filter.h such as BPF_LD, found "
                "'int'",
                9},
        BadText{"unclosed_comment", "{6,0,0,0}, /* no end",
                "line 1, instruction 1: expected '{', BPF_STMT or BPF_JUMP, found '/*'", 11},
        BadText{"deep", "{" + std::string(100000, '(') + "6",
                "line 1, instruction 0: expected at most 16 parentheses in each other, found "
                "'(((((((((((((((((((((((('...",
                17}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace bpfopt::bpf
