// The reference meaning by tables: packets, targets, effects, and what ends a run.
#include "ir/evaluate.h"

#include "ir/parse.h"

#include <cstring>
#include <string>

#include <gtest/gtest.h>

namespace bpfopt::ir {
namespace {

using bpf::End;
using bpf::Outcome;

const std::vector<std::uint8_t> kBytes = {0x00, 0x01, 0x02, 0x03, 0x04, 0x45, 0x80, 0xff};

Outcome RunText(const std::string& target, const std::string& body, const bpf::Ancillary& ancillary = {},
                std::function<std::uint8_t(std::uint64_t)> continuation = nullptr) {
  const Expected<Function> function = Parse("fn " + target + " {\n" + body + "\n}\n");
  EXPECT_TRUE(function.has_value()) << body << ": " << function.error().message;
  if (!function.has_value()) return {};
  return Evaluate(*function, {kBytes, 1500, std::move(continuation)}, ancillary);
}

struct Row {
  const char* expression;
  std::uint32_t pcap;
  std::uint32_t linux_word;
};

TEST(Evaluate, Expressions) {
  const Row rows[] = {
      {"0x12345678", 0x12345678, 0x12345678},
      {"len", 1500, 1500},
      {"ldb[5]", 0x45, 0x45},
      {"ldh[0]", 1, 1},
      {"ldh[6]", 0x80ff, 0x80ff},
      {"ld[4]", 0x044580ff, 0x044580ff},
      {"ldb[ldb[2] + 3]", 0x45, 0x45},
      {"ldh[(ldb[1] * 2) + 1]", 0x0304, 0x0304},
      {"-ldb[1]", 0xffffffff, 0xffffffff},
      {"ldb[1] - ldb[2]", 0xffffffff, 0xffffffff},
      {"ldb[7] * ld[4]", 0xffU * 0x044580ffU, 0xffU * 0x044580ffU},
      {"ldb[5] / ldb[4]", 0x11, 0x11},
      {"ldb[5] % ldb[4]", 1, 1},
      {"(ldb[5] & 0xf) << 2", 20, 20},
      {"ldb[5] | ldb[6]", 0xc5, 0xc5},
      {"ldb[5] ^ ldb[7]", 0xba, 0xba},
      {"ld[4] >> ldb[4]", 0x44580f, 0x44580f},
      {"1 << (ldb[1] << 5)", 0, 1},        // by 32
      {"ldb[7] >> (ldb[4] * 9)", 0, 0xf},  // by 36
      {"1 << 33", 0, 2},
  };
  for (const Row& row : rows) {
    const std::string body = std::string("b0:\n need [0]:8\n nonzero ldb[4]\n return ") + row.expression;
    EXPECT_EQ(RunText("pcap", body), (Outcome{row.pcap, End::kReturn, 1})) << row.expression;
    EXPECT_EQ(RunText("linux", body), (Outcome{row.linux_word, End::kReturn, 1})) << row.expression;
  }
}

TEST(Evaluate, Ends) {
  struct EndRow {
    const char* body;
    Outcome outcome;
  };
  const EndRow rows[] = {
      {"b0:\n need [7]:1\n return 5", {5, End::kReturn, 1}},
      {"b0:\n need [7]:2\n return 5", {0, End::kFault, 1}},
      {"b0:\n need [0xffffffff]:1\n return 5", {0, End::kFault, 1}},
      {"b0:\n nonzero len\n nonzero len - 1500\n return 5", {0, End::kDivision, 1}},
      {"b0:\n need [0]:1\n nonzero ldb[0]\n need [9]:9\n return 5", {0, End::kDivision, 1}},
      {"b0:\n return ldb[8]", {0, End::kMalformed, 1}},
      {"b0:\n return 1 / 0", {0, End::kMalformed, 1}},
      {"b0:\n need [ldb[99] + 0]:1\n return 5", {0, End::kMalformed, 1}},
      {"b0:\n jump b0", {0, End::kMalformed, 1}},
      {"b0:\n jump b1\nb1:\n jump b0", {0, End::kMalformed, 2}},
      {"b0:\n jump b1\nb1(%0):\n return %0", {0, End::kMalformed, 1}},
      {"b0:\n return %0\nb1(%0):\n return 1", {0, End::kMalformed, 1}},
      // A value that is not used is not computed.
      {"b0:\n let %0 = ldb[99]\n return 5", {5, End::kReturn, 1}},
  };
  for (const EndRow& row : rows) EXPECT_EQ(RunText("pcap", row.body), row.outcome) << row.body;
}

TEST(Evaluate, ControlFlow) {
  const std::string body = R"(b0:
 need [0]:8
 switch ldb[5] { 0x40..0x44 -> b4(1); 0x45 -> b1(ldb[1], ldb[2]); else -> b4(2) }
b1(%0, %1):
 if %1 > %0 then b2(%1, %0) else b4(3)
b2(%2, %3):
 if %2 anyset 0x2 then b3 else b4(4)
b3:
 if ldb[7] >= 0xff then b4((%2 * 0x10) + %3) else b4(5)
b4(%4):
 return %4
)";
  EXPECT_EQ(RunText("pcap", body), (Outcome{0x21, End::kReturn, 5}));
}

TEST(Evaluate, AddressesOfTheTargets) {
  // 0xffffffff + 6 is past the end on pcap and byte 5 on linux.
  const std::string body = "b0:\n need [-1 + 6]:1\n return ldb[-1 + 6]";
  EXPECT_EQ(RunText("pcap", body), (Outcome{0, End::kFault, 1}));
  EXPECT_EQ(RunText("linux", body), (Outcome{0x45, End::kReturn, 1}));
}

TEST(Evaluate, NegativeOffsetsAskTheAncillary) {
  bpf::Ancillary ancillary;
  ancillary.negative = [](std::uint32_t k, unsigned width) -> std::optional<std::uint32_t> {
    if (k == 0xfff00008) return std::nullopt;
    return (k & 0xff) << 8 | width | 0xab0000;
  };
  EXPECT_EQ(RunText("linux", "b0:\n need [0xfff00009]:2\n return ldh[0xfff00009]", ancillary),
            (Outcome{0x0902, End::kReturn, 1}));
  EXPECT_EQ(RunText("linux", "b0:\n need [0xfff00008]:2\n return 7", ancillary),
            (Outcome{0, End::kFault, 1}));
  EXPECT_EQ(RunText("linux", "b0:\n need [0x80000000]:1\n return 7", ancillary),
            (Outcome{0, End::kFault, 1}));
  EXPECT_EQ(RunText("pcap", "b0:\n need [0xfff00009]:2\n return 7", ancillary), (Outcome{0, End::kFault, 1}));
}

TEST(Evaluate, ContinuationReadsOn) {
  const auto continuation = [](std::uint64_t address) {
    return static_cast<std::uint8_t>(address >> 32 != 0 ? 0x77 : address);
  };
  EXPECT_EQ(RunText("pcap", "b0:\n need [6]:4\n return ld[6]", {}, continuation),
            (Outcome{0x80ff0809, End::kReturn, 1}));
  EXPECT_EQ(RunText("pcap", "b0:\n need [-1 + 6]:1\n return ldb[-1 + 6]", {}, continuation),
            (Outcome{0x77, End::kReturn, 1}));
  EXPECT_EQ(RunText("pcap", "b0:\n nonzero 0\n return 5", {}, continuation), (Outcome{0, End::kDivision, 1}));
  bpf::Ancillary ancillary;
  ancillary.negative = [](std::uint32_t, unsigned) { return std::nullopt; };
  EXPECT_EQ(RunText("linux", "b0:\n need [0xfff00008]:2\n return 7", ancillary, continuation),
            (Outcome{0, End::kFault, 1}));
}

TEST(Evaluate, Effects) {
  bpf::Ancillary ancillary;
  ancillary.word = [](std::uint32_t offset) { return offset + 100; };
  ancillary.random = [](std::size_t draw) { return static_cast<std::uint32_t>(draw) * 10; };
  ancillary.nlattr = [](std::uint32_t offset, std::uint32_t a, std::uint32_t x) {
    return offset * 100 + a * 10 + x;
  };
  EXPECT_EQ(RunText("linux", "b0:\n %0 = draw 3\n %1 = draw 4\n return %0 + %1", ancillary).verdict, 70U);
  EXPECT_EQ(RunText("linux", "b0:\n %0 = nlattr 0(1, 2)\n return %0", ancillary).verdict, 1212U);
  EXPECT_EQ(RunText("linux", "b0:\n %0 = nlattr_nest 0(_, 2)\n return %0", ancillary).verdict, 1602U);
  EXPECT_EQ(RunText("linux", "b0:\n return ancillary[4]", ancillary).verdict, 104U);
  const std::string device = "b0:\n %0 = device_index 0(9, _)\n %1 = device_type 1(8, _)\n return %0 + %1";
  EXPECT_EQ(RunText("linux", device, ancillary), (Outcome{108 + 128, End::kReturn, 1}));
  ancillary.has_device = false;
  EXPECT_EQ(RunText("linux", device, ancillary), (Outcome{9, End::kNoDevice, 1}));
}

TEST(Evaluate, Seccomp) {
  const std::uint32_t words[] = {0x11223344, 0xc000003e};
  std::vector<std::uint8_t> data(64);
  std::memcpy(data.data(), words, sizeof(words));
  const auto run = [&](const std::string& expression) {
    const Expected<Function> function = Parse("fn seccomp {\nb0:\n return " + expression + "\n}");
    EXPECT_TRUE(function.has_value());
    return Evaluate(*function, {data, 0, nullptr});
  };
  EXPECT_EQ(run("ld[4]").verdict, 0xc000003eU);
  EXPECT_EQ(run("len").verdict, 64U);
  EXPECT_EQ(run("ld[2]").end, End::kMalformed);
  EXPECT_EQ(run("ldh[0]").end, End::kMalformed);
}

// Values are computed once each: a tree of 2^200 leaves takes no time.
TEST(Evaluate, SharedValues) {
  Function f(Target::kPcap);
  const Value* value = f.MakeWireLength();
  for (int i = 0; i < 200; ++i) value = f.MakeBinary(Opcode::kAdd, value, value);
  for (int i = 0; i < 100000; ++i) value = f.MakeUnary(Opcode::kNeg, value);
  f.NewBlock()->terminator = Return{value};
  EXPECT_EQ(Evaluate(f, {}), (Outcome{0, End::kReturn, 1}));
}

}  // namespace
}  // namespace bpfopt::ir
