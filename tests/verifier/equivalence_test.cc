// Pairs of small programs with what is to be said of them: each rule of the relations and targets with a pair
// that it makes equal and one that it makes different.
#include "verifier/equivalence.h"

#include "bpf/opcode.h"
#include "bpf/text.h"

#include <algorithm>
#include <bit>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace bpfopt::verifier {
namespace {

constexpr Relation kStrict = Relation::kStrict;
constexpr Relation kFaithful = Relation::kFaithful;
constexpr Answer kEqual = Answer::kEqual;
constexpr Answer kDifferent = Answer::kDifferent;

Program Parsed(const std::string& text) {
  const auto program = bpf::Parse(text);
  EXPECT_TRUE(program.has_value()) << text;
  return program.value_or(Program());
}

struct Case {
  const char* name;
  Target target;
  Relation relation;
  Answer answer;
  const char* source;
  const char* result;
};

void PrintTo(const Case& test, std::ostream* out) { *out << test.name; }

class EquivalenceTest : public ::testing::TestWithParam<Case> {};

TEST_P(EquivalenceTest, AnswersAsExpected) {
  const Case& test = GetParam();
  Options options;
  options.target = test.target;
  options.relation = test.relation;
  const Program source = Parsed(test.source);
  const Program result = Parsed(test.result);
  const Verdict verdict = CheckEquivalence(source, result, options);
  EXPECT_EQ(verdict.answer, test.answer) << verdict.reason;
  EXPECT_EQ(verdict.counterexample.has_value(), verdict.answer == kDifferent);
  options.diagram_nodes = 0;
  EXPECT_EQ(CheckEquivalence(source, result, options).answer, test.answer) << "by the solver alone";
  EXPECT_EQ(CheckEquivalence(source, source, options).answer, kEqual);
  EXPECT_EQ(CheckEquivalence(result, result, options).answer, kEqual);
}

constexpr char kShiftByByte[] = R"(
  (000) ldb [0]
  (001) tax
  (002) ld #1
  (003) lsh x
  (004) ret)";
constexpr char kShiftByByteModulo32[] = R"(
  (000) ldb [0]
  (001) and #31
  (002) tax
  (003) ld #1
  (004) lsh x
  (005) ret)";
constexpr char kShiftByNibble[] = R"(
  (000) ldb [0]
  (001) and #15
  (002) tax
  (003) ld #1
  (004) lsh x
  (005) ret)";
constexpr char kShiftByNibbleThenMask[] = R"(
  (000) ldb [0]
  (001) and #15
  (002) tax
  (003) ld #1
  (004) lsh x
  (005) and #0xffff
  (006) ret)";
// A byte at a wide X: under the kernel's rules 0xffffffff + 3 is 2.
constexpr char kWrappedLoad[] = R"(
  (000) ldx #0xffffffff
  (001) ldb [x + 3]
  (002) ret)";
constexpr char kUnwrappedLoad[] = R"(
  (000) ldb [2]
  (001) ret)";
constexpr char kAlwaysFault[] = "(000) ret #0";
constexpr char kLoadTwiceAndReject[] = R"(
  (000) ldb [5]
  (001) ldb [9]
  (002) ret #1)";
constexpr char kLoadOnce[] = R"(
  (000) ldb [9]
  (001) ret #1)";
constexpr char kNoLoad[] = "(000) ret #1";

const Case kCases[] = {
    // Field tests in other words.
    {"halfword_is_two_bytes", Target::kPcap, kFaithful, kEqual, R"(
       (000) ldh [12]
       (001) jeq #0x800 jt 2 jf 3
       (002) ret #96
       (003) ret #0)",
     R"(
       (000) ldb [13]
       (001) jeq #0x0 jt 2 jf 5
       (002) ldb [12]
       (003) jeq #0x8 jt 4 jf 5
       (004) ret #96
       (005) ret #0)"},
    // The result reads byte 13 first and rejects a packet of 13 bytes by a fault where the source does too.
    {"halfword_is_two_bytes_strict", Target::kPcap, kStrict, kEqual, R"(
       (000) ldh [12]
       (001) jeq #0x800 jt 2 jf 3
       (002) ret #96
       (003) ret #0)",
     R"(
       (000) ldb [13]
       (001) jeq #0x0 jt 2 jf 5
       (002) ldb [12]
       (003) jeq #0x8 jt 4 jf 5
       (004) ret #96
       (005) ret #0)"},
    {"other_verdict", Target::kPcap, kStrict, kDifferent, "(000) ret #96", "(000) ret #97"},
    {"greater_is_not_less_or_equal", Target::kPcap, kStrict, kEqual, R"(
       (000) ldh [0]
       (001) jgt #1023 jt 2 jf 3
       (002) ret #1
       (003) ret #0)",
     R"(
       (000) ldb [1]
       (001) ldb [0]
       (002) jset #0xfc jt 3 jf 4
       (003) ret #1
       (004) ret #0)"},
    {"off_by_one", Target::kPcap, kStrict, kDifferent, R"(
       (000) ldh [0]
       (001) jgt #1023 jt 2 jf 3
       (002) ret #1
       (003) ret #0)",
     R"(
       (000) ldh [0]
       (001) jge #1023 jt 2 jf 3
       (002) ret #1
       (003) ret #0)"},
    // Two paths that join with different X.
    {"merged_header_lengths", Target::kPcap, kStrict, kEqual, R"(
       (000) ldh [12]
       (001) jeq #0x86dd jt 2 jf 4
       (002) ldh [54]
       (003) jeq #0x35 jt 7 jf 8
       (004) ldxb 4*([14]&0xf)
       (005) ldh [x + 14]
       (006) jeq #0x35 jt 7 jf 8
       (007) ret #1
       (008) ret #0)",
     R"(
       (000) ldh [12]
       (001) jeq #0x86dd jt 2 jf 4
       (002) ldx #40
       (003) ja 5
       (004) ldxb 4*([14]&0xf)
       (005) ldh [x + 14]
       (006) jeq #0x35 jt 7 jf 8
       (007) ret #1
       (008) ret #0)"},
    {"returns_a", Target::kPcap, kStrict, kEqual, R"(
       (000) ldh [4]
       (001) add #3
       (002) sub #3
       (003) ret)",
     R"(
       (000) ldh [4]
       (001) ret)"},
    {"returns_another_a", Target::kPcap, kFaithful, kDifferent, R"(
       (000) ldh [4]
       (001) ret)",
     R"(
       (000) ldh [4]
       (001) and #0xfffe
       (002) ret)"},

    // Faults.
    {"dead_load_strict", Target::kPcap, kStrict, kDifferent, kLoadOnce, kNoLoad},
    {"dead_load_faithful", Target::kPcap, kFaithful, kEqual, kLoadOnce, kNoLoad},
    {"new_load_faithful", Target::kPcap, kFaithful, kDifferent, kNoLoad, kLoadOnce},
    {"implied_load", Target::kPcap, kStrict, kEqual, kLoadTwiceAndReject, kLoadOnce},
    {"load_on_the_rejecting_path", Target::kPcap, kFaithful, kEqual, R"(
       (000) ldb [0]
       (001) jeq #0x1 jt 2 jf 3
       (002) ret #1
       (003) ret #0)",
     R"(
       (000) ldb [0]
       (001) jeq #0x1 jt 2 jf 3
       (002) ret #1
       (003) ldb [100]
       (004) ret #0)"},
    {"length_is_the_wire_length", Target::kPcap, kStrict, kDifferent, R"(
       (000) ld #pktlen
       (001) jge #10 jt 2 jf 3
       (002) ret #1
       (003) ret #0)",
     kLoadOnce},
    {"wire_length_is_no_guard", Target::kPcap, kStrict, kDifferent, R"(
       (000) ld #pktlen
       (001) jge #10 jt 2 jf 4
       (002) ldb [9]
       (003) ret #1
       (004) ret #0)",
     R"(
       (000) ld #pktlen
       (001) jge #10 jt 2 jf 3
       (002) ret #1
       (003) ret #0)"},
    {"aliasing_bytes_are_one", Target::kPcap, kStrict, kEqual, R"(
       (000) ldb [0]
       (001) tax
       (002) jeq #5 jt 3 jf 6
       (003) ldb [x + 2]
       (004) jeq #9 jt 5 jf 6
       (005) ret #1
       (006) ret #0)",
     R"(
       (000) ldb [0]
       (001) jeq #5 jt 2 jf 5
       (002) ldb [7]
       (003) jeq #9 jt 4 jf 5
       (004) ret #1
       (005) ret #0)"},

    // Division by zero ends the program, in S* as well.
    {"division_strict", Target::kPcap, kStrict, kDifferent, R"(
       (000) ldb [0]
       (001) tax
       (002) ld #0
       (003) div x
       (004) jeq #0 jt 5 jf 6
       (005) ret #1
       (006) ret #0)",
     R"(
       (000) ldb [0]
       (001) ret #1)"},
    {"division_faithful", Target::kPcap, kFaithful, kDifferent, R"(
       (000) ldb [0]
       (001) tax
       (002) ld #0
       (003) div x
       (004) jeq #0 jt 5 jf 6
       (005) ret #1
       (006) ret #0)",
     R"(
       (000) ldb [0]
       (001) ret #1)"},
    {"division_guarded", Target::kPcap, kStrict, kEqual, R"(
       (000) ldb [0]
       (001) tax
       (002) ld #0
       (003) mod x
       (004) jeq #0 jt 5 jf 6
       (005) ret #1
       (006) ret #0)",
     R"(
       (000) ldb [0]
       (001) jeq #0 jt 2 jf 3
       (002) ret #0
       (003) ret #1)"},

    // Shifts by X: 0 from 32 on under libpcap's rules, modulo 32 under the kernel's.
    {"shift_linux", Target::kLinux, kStrict, kEqual, kShiftByByte, kShiftByByteModulo32},
    {"shift_pcap", Target::kPcap, kStrict, kDifferent, kShiftByByte, kShiftByByteModulo32},
    {"shift_same_under_both", Target::kPcap, kStrict, kEqual, kShiftByNibble, kShiftByNibbleThenMask},
    // Equal under libpcap's rules only: a pcap program also runs in the kernel.
    {"shift_only_by_libpcap", Target::kPcap, kStrict, kDifferent, R"(
       (000) ldb [0]
       (001) or #0x20
       (002) tax
       (003) ld #1
       (004) lsh x
       (005) ret)",
     R"(
       (000) ldb [0]
       (001) ld #0
       (002) ret)"},

    // X + k.
    {"wrap_pcap", Target::kPcap, kStrict, kDifferent, kWrappedLoad, kUnwrappedLoad},
    {"wrap_linux", Target::kLinux, kStrict, kEqual, kWrappedLoad, kUnwrappedLoad},
    {"no_wrap_in_the_kernel", Target::kPcap, kStrict, kDifferent, kWrappedLoad, kAlwaysFault},
    {"negative_offsets_fault_in_the_kernel", Target::kLinux, kStrict, kEqual, R"(
       (000) ldx #0x80000000
       (001) ldb [x + 3]
       (002) ret #1)",
     kAlwaysFault},
    {"a_wide_index", Target::kPcap, kStrict, kEqual, R"(
       (000) ld [0]
       (001) tax
       (002) ldb [x + 4]
       (003) ret)",
     R"(
       (000) ld [0]
       (001) tax
       (002) ldb [x + 4]
       (003) and #0xff
       (004) ret)"},
    {"a_wide_index_moved", Target::kPcap, kStrict, kDifferent, R"(
       (000) ld [0]
       (001) tax
       (002) ldb [x + 4]
       (003) ret)",
     R"(
       (000) ld [0]
       (001) add #4
       (002) tax
       (003) ldb [x + 0]
       (004) ret)"},
    {"a_wide_index_moved_linux", Target::kLinux, kStrict, kEqual, R"(
       (000) ld [0]
       (001) tax
       (002) ldb [x + 4]
       (003) ret)",
     R"(
       (000) ld [0]
       (001) add #4
       (002) tax
       (003) ldb [x + 0]
       (004) ret)"},
};

INSTANTIATE_TEST_SUITE_P(Pairs, EquivalenceTest, ::testing::ValuesIn(kCases),
                         [](const auto& test) { return std::string(test.param.name); });

// Instructions that the text forms do not spell the same everywhere.
Instruction Ancillary(std::uint32_t offset) {
  return {bpf::kLd | bpf::kAbs, 0, 0, bpf::kAncillaryOffset + offset};
}
Instruction ReturnA() { return {bpf::kRet | bpf::kA, 0, 0, 0}; }
Instruction Return(std::uint32_t k) { return {bpf::kRet | bpf::kK, 0, 0, k}; }
Instruction LoadA(std::uint32_t k) { return {bpf::kLd | bpf::kImm, 0, 0, k}; }
Instruction LoadX(std::uint32_t k) { return {bpf::kLdx | bpf::kImm, 0, 0, k}; }
Instruction Byte(std::uint32_t k) { return {bpf::kLd | bpf::kB | bpf::kAbs, 0, 0, k}; }
Instruction Word(std::uint32_t k) { return {bpf::kLd | bpf::kW | bpf::kAbs, 0, 0, k}; }
constexpr Instruction kTaxInstruction = {bpf::kMisc | bpf::kTax, 0, 0, 0};
constexpr Instruction kXorX = {bpf::kAlu | bpf::kXor | bpf::kX, 0, 0, 0};

Verdict Check(const Program& source, const Program& result, Target target,
              std::map<std::size_t, std::size_t> draws = {}) {
  Options options;
  options.target = target;
  options.draws = std::move(draws);
  const Verdict verdict = CheckEquivalence(source, result, options);
  options.diagram_nodes = 0;
  EXPECT_EQ(CheckEquivalence(source, result, options).answer, verdict.answer);
  return verdict;
}

TEST(EquivalenceLinuxTest, AncillaryWordsAreConstantInARun) {
  using namespace bpf;
  const Program twice = {Ancillary(kAncillaryMark), kTaxInstruction, Ancillary(kAncillaryMark), kXorX,
                         ReturnA()};
  EXPECT_EQ(Check(twice, {Return(0)}, Target::kLinux).answer, kEqual);
  const Program two = {Ancillary(kAncillaryMark), kTaxInstruction, Ancillary(kAncillaryCpu), kXorX,
                       ReturnA()};
  const Verdict verdict = Check(two, {Return(0)}, Target::kLinux);
  ASSERT_EQ(verdict.answer, kDifferent);
  const auto& words = verdict.counterexample->ancillary;
  const auto word = [&](std::uint32_t offset) { return words.count(offset) != 0 ? words.at(offset) : 0; };
  EXPECT_EQ(word(kAncillaryMark) ^ word(kAncillaryCpu), verdict.counterexample->source_verdict);
}

TEST(EquivalenceLinuxTest, XorXIsAnOperation) {
  using namespace bpf;
  EXPECT_EQ(Check({Byte(0), kTaxInstruction, Byte(1), Ancillary(kAncillaryAluXorX), ReturnA()},
                  {Byte(0), kTaxInstruction, Byte(1), kXorX, ReturnA()}, Target::kLinux)
                .answer,
            kEqual);
}

TEST(EquivalenceLinuxTest, DrawsAreTheSameOnlyWhenMapped) {
  using namespace bpf;
  const Program source = {Ancillary(kAncillaryRandom), ReturnA()};
  const Program later = {LoadX(0), Ancillary(kAncillaryRandom), ReturnA()};
  EXPECT_EQ(Check(source, later, Target::kLinux, {{1, 0}}).answer, kEqual);
  const Verdict unmapped = Check(source, later, Target::kLinux);
  ASSERT_EQ(unmapped.answer, kDifferent);
  EXPECT_NE(unmapped.counterexample->source_verdict, unmapped.counterexample->result_verdict);

  const Program two = {Ancillary(kAncillaryRandom), kTaxInstruction, Ancillary(kAncillaryRandom), kXorX,
                       ReturnA()};
  EXPECT_EQ(Check(two, {Return(0)}, Target::kLinux).answer, kDifferent);
  EXPECT_EQ(Check(two, two, Target::kLinux, {{0, 0}, {2, 2}}).answer, kEqual);
  // One draw cannot stand for two, and a load is no draw.
  EXPECT_EQ(Check(two, two, Target::kLinux, {{0, 0}, {2, 0}}).answer, Answer::kUndecided);
  EXPECT_EQ(Check(two, two, Target::kLinux, {{1, 0}}).answer, Answer::kUndecided);
  // A draw that does not matter may go.
  EXPECT_EQ(Check({Ancillary(kAncillaryRandom), Return(7)}, {Return(7)}, Target::kLinux).answer, kEqual);
}

TEST(EquivalenceLinuxTest, WithoutADeviceTheProgramEnds) {
  using namespace bpf;
  for (const std::uint32_t offset : {kAncillaryInterfaceIndex, kAncillaryHardwareType}) {
    const Program source = {LoadA(5), Ancillary(offset), Return(7)};
    const Verdict dropped = Check(source, {Return(7)}, Target::kLinux);
    ASSERT_EQ(dropped.answer, kDifferent);
    EXPECT_FALSE(dropped.counterexample->has_device);
    EXPECT_EQ(dropped.counterexample->source_verdict, 5U);
    EXPECT_EQ(Check(source, {LoadA(5), Ancillary(offset), LoadA(7), ReturnA()}, Target::kLinux).answer,
              kEqual);
    EXPECT_EQ(Check(source, {LoadA(6), Ancillary(offset), Return(7)}, Target::kLinux).answer, kDifferent);
  }
}

TEST(EquivalenceLinuxTest, AttributesAreFunctionsOfAAndX) {
  using namespace bpf;
  const auto program = [](std::uint32_t a, std::uint32_t x, std::uint32_t kind) {
    return Program{LoadA(a), LoadX(x), Ancillary(kind), ReturnA()};
  };
  EXPECT_EQ(Check(program(1, 2, kAncillaryNlattr), program(1, 2, kAncillaryNlattr), Target::kLinux).answer,
            kEqual);
  EXPECT_EQ(Check(program(1, 2, kAncillaryNlattr), program(1, 3, kAncillaryNlattr), Target::kLinux).answer,
            kDifferent);
  EXPECT_EQ(
      Check(program(1, 2, kAncillaryNlattr), program(1, 2, kAncillaryNlattrNest), Target::kLinux).answer,
      kDifferent);
}

TEST(EquivalenceLinuxTest, NegativeOffsetsAreOpaque) {
  using namespace bpf;
  const Program network = {Byte(kNetworkOffset + 9), ReturnA()};
  EXPECT_EQ(Check(network, {Byte(kNetworkOffset + 9), kTaxInstruction, ReturnA()}, Target::kLinux).answer,
            kEqual);
  EXPECT_EQ(Check(network, {Byte(kNetworkOffset + 8), ReturnA()}, Target::kLinux).answer, kDifferent);
  // They may fault, at each width for itself.
  EXPECT_EQ(Check({Word(kNetworkOffset), Return(1)}, {Return(1)}, Target::kLinux).answer, kDifferent);
  EXPECT_EQ(
      Check({Word(kNetworkOffset), Return(1)}, {Byte(kNetworkOffset), Return(1)}, Target::kLinux).answer,
      kDifferent);
  // Reached by a wrapped X + k they are the same.
  const Program wrapped = {LoadX(0xffffffff), {kLd | kB | kInd, 0, 0, kNetworkOffset + 10}, ReturnA()};
  EXPECT_EQ(Check(network, wrapped, Target::kLinux).answer, kEqual);
}

TEST(EquivalenceLinuxTest, HeaderLengthOfAncillaryDataFaults) {
  using namespace bpf;
  const Program source = {{kLdx | kB | kMsh, 0, 0, kAncillaryOffset + kAncillaryMark}, Return(1)};
  EXPECT_EQ(Check(source, {Return(0)}, Target::kLinux).answer, kEqual);
}

TEST(EquivalenceSeccompTest, WordsAreInHostOrderAndNeverFault) {
  using namespace bpf;
  const Program by_word = {Word(0), {kJmp | kJeq, 0, 1, 59}, Return(1), Return(2)};
  const Program by_mask = {
      Word(0), {kAlu | kXor, 0, 0, 59}, {kJmp | kJset, 1, 0, 0xffffffff}, Return(1), Return(2)};
  EXPECT_EQ(Check(by_word, by_mask, Target::kSeccomp).answer, kEqual);
  EXPECT_EQ(Check({Word(60), Return(1)}, {Return(1)}, Target::kSeccomp).answer, kEqual);
  EXPECT_EQ(Check({{kLd | kW | kLen, 0, 0, 0}, ReturnA()}, {Return(64)}, Target::kSeccomp).answer, kEqual);
  const Verdict verdict = Check(by_word, {Return(1)}, Target::kSeccomp);
  ASSERT_EQ(verdict.answer, kDifferent);
  EXPECT_EQ(verdict.counterexample->captured.size(), 64U);
}

TEST(CounterexampleTest, IsSmall) {
  const Verdict verdict = Check(Parsed(R"(
    (000) ldh [12]
    (001) jeq #0x800 jt 2 jf 4
    (002) ldb [23]
    (003) jeq #6 jt 5 jf 4
    (004) ret #0
    (005) ret #1)"),
                                {Return(0)}, Target::kPcap);
  ASSERT_EQ(verdict.answer, kDifferent);
  std::vector<std::uint8_t> expected(24, 0);
  expected[12] = 8;
  expected[23] = 6;
  EXPECT_EQ(verdict.counterexample->captured, expected);
  EXPECT_EQ(verdict.counterexample->wire_length, 24U);
}

// Whatever path the programs differ on first, the packet is the shortest that there is.
TEST(CounterexampleTest, IsTheShortest) {
  const Verdict verdict = Check(Parsed(R"(
    (000) ldb [60]
    (001) jeq #0x7 jt 2 jf 3
    (002) ret #5
    (003) ret #0)"),
                                Parsed(R"(
    (000) ldb [2]
    (001) jeq #0x30 jt 6 jf 2
    (002) ldb [60]
    (003) jeq #0x7 jt 4 jf 5
    (004) ret #5
    (005) ret #0
    (006) ret #5)"),
                                Target::kPcap);
  ASSERT_EQ(verdict.answer, kDifferent);
  EXPECT_EQ(verdict.counterexample->captured, (std::vector<std::uint8_t>{0, 0, 0x30}));
  EXPECT_EQ(verdict.counterexample->wire_length, 3U);
}

// The wire length is the captured one where that will do, else next to it.
TEST(CounterexampleTest, HasAPlainWireLength) {
  const Verdict verdict = Check(Parsed(R"(
    (000) ldb [9]
    (001) ld #pktlen
    (002) jgt #1000 jt 3 jf 4
    (003) ret #1
    (004) ret #0)"),
                                {Return(0)}, Target::kPcap);
  ASSERT_EQ(verdict.answer, kDifferent);
  EXPECT_EQ(verdict.counterexample->captured, std::vector<std::uint8_t>(10, 0));
  EXPECT_EQ(verdict.counterexample->wire_length, 1001U);
}

// Of a value that may be many, the one with the fewest bits.
TEST(CounterexampleTest, HasFewBits) {
  const Program source = {Word(0), {bpf::kJmp | bpf::kJset, 0, 1, 0xff00}, Return(1), Return(0)};
  const Verdict verdict = CheckEquivalence(source, {Return(0)}, {});
  ASSERT_EQ(verdict.answer, kDifferent);
  int bits = 0;
  for (const std::uint8_t byte : verdict.counterexample->captured) bits += std::popcount(byte);
  EXPECT_EQ(bits, 1);
}

// Not even arithmetic that only the solver understands leaves bytes that do not matter.
TEST(CounterexampleTest, OfTheSolverIsSmallToo) {
  const Program source = Parsed(R"(
    (000) ld [40]
    (001) tax
    (002) ld [0]
    (003) mul x
    (004) jeq #0xa541 jt 5 jf 6
    (005) ret #1
    (006) ret #0)");
  Options options;
  options.diagram_nodes = 0;
  const Verdict verdict = CheckEquivalence(source, {Return(0)}, options);
  ASSERT_EQ(verdict.answer, kDifferent);
  const std::vector<std::uint8_t>& bytes = verdict.counterexample->captured;
  ASSERT_EQ(bytes.size(), 44U);
  EXPECT_TRUE(
      std::all_of(bytes.begin() + 4, bytes.begin() + 40, [](std::uint8_t byte) { return byte == 0; }));
  EXPECT_EQ(verdict.counterexample->wire_length, 44U);
}

TEST(CounterexampleTest, NamesTheContinuation) {
  Options options;
  options.relation = kFaithful;
  const Program source = {Byte(100'000), {bpf::kJmp | bpf::kJeq, 0, 1, 9}, Return(1), Return(0)};
  const Verdict verdict = CheckEquivalence(source, {Return(0)}, options);
  ASSERT_EQ(verdict.answer, kDifferent);
  EXPECT_TRUE(verdict.counterexample->on_complete_packet);
  EXPECT_EQ(verdict.counterexample->continuation, (std::map<std::uint64_t, std::uint8_t>{{100'000, 9}}));
}

TEST(BudgetTest, RunningOutIsUndecidedWithAReason) {
  // Two ways to multiply.
  const Program source = Parsed(R"(
    (000) ld [0]
    (001) tax
    (002) ld [4]
    (003) mul x
    (004) ret)");
  const Program result = Parsed(R"(
    (000) ld [4]
    (001) tax
    (002) ld [0]
    (003) add #1
    (004) mul x
    (005) sub x
    (006) ret)");
  Options options;
  options.steps = 2'000;
  Verdict verdict = CheckEquivalence(source, result, options);
  EXPECT_EQ(verdict.answer, Answer::kUndecided);
  EXPECT_FALSE(verdict.reason.empty());
  options.steps = 50'000'000;
  options.max_nodes = 1;
  const Program branch = {Byte(0), {bpf::kJmp | bpf::kJeq, 0, 1, 9}, Return(1), Return(0)};
  verdict = CheckEquivalence(branch, branch, options);
  EXPECT_EQ(verdict.answer, Answer::kUndecided);
  EXPECT_NE(verdict.reason.find("register states"), std::string::npos);
}

// Collects the bits of a half-word one by one; without merging, 2^16 states meet at the end.
Program CollectBits(std::uint32_t bits) {
  using namespace bpf;
  Program program;
  program.push_back(LoadA(0));
  program.push_back({kSt, 0, 0, 0});
  for (std::uint32_t bit = 0; bit < 16; ++bit) {
    if (((bits >> bit) & 1) == 0) continue;
    program.push_back({kLd | kH | kAbs, 0, 0, 0});
    program.push_back({kJmp | kJset, 0, 3, 1U << bit});
    program.push_back({kLd | kMem, 0, 0, 0});
    program.push_back({kAlu | kOr, 0, 0, 1U << bit});
    program.push_back({kSt, 0, 0, 0});
  }
  program.push_back({kLd | kMem, 0, 0, 0});
  program.push_back(ReturnA());
  return program;
}

TEST(MergingTest, ManyStatesBecomeOne) {
  const Program half = {{bpf::kLd | bpf::kH | bpf::kAbs, 0, 0, 0}, ReturnA()};
  Verdict verdict = Check(CollectBits(0xffff), half, Target::kPcap);
  EXPECT_EQ(verdict.answer, kEqual) << verdict.reason;
  EXPECT_LT(verdict.statistics.nodes, 20'000U);
  verdict = Check(half, CollectBits(0xfff7), Target::kPcap);
  ASSERT_EQ(verdict.answer, kDifferent) << verdict.reason;
  EXPECT_EQ(verdict.counterexample->captured, (std::vector<std::uint8_t>{0, 8}));
}

TEST(BudgetTest, LongProgramsDoNotRecurse) {
  using namespace bpf;
  Program source;
  for (std::uint32_t i = 0; i < 2000; ++i) {
    source.push_back(Word(i));
    source.push_back({kJmp | kJeq, 0, 1, i});
    if (i % 50 == 49)
      source.push_back(Return(1));
    else
      source.push_back({kAlu | kAdd, 0, 0, 1});
  }
  source.push_back(Return(0));
  ASSERT_GT(source.size(), 4096U);
  EXPECT_EQ(CheckEquivalence(source, source, {}).answer, kEqual);
}

// A packet that nobody could hold: only its length and the bytes that matter are.
TEST(EquivalenceTest, ProgramsThatDifferOnHugePacketsAlone) {
  const Program source = Parsed("2\n48 0 0 1879048192\n22 0 0 0\n");              // ldb [0x70000000]; ret a
  const Program result = Parsed("3\n48 0 0 1879048192\n84 0 0 127\n22 0 0 0\n");  // and #0x7f in between
  const Verdict verdict = CheckEquivalence(source, result, {});
  ASSERT_EQ(verdict.answer, Answer::kDifferent) << verdict.reason;
  const Counterexample& example = *verdict.counterexample;
  EXPECT_TRUE(example.captured.empty());
  EXPECT_EQ(example.more_captured, 0x70000001U);
  EXPECT_EQ(example.more, (std::map<std::uint64_t, std::uint8_t>{{0x70000000, 0x80}}));
  EXPECT_EQ(example.source_verdict, 0x80U);
  EXPECT_EQ(example.result_verdict, 0U);
}

}  // namespace
}  // namespace bpfopt::verifier
