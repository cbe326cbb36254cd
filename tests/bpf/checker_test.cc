// One table row a rule, each broken program beside its nearest acceptable twin; then the running kernel as
// the judge over random programs, broken ones included.
#include "bpf/checker.h"

#include "bpf/opcode.h"
#include "bpf/text.h"
#include "kernel_filter.h"
#include "random_program.h"

#include <memory>
#include <random>
#include <string>

#include <gtest/gtest.h>
#include <pcap/pcap.h>

namespace bpfopt::bpf {
namespace {

constexpr int kEthernet = 1;
constexpr int kSll = 113;
constexpr int kSll2 = 276;

Program Read(const std::string& text) {
  const Expected<Program> program = Parse(text);
  EXPECT_TRUE(program.has_value()) << (program ? "" : program.error().message) << "\n" << text;
  return program.value_or(Program{});
}

// `lines` as tcpdump -d has them, but without numbers.
Program Assemble(const std::vector<std::string>& lines) {
  std::string text;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    text += "(" + std::to_string(i) + ") " + lines[i] + "\n";
  }
  return Read(text);
}

struct Row {
  const char* name;
  CheckOptions options;
  std::vector<std::string> good;
  std::vector<std::string> bad;
  std::size_t place;   // of the only violation of `bad`
  const char* reason;  // a part of it
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

class CheckerRule : public testing::TestWithParam<Row> {};

TEST_P(CheckerRule, RefusesTheBrokenTwinAlone) {
  const Row& row = GetParam();
  const std::vector<Violation> none = Check(Assemble(row.good), row.options);
  EXPECT_TRUE(none.empty()) << none.front().reason;
  const std::vector<Violation> violations = Check(Assemble(row.bad), row.options);
  ASSERT_EQ(violations.size(), 1U);
  EXPECT_EQ(violations[0].instruction, row.place) << violations[0].reason;
  EXPECT_NE(violations[0].reason.find(row.reason), std::string::npos) << violations[0].reason;
}

constexpr auto kPcap = Target::kPcap;
constexpr auto kLinux = Target::kLinux;
constexpr auto kSeccomp = Target::kSeccomp;

INSTANTIATE_TEST_SUITE_P(
    Table, CheckerRule,
    testing::Values(
        Row{"known_code", {}, {"ret #0"}, {"unimp 0xe", "ret #0"}, 0, "unknown operation code 0xe"},
        Row{"unused_bits", {}, {"neg", "ret #0"}, {"unimp 0x8c", "ret #0"}, 0, "0x8c"},
        Row{"high_bits", {}, {"ld #0x0", "ret #0"}, {"unimp 0x100", "ret #0"}, 0, "0x100"},
        Row{"limit",
            {kPcap, 2},
            {"tax", "ret #0"},
            {"tax", "txa", "ret #0"},
            3,
            "3 instructions; expected at most 2"},
        Row{"ends_in_return", {}, {"tax", "ret"}, {"ret #0", "tax"}, 1, "does not end in a return"},
        Row{"constant_division",
            {},
            {"div #1", "ret #0"},
            {"div #0", "ret #0"},
            0,
            "expected a divisor other than 0"},
        Row{"constant_modulus",
            {},
            {"mod #-1", "ret #0"},
            {"mod #0", "ret #0"},
            0,
            "division by the constant 0"},
        Row{"division_by_x", {}, {"div x", "ret #0"}, {"div #0", "ret #0"}, 0, "division"},
        Row{"left_shift", {}, {"lsh #31", "ret #0"}, {"lsh #32", "ret #0"}, 0, "expected 0 to 31"},
        Row{"right_shift",
            {},
            {"rsh #0", "ret #0"},
            {"rsh #-1", "ret #0"},
            0,
            "shift by the constant 4294967295"},
        Row{"scratch_exists",
            {},
            {"st M[15]", "ret #0"},
            {"st M[16]", "ret #0"},
            0,
            "expected M[0] to M[15]"},
        Row{"scratch_load_exists",
            {},
            {"st M[0]", "ldx M[0]", "ret #0"},
            {"ld M[-1]", "ret #0"},
            0,
            "M[4294967295]"},
        Row{"scratch_written",
            {},
            {"stx M[1]", "ld M[1]", "ret #0"},
            {"stx M[1]", "ld M[2]", "ret #0"},
            1,
            "M[2] may be read"},
        Row{"ja_in_range", {}, {"ja 1", "ret #0"}, {"ja 2", "ret #0"}, 0, "ja leads to instruction 2"},
        Row{"jt_in_range",
            {},
            {"jeq #0x1 jt 1 jf 1", "ret #0"},
            {"jeq #0x1 jt 2 jf 1", "ret #0"},
            0,
            "jt leads to"},
        Row{"jf_in_range",
            {},
            {"jset x jt 1 jf 1", "ret #0"},
            {"jset x jt 1 jf 2", "ret #0"},
            0,
            "expected one inside the program, at most 1"},
        // Written on one way only; and the twin writes on both.
        Row{"scratch_on_both_ways",
            {},
            {"jeq #0x1 jt 1 jf 3", "st M[0]", "ja 4", "stx M[0]", "ld M[0]", "ret #0"},
            {"jeq #0x1 jt 1 jf 2", "st M[0]", "ld M[0]", "ret #0"},
            2,
            "M[0] may be read before"},
        // No path leads from the first return to the load, but the kernel's account goes through it.
        Row{"scratch_after_return",
            {},
            {"jeq #0x1 jt 1 jf 3", "st M[0]", "ret #1", "ret #0"},
            {"jeq #0x1 jt 1 jf 2", "ret #1", "st M[0]", "jeq #0x2 jt 4 jf 5", "ret #0", "ja 6", "ld M[1]",
             "ret #0"},
            6,
            "M[1] may be read"},
        Row{"negative_offset",
            {kPcap},
            {"ld [-2097153]", "ret #0"},
            {"ld [-2097152]", "ret #0"},
            0,
            "use --target linux"},
        Row{"ancillary_under_pcap",
            {kPcap},
            {"ldb [x + -4]", "ret #0"},
            {"ldb [vlanp]", "ret #0"},
            0,
            "use --target linux"},
        Row{"negative_header_length",
            {kPcap},
            {"ldxb 4*([14]&0xf)", "ret #0"},
            {"ldxb 4*([-1]&0xf)", "ret #0"},
            0,
            "use --target linux"},
        Row{"ancillary_known",
            {kLinux},
            {"ldh [vlan_tpid]", "ret #0"},
            {"ldh [-4032]", "ret #0"},
            0,
            "SKF_AD_OFF + 64"},
        Row{"ancillary_aligned",
            {kLinux},
            {"ld [random]", "ret #0"},
            {"ld [-4095]", "ret #0"},
            0,
            "SKF_AD_OFF + 1;"},
        Row{"below_ancillary",
            {kLinux},
            {"ld [-4097]", "ret #0"},
            {"ld [-1]", "ret #0"},
            0,
            "unknown ancillary word"},
        Row{"seccomp_aligned",
            {kSeccomp},
            {"ld [60]", "ret #0"},
            {"ld [2]", "ret #0"},
            0,
            "multiple of 4 below 64"},
        Row{"seccomp_bound",
            {kSeccomp},
            {"ld [4]", "ret #0"},
            {"ld [64]", "ret #0"},
            0,
            "multiple of 4 below 64"},
        Row{"seccomp_width",
            {kSeccomp},
            {"ld #pktlen", "ret #0"},
            {"ldh [0]", "ret #0"},
            0,
            "does not exist for seccomp"},
        Row{"seccomp_indirect",
            {kSeccomp},
            {"xor x", "ret #0"},
            {"ld [x + 0]", "ret #0"},
            0,
            "does not exist for seccomp"},
        Row{"seccomp_header_length",
            {kSeccomp},
            {"div x", "ret #0"},
            {"ldxb 4*([0]&0xf)", "ret #0"},
            0,
            "does not exist for seccomp"},
        Row{"seccomp_modulus",
            {kSeccomp},
            {"div #3", "ret #0"},
            {"mod #3", "ret #0"},
            0,
            "modulus does not exist"},
        Row{"sll_type",
            {kPcap, 9, kSll},
            {"ldh [0]", "ret #0"},
            {"ldb [0]", "ret #0"},
            0,
            "expected one of 'ldh [0]', 'ldh [14]'"},
        Row{"sll_protocol",
            {kPcap, 9, kSll},
            {"ldh [14]", "ret #0"},
            {"ld [14]", "ret #0"},
            0,
            "'ld [14]' inside the 16-byte header"},
        Row{"sll_payload",
            {kPcap, 9, kSll},
            {"ld [16]", "ret #0"},
            {"ldb [15]", "ret #0"},
            0,
            "rewrites by its offset alone"},
        Row{"sll_indirect",
            {kPcap, 9, kSll},
            {"ldb [x + 16]", "ret #0"},
            {"ldb [x + 15]", "ret #0"},
            0,
            "at least 16"},
        Row{"sll_indirect_negative",
            {kPcap, 9, kSll},
            {"ldb [x + -4097]", "ret #0"},
            {"ldb [x + -4096]", "ret #0"},
            0,
            "not negative"},
        Row{"sll_header_length",
            {kPcap, 9, kSll},
            {"ldxb 4*([16]&0xf)", "ret #0"},
            {"ldxb 4*([0]&0xf)", "ret #0"},
            0,
            "'ldxb 4*([0]&0xf)'"},
        Row{"sll_linux",
            {kLinux, 9, kSll},
            {"ld [vlanp]", "ret #0"},
            {"ld [-4100]", "ret #0"},
            0,
            "moves by the header's 16 bytes"},
        Row{"sll2_protocol",
            {kPcap, 9, kSll2},
            {"ldh [0]", "ret #0"},
            {"ld [0]", "ret #0"},
            0,
            "'ldh [0]', 'ld [4]', 'ldb [10]'"},
        Row{"sll2_interface",
            {kPcap, 9, kSll2},
            {"ld [4]", "ret #0"},
            {"ldh [4]", "ret #0"},
            0,
            "20-byte header"},
        Row{"sll2_type",
            {kPcap, 9, kSll2},
            {"ldb [10]", "ret #0"},
            {"ldh [10]", "ret #0"},
            0,
            "20-byte header"},
        Row{"sll2_indirect",
            {kPcap, 9, kSll2},
            {"ld [x + 20]", "ret #0"},
            {"ld [x + 19]", "ret #0"},
            0,
            "at least 20"},
        Row{"no_cooked_rule_for_others",
            {kPcap, 9, kEthernet},
            {"ldb [0]", "ldb [x + 0]", "ret #0"},
            {"tax", "txa"},
            1,
            "return"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(Checker, RefusesTheEmptyProgram) {
  const std::vector<Violation> violations = Check({}, {});
  ASSERT_EQ(violations.size(), 1U);
  EXPECT_EQ(violations[0].instruction, 0U);
  EXPECT_EQ(violations[0].reason, "the program is empty; expected 1 to 4096 instructions");
}

TEST(Checker, ListsEveryViolationInOrder) {
  const Program program = {{kAlu | kDiv | kK, 0, 0, 0},
                           {kJmp | kJeq | kK, 9, 8, 0},
                           {kLd | kMem, 0, 0, 3},
                           {kJmp | kJa, 0, 0, 0xffffffff}};
  std::vector<std::size_t> places;
  for (const Violation& violation : Check(program, {})) places.push_back(violation.instruction);
  // The scratch word is not at fault: what follows a jump is reached by jumps alone.
  EXPECT_EQ(places, (std::vector<std::size_t>{0, 1, 1, 3, 3}));
}

TEST(Checker, KnowsNoCookedHeaderOfOtherLinkTypes) {
  EXPECT_EQ(CookedHeaderOf(kEthernet).header_bytes, 0U);
  EXPECT_EQ(CookedHeaderOf(kSll).header_bytes, 16U);
  EXPECT_EQ(CookedHeaderOf(kSll2).header_bytes, 20U);
}

struct PcapDeleter {
  void operator()(pcap_t* handle) const { pcap_close(handle); }
};

// What libpcap's generator emits keeps the rules that are there because of what libpcap does with it later.
// Words such as inbound are ancillary loads on Ethernet, hence the target.
TEST(Checker, AcceptsLibpcapsPrograms) {
  for (const int link_type : {kEthernet, kSll, kSll2}) {
    const std::unique_ptr<pcap_t, PcapDeleter> handle(pcap_open_dead(link_type, 262144));
    ASSERT_TRUE(handle);
    for (const char* filter :
         {"", "ip", "ip6 and udp", "arp or rarp", "tcp port 80", "host 10.0.0.1",
          "net 10.0.0.0/8 and not icmp", "len > 60", "ip[0] & 0xf > 5",
          "tcp[((tcp[12] & 0xf0) >> 2):4] = 0x47455420", "stp or ipx or iso", "inbound", "outbound",
          "ifindex 3", "vlan 5 and ip", "mpls 7", "pppoes and ip", "ip multicast"}) {
      for (const int optimize : {0, 1}) {
        bpf_program compiled = {};
        // Not every link type has every word.
        if (pcap_compile(handle.get(), &compiled, filter, optimize, 0) != 0) continue;
        Program program;
        for (unsigned i = 0; i < compiled.bf_len; ++i) {
          const bpf_insn& insn = compiled.bf_insns[i];
          program.push_back({insn.code, insn.jt, insn.jf, insn.k});
        }
        pcap_freecode(&compiled);
        const std::vector<Violation> violations = Check(program, {Target::kLinux, 4096, link_type});
        EXPECT_TRUE(violations.empty()) << filter << ": " << violations.front().reason << "\n"
                                        << FormatAssembly(program);
      }
    }
  }
}

Instruction RandomInstruction(std::mt19937& random) {
  const auto code = static_cast<std::uint16_t>(random() % 16 == 0 ? random() : random() % 256);
  const auto k = static_cast<std::uint32_t>(random() % 4 == 0   ? random()
                                            : random() % 4 == 0 ? 0xffffefe0U + random() % 128
                                                                : random() % 40);
  return {code, static_cast<std::uint8_t>(random() % 8), static_cast<std::uint8_t>(random() % 8), k};
}

// One field of one instruction changed, or an instruction dropped or doubled.
void Mutate(std::mt19937& random, Program& program) {
  const std::size_t at = random() % program.size();
  switch (random() % 8) {
    case 0:
      program[at] = RandomInstruction(random);
      break;
    case 1:
      program[at].code = static_cast<std::uint16_t>(program[at].code ^ (1U << random() % 9));
      break;
    case 2:
      program[at].k = RandomInstruction(random).k;
      break;
    case 3:
      program[at].jt = static_cast<std::uint8_t>(random() % 12);
      break;
    case 4:
      program[at].jf = static_cast<std::uint8_t>(random() % 12);
      break;
    case 5:
      if (program.size() > 1) program.erase(program.begin() + static_cast<std::ptrdiff_t>(at));
      break;
    default:
      program.insert(program.begin() + static_cast<std::ptrdiff_t>(at), program[random() % program.size()]);
      break;
  }
}

class CheckerAgainstKernel : public testing::Test {
 protected:
  void SetUp() override {
    if (!kernel_.Works())
      GTEST_SKIP() << "SO_ATTACH_FILTER is not to be had here: the kernel cannot be asked";
  }
  void Compare(const Program& program) {
    const std::vector<Violation> violations = Check(program, {Target::kLinux});
    const int error = kernel_.Attach(program);
    ASSERT_TRUE(error == 0 || error == EINVAL) << error;
    ASSERT_EQ(violations.empty(), error == 0) << (violations.empty() ? "" : violations.front().reason) << "\n"
                                              << FormatAssembly(program);
    ++(violations.empty() ? accepted_ : refused_);
  }

  KernelFilter kernel_;
  std::size_t accepted_ = 0;
  std::size_t refused_ = 0;
};

TEST_F(CheckerAgainstKernel, EveryCode) {
  for (unsigned code = 0; code <= 0xffff; ++code) {
    for (const std::uint32_t k : {1U, 40U}) {
      if (code > 0x200 && k == 40) continue;
      ASSERT_NO_FATAL_FAILURE(Compare({{kSt, 0, 0, 1},
                                       {static_cast<std::uint16_t>(code), 0, 0, k},
                                       {kRet | kK, 0, 0, 1},
                                       {kRet | kK, 0, 0, 1}}));
    }
  }
}

TEST_F(CheckerAgainstKernel, EveryAncillaryWord) {
  for (const std::uint16_t code :
       {kLd | kW | kAbs, kLd | kH | kAbs, kLd | kB | kAbs, kLdx | kB | kMsh, kLd | kW | kInd}) {
    for (std::uint32_t k = kAncillaryOffset - 8; k != 0; ++k) {
      ASSERT_NO_FATAL_FAILURE(Compare({{code, 0, 0, k}, {kRet | kA, 0, 0, 0}}));
    }
  }
}

TEST_F(CheckerAgainstKernel, RandomPrograms) {
  std::mt19937 random(7);
  for (int round = 0; round < 40000; ++round) {
    Program program = RandomProgram(random, 30, Target::kLinux);
    for (std::size_t mutations = random() % 4; mutations > 0; --mutations) Mutate(random, program);
    ASSERT_NO_FATAL_FAILURE(Compare(program)) << "round " << round;
  }
  EXPECT_GT(accepted_, 4000U);
  EXPECT_GT(refused_, 4000U);
}

// Stores and loads among jumps and returns: the account of written scratch words.
TEST_F(CheckerAgainstKernel, RandomScratch) {
  std::mt19937 random(8);
  for (int round = 0; round < 40000; ++round) {
    Program program;
    for (std::size_t size = 2 + random() % 8; size > 0; --size) {
      const std::uint32_t k = random() % 2;
      const auto jt = static_cast<std::uint8_t>(random() % 3);
      const auto jf = static_cast<std::uint8_t>(random() % 3);
      switch (random() % 5) {
        case 0:
          program.push_back({kLd | kMem, 0, 0, k});
          break;
        case 1:
          program.push_back({kJmp | kJeq | kK, jt, jf, k});
          break;
        case 2:
          program.push_back({random() % 2 == 0 ? kRet : kJmp, 0, 0, k});
          break;
        default:
          program.push_back({random() % 2 == 0 ? kSt : kStx, 0, 0, k});
          break;
      }
    }
    program.push_back({kRet | kA, 0, 0, 0});
    ASSERT_NO_FATAL_FAILURE(Compare(program)) << "round " << round;
  }
  EXPECT_GT(accepted_, 4000U);
  EXPECT_GT(refused_, 4000U);
}

TEST_F(CheckerAgainstKernel, Sizes) {
  ASSERT_NO_FATAL_FAILURE(Compare({}));
  for (const std::size_t size : {1U, 4095U, 4096U, 4097U}) {
    ASSERT_NO_FATAL_FAILURE(Compare(Program(size, {kRet | kK, 0, 0, 1})));
  }
  EXPECT_EQ(accepted_, 3U);
}

}  // namespace
}  // namespace bpfopt::bpf
