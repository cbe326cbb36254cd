// The library in C: what it hands out, its errors with their places, and what becomes of libpcap's programs.
#include "bpfopt/bpfopt.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <pcap/pcap.h>

extern "C" int HeaderExample(void);
int Example_filter();
int Example_compiler();

// Of the struct's own namespace, where vectors look for it.
static bool operator==(const bpfopt_instruction& a, const bpfopt_instruction& b) {
  return std::memcmp(&a, &b, sizeof(a)) == 0;
}

namespace {

struct Free {
  void operator()(bpfopt_compiler* each) const { bpfopt_free(each); }
  void operator()(bpfopt_result* each) const { bpfopt_result_free(each); }
  void operator()(bpfopt_verdict* each) const { bpfopt_verdict_free(each); }
};
using Compiler = std::unique_ptr<bpfopt_compiler, Free>;
using Result = std::unique_ptr<bpfopt_result, Free>;
using Verdict = std::unique_ptr<bpfopt_verdict, Free>;
using Instructions = std::vector<bpfopt_instruction>;

Result Compile(bpfopt_compiler* compiler, const std::string& filter) {
  bpfopt_result* result = nullptr;
  EXPECT_EQ(bpfopt_compile(compiler, filter.c_str(), &result), BPFOPT_OK) << bpfopt_error_message(compiler);
  return Result(result);
}

Instructions Of(const bpfopt_result* result) {
  std::size_t count = 0;
  const bpfopt_instruction* first = bpfopt_result_instructions(result, &count);
  return {first, first + count};
}

std::string Format(bpfopt_compiler* compiler, const Instructions& program, const char* format) {
  char* text = nullptr;
  if (bpfopt_format(compiler, program.data(), program.size(), format, &text) != BPFOPT_OK)
    return bpfopt_error_message(compiler);
  std::string copy = text;
  bpfopt_free_text(text);
  return copy;
}

bpf_program ByLibpcap(const std::string& filter, bool optimize) {
  bpf_program program{};
  pcap_t* handle = pcap_open_dead(DLT_EN10MB, 262144);
  EXPECT_EQ(pcap_compile(handle, &program, filter.c_str(), optimize ? 1 : 0, 0), 0) << pcap_geterr(handle);
  pcap_close(handle);
  return program;
}

TEST(CApi, TheExampleOfTheHeaderWorks) {
  EXPECT_EQ(HeaderExample(), 0);
  EXPECT_EQ(Example_filter(), 0);
  EXPECT_EQ(Example_compiler(), 0);
}

TEST(CApi, CompilesToAProvenProgram) {
  const Compiler compiler(bpfopt_new());
  const Result result = Compile(compiler.get(), "ip");
  EXPECT_EQ(bpfopt_result_is_proven(result.get()), 1);
  EXPECT_EQ(Format(compiler.get(), Of(result.get()), "iptables"),
            "4,40 0 0 12,21 0 1 2048,6 0 0 262144,6 0 0 0\n");
  std::size_t source_count = 0;
  EXPECT_NE(bpfopt_result_source(result.get(), &source_count), nullptr);
  EXPECT_GE(source_count, 4U);
}

TEST(CApi, LibpcapTakesAndFreesItsPrograms) {
  const Compiler compiler(bpfopt_new());
  bpf_program program{};
  ASSERT_EQ(bpfopt_compile_pcap(compiler.get(), "tcp port 80", &program), BPFOPT_OK);
  pcap_t* handle = pcap_open_dead(DLT_EN10MB, 262144);
  EXPECT_NE(bpf_validate(program.bf_insns, static_cast<int>(program.bf_len)), 0);
  pcap_close(handle);
  EXPECT_LT(program.bf_len, 20U);  // libpcap's size
  pcap_freecode(&program);
  EXPECT_EQ(program.bf_insns, nullptr);
}

TEST(CApi, OptimizesAProgramOfLibpcapInPlace) {
  const Compiler compiler(bpfopt_new());
  bpf_program program = ByLibpcap("tcp port 80", false);
  bpf_program before = ByLibpcap("tcp port 80", false);
  ASSERT_EQ(bpfopt_optimize_pcap(compiler.get(), &program), BPFOPT_OK)
      << bpfopt_error_message(compiler.get());
  EXPECT_LT(program.bf_len, before.bf_len);
  EXPECT_EQ(bpfopt_verify_pcap(compiler.get(), &before, &program, nullptr), BPFOPT_EQUAL);
  pcap_freecode(&program);
  pcap_freecode(&before);
}

TEST(CApi, AProgramThatCannotBeOptimizedStaysAsItWas) {
  const Compiler compiler(bpfopt_new());
  std::vector<bpf_insn> instructions = {
      {0x28, 0, 0, 12}, {0x15, 0, 7, 0x800}, {6, 0, 0, 1}};  // jumps outside
  bpf_program program{static_cast<unsigned>(instructions.size()), instructions.data()};
  EXPECT_EQ(bpfopt_optimize_pcap(compiler.get(), &program), BPFOPT_ERROR_INPUT);
  EXPECT_EQ(program.bf_len, 3U);
  EXPECT_EQ(instructions[1].jf, 7);
  EXPECT_NE(std::string(bpfopt_error_message(compiler.get())), "");
}

TEST(CApi, AnErrorHasItsPlaceInTheFilter) {
  const Compiler compiler(bpfopt_new());
  bpfopt_result* result = nullptr;
  EXPECT_EQ(bpfopt_compile(compiler.get(), "tcp\nand bort 80", &result), BPFOPT_ERROR_INPUT);
  EXPECT_EQ(result, nullptr);
  EXPECT_NE(std::string(bpfopt_error_message(compiler.get())).find("bort"), std::string::npos);
  EXPECT_EQ(bpfopt_error_offset(compiler.get()), 8U);
  EXPECT_EQ(bpfopt_error_length(compiler.get()), 4U);
  EXPECT_EQ(bpfopt_error_line(compiler.get()), 2U);
  EXPECT_EQ(bpfopt_error_column(compiler.get()), 5U);

  Compile(compiler.get(), "tcp");
  EXPECT_STREQ(bpfopt_error_message(compiler.get()), "");
  EXPECT_EQ(bpfopt_error_offset(compiler.get()), SIZE_MAX);
  EXPECT_EQ(bpfopt_error_line(compiler.get()), 0U);
}

TEST(CApi, AnErrorAtTheEndOfTheFilterHasAPlaceWithinIt) {
  const Compiler compiler(bpfopt_new());
  bpfopt_result* result = nullptr;
  EXPECT_EQ(bpfopt_compile(compiler.get(), "tcp and", &result), BPFOPT_ERROR_INPUT);
  EXPECT_LE(bpfopt_error_offset(compiler.get()) + bpfopt_error_length(compiler.get()), 7U);
}

TEST(CApi, ValuesOutsideOfAnOptionAreErrorsAndLeaveItAsItWas) {
  const Compiler compiler(bpfopt_new());
  EXPECT_EQ(bpfopt_set(compiler.get(), BPFOPT_LEVEL, 4), BPFOPT_ERROR_INPUT);
  EXPECT_EQ(bpfopt_set(compiler.get(), BPFOPT_RELATION, 3), BPFOPT_ERROR_INPUT);
  EXPECT_EQ(bpfopt_set(compiler.get(), BPFOPT_LIMIT, 0), BPFOPT_ERROR_INPUT);
  EXPECT_EQ(bpfopt_set(compiler.get(), BPFOPT_NETMASK, UINT64_MAX - 1), BPFOPT_ERROR_INPUT);
  EXPECT_EQ(bpfopt_set(compiler.get(), 1000, 0), BPFOPT_ERROR_INPUT);  // of a later version
  EXPECT_EQ(bpfopt_set_link_type(compiler.get(), "EN11MB"), BPFOPT_ERROR_INPUT);
  EXPECT_EQ(bpfopt_disable_pass(compiler.get(), "simplefy"), BPFOPT_ERROR_INPUT);
  EXPECT_EQ(Of(Compile(compiler.get(), "ip").get()).size(), 4U);
}

TEST(CApi, OptionsSayWhatIsCompiled) {
  const Compiler compiler(bpfopt_new());
  EXPECT_EQ(bpfopt_set(compiler.get(), BPFOPT_SNAPLEN, 96), BPFOPT_OK);
  EXPECT_EQ(bpfopt_set_link_type(compiler.get(), "RAW"), BPFOPT_OK);
  EXPECT_EQ(bpfopt_set(compiler.get(), BPFOPT_LEVEL, 1), BPFOPT_OK);
  const Result result = Compile(compiler.get(), "ip");
  EXPECT_EQ(bpfopt_result_is_proven(result.get()), 0);
  EXPECT_EQ(Of(result.get())[0].k, 0U);  // the packet begins with IP's header
  const auto program = Of(result.get());
  EXPECT_TRUE(std::any_of(program.begin(), program.end(),
                          [](const bpfopt_instruction& each) { return each.code == 6 && each.k == 96; }));

  EXPECT_EQ(bpfopt_set(compiler.get(), BPFOPT_LIMIT, 2), BPFOPT_OK);
  bpfopt_result* none = nullptr;
  EXPECT_EQ(bpfopt_compile(compiler.get(), "host 192.0.2.1", &none), BPFOPT_ERROR_TOO_LARGE);
}

TEST(CApi, DiagnosticsComeWithTheResult) {
  const Compiler compiler(bpfopt_new());
  const Result result = Compile(compiler.get(), "ip and not ip");
  bpfopt_severity severity = BPFOPT_NOTE;
  std::size_t offset = 0;
  const char* message = bpfopt_result_diagnostic(result.get(), 0, &severity, &offset, nullptr);
  ASSERT_NE(message, nullptr);
  EXPECT_NE(std::string(message).find("no packet"), std::string::npos) << message;
  EXPECT_EQ(severity, BPFOPT_WARNING);
  EXPECT_EQ(bpfopt_result_diagnostic(result.get(), 100, nullptr, nullptr, nullptr), nullptr);
}

TEST(CApi, TellsTwoProgramsApartByAPacket) {
  const Compiler compiler(bpfopt_new());
  const auto tcp = Of(Compile(compiler.get(), "tcp").get());
  const auto udp = Of(Compile(compiler.get(), "udp").get());
  EXPECT_EQ(bpfopt_verify(compiler.get(), tcp.data(), tcp.size(), tcp.data(), tcp.size(), nullptr),
            BPFOPT_EQUAL);
  bpfopt_verdict* made = nullptr;
  ASSERT_EQ(bpfopt_verify(compiler.get(), tcp.data(), tcp.size(), udp.data(), udp.size(), &made),
            BPFOPT_DIFFERENT);
  const Verdict verdict(made);
  EXPECT_NE(std::string(bpfopt_verdict_text(made)).find("packet:"), std::string::npos);
  std::size_t captured_length = 0;
  std::uint32_t wire_length = 0;
  const std::uint8_t* packet = bpfopt_verdict_packet(made, &captured_length, &wire_length);
  ASSERT_NE(packet, nullptr);
  std::uint32_t by_tcp = 0;
  std::uint32_t by_udp = 0;
  for (const auto& [program, verdict_of] : {std::pair{&tcp, &by_tcp}, std::pair{&udp, &by_udp}}) {
    EXPECT_EQ(bpfopt_run(compiler.get(), program->data(), program->size(), packet, captured_length,
                         wire_length, verdict_of),
              BPFOPT_OK);
  }
  EXPECT_NE(by_tcp, by_udp);
}

TEST(CApi, ImpliesHasADirection) {
  const Compiler compiler(bpfopt_new());
  const auto tcp = Of(Compile(compiler.get(), "tcp").get());
  const auto ip = Of(Compile(compiler.get(), "ip or ip6").get());
  EXPECT_EQ(bpfopt_implies(compiler.get(), tcp.data(), tcp.size(), ip.data(), ip.size(), nullptr),
            BPFOPT_EQUAL);
  EXPECT_EQ(bpfopt_implies(compiler.get(), ip.data(), ip.size(), tcp.data(), tcp.size(), nullptr),
            BPFOPT_DIFFERENT);
}

TEST(CApi, AResultWithRandomDrawsIsEqualToItsSource) {
  const Compiler compiler(bpfopt_new());
  ASSERT_EQ(bpfopt_set(compiler.get(), BPFOPT_TARGET, BPFOPT_TARGET_LINUX), BPFOPT_OK);
  const Result result = Compile(compiler.get(), "ip & rand(0.1) & icmp");
  EXPECT_EQ(bpfopt_verify_result(compiler.get(), result.get(), nullptr), BPFOPT_EQUAL);
}

TEST(CApi, ProgramsThatNoMachineTakesAreNotRun) {
  const Compiler compiler(bpfopt_new());
  const Instructions endless = {{0x05, 0, 0, 5}};
  std::uint32_t verdict = 7;
  EXPECT_EQ(bpfopt_check(compiler.get(), endless.data(), 1), BPFOPT_ERROR_INPUT);
  EXPECT_EQ(bpfopt_run(compiler.get(), endless.data(), 1, "", 0, 0, &verdict), BPFOPT_ERROR_INPUT);
  EXPECT_EQ(bpfopt_run(compiler.get(), nullptr, 1, "", 0, 0, &verdict), BPFOPT_ERROR_INPUT);
  EXPECT_EQ(bpfopt_check(compiler.get(), nullptr, 0), BPFOPT_ERROR_INPUT);
  EXPECT_EQ(verdict, 7U);
}

TEST(CApi, EveryFormatIsReadBackAsItWasWritten) {
  const Compiler compiler(bpfopt_new());
  const auto program = Of(Compile(compiler.get(), "port 53").get());
  for (const char* format : {"asm", "c", "decimal", "json", "iptables", "bpf_asm"}) {
    const std::string text = Format(compiler.get(), program, format);
    bpfopt_instruction* parsed = nullptr;
    std::size_t count = 0;
    ASSERT_EQ(bpfopt_parse(compiler.get(), text.data(), text.size(), &parsed, &count), BPFOPT_OK) << text;
    EXPECT_EQ(Instructions(parsed, parsed + count), program) << format;
    bpfopt_free_instructions(parsed);
  }
  EXPECT_EQ(Format(compiler.get(), program, "hex"), "there is no format 'hex'");
}

TEST(CApi, ExplainsTheStagesOfACompile) {
  const Compiler compiler(bpfopt_new());
  char* text = nullptr;
  ASSERT_EQ(bpfopt_explain(compiler.get(), "tcp or udp and ip", "parse", &text), BPFOPT_OK);
  EXPECT_STREQ(text, "(tcp or udp) and ip\n");
  bpfopt_free_text(text);
  for (std::size_t i = 0; bpfopt_pass_name(i) != nullptr; ++i) {
    ASSERT_EQ(bpfopt_explain(compiler.get(), "tcp", bpfopt_pass_name(i), &text), BPFOPT_OK);
    bpfopt_free_text(text);
  }
  EXPECT_EQ(bpfopt_explain(compiler.get(), "tcp", "no-such-pass", &text), BPFOPT_ERROR_INPUT);
}

TEST(CApi, NamesAreAskedOfTheFunctionThenOfHostsTextThenOfTheSystem) {
  const Compiler compiler(bpfopt_new());
  const std::string hosts = "192.0.2.1 box0 box1\n";
  ASSERT_EQ(bpfopt_set_hosts(compiler.get(), hosts.data(), hosts.size()), BPFOPT_OK);
  EXPECT_EQ(Of(Compile(compiler.get(), "ip src host box0").get()),
            Of(Compile(compiler.get(), "ip src host 192.0.2.1").get()));
  const auto resolve = [](void* context, const char* name, bpfopt_add_address add, void* sink) {
    ++*static_cast<int*>(context);
    if (std::strcmp(name, "box0") == 0) add(sink, "\xc6\x33\x64\x07", 4);
  };
  int asked = 0;
  bpfopt_set_host_resolver(compiler.get(), resolve, &asked);
  EXPECT_EQ(Of(Compile(compiler.get(), "ip src host box0").get()),
            Of(Compile(compiler.get(), "ip src host 198.51.100.7").get()));
  EXPECT_EQ(Of(Compile(compiler.get(), "ip src host box1").get()),
            Of(Compile(compiler.get(), "ip src host 192.0.2.1").get()));
  EXPECT_GE(asked, 2);
  const std::string wrong = "192.0.2.1 box0\n192.0.2 box1\n";
  EXPECT_EQ(bpfopt_set_hosts(compiler.get(), wrong.data(), wrong.size()), BPFOPT_ERROR_INPUT);
  EXPECT_EQ(bpfopt_error_line(compiler.get()), 2U);
}

TEST(CApi, FilesOfSetsComeFromTheCallersFunction) {
  const Compiler compiler(bpfopt_new());
  bpfopt_result* none = nullptr;
  EXPECT_EQ(bpfopt_compile(compiler.get(), "src host in { @list }", &none), BPFOPT_ERROR_INPUT);
  const auto read = [](void* /*context*/, const char* name, bpfopt_add_text add, void* sink) {
    const std::string text = std::strcmp(name, "list") == 0 ? "192.0.2.1\n" : "there is no such list";
    add(sink, text.data(), text.size());
    return std::strcmp(name, "list") == 0 ? 0 : 1;
  };
  bpfopt_set_file_reader(compiler.get(), read, nullptr);
  EXPECT_EQ(Of(Compile(compiler.get(), "src host in { @list }").get()),
            Of(Compile(compiler.get(), "src host in { 192.0.2.1 }").get()));
  EXPECT_EQ(bpfopt_compile(compiler.get(), "src host in { @other }", &none), BPFOPT_ERROR_INPUT);
  EXPECT_NE(std::string(bpfopt_error_message(compiler.get())).find("no such list"), std::string::npos);
}

TEST(CApi, CompilersOfDifferentThreadsDoNotMeet) {
  const std::vector<std::string> filters = {"tcp port 80", "udp port 53 or icmp", "host 192.0.2.1", "bort"};
  std::vector<Instructions> expected;
  const auto compile = [&](std::size_t i) {
    const Compiler compiler(bpfopt_new());
    bpfopt_result* result = nullptr;
    const int status = bpfopt_compile(compiler.get(), filters[i].c_str(), &result);
    const Result owned(result);
    return status == BPFOPT_OK ? Of(result) : Instructions();
  };
  for (std::size_t i = 0; i < filters.size(); ++i) expected.push_back(compile(i));
  std::vector<Instructions> made(8);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < made.size(); ++i) {
    threads.emplace_back([&, i] { made[i] = compile(i % filters.size()); });
  }
  for (std::thread& thread : threads) thread.join();
  for (std::size_t i = 0; i < made.size(); ++i) EXPECT_EQ(made[i], expected[i % filters.size()]);
}

}  // namespace
