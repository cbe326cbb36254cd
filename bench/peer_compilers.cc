// Programs come back as text: from a command as it prints them, from a library as its child writes them.
#include "bench/peer_compilers.h"

#include "bench/child.h"
#include "bench/process.h"
#include "bench/tcpdump.h"
#include "bpfopt/compiler.h"
#include "bpfopt/format.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <dlfcn.h>
#include <iterator>
#include <utility>

#include <fmt/format.h>

namespace bpfopt::bench {
namespace {

constexpr std::chrono::seconds kLimit{1};   // processor time for one filter, which takes milliseconds
constexpr std::uint32_t kSnaplen = 262144;  // tcpdump's

std::string FirstLine(const std::string& text) { return text.substr(0, text.find('\n')); }

Expected<PeerAnswer> AskUnoptimized(const CorpusRow& row) {
  auto answer = AskTcpdump(row.link_type, row.filter, TcpdumpOptimizer::kOff);
  if (!answer) return tl::unexpected(answer.error());
  return PeerAnswer{std::move(answer->program), std::move(answer->message)};
}

PeerCompiler Unoptimized() {
  const bool has_tcpdump = RunProcess({"tcpdump", "--version"}).has_value();
  return {"tcpdump -O", "libpcap without its optimizer", "tcpdump", has_tcpdump ? "" : "no tcpdump",
          AskUnoptimized};
}

// libsfbpf is Snort's fork of libpcap's compiler. Its types are libpcap's under other names; no header of it
// is needed to build this.
constexpr const char* kSfbpf = "libsfbpf.so.0";
struct SfbpfInstruction {
  unsigned short code;
  unsigned char jt;
  unsigned char jf;
  std::uint32_t k;
};
struct SfbpfProgram {
  unsigned count;
  SfbpfInstruction* instructions;
};
using SfbpfCompile = int (*)(int snaplen, int link_type, SfbpfProgram*, const char* filter, int optimize,
                             std::uint32_t netmask);

SfbpfCompile LoadSfbpf() {
  void* library = dlopen(kSfbpf, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return nullptr;
  return reinterpret_cast<SfbpfCompile>(dlsym(library, "sfbpf_compile"));
}

// To be called in a child: the program as tcpdump -ddd has it, or nothing.
std::string CompileWithSfbpf(int link_type, const std::string& filter) {
  const SfbpfCompile compile = LoadSfbpf();
  if (compile == nullptr) return {};
  SfbpfProgram compiled{};
  if (compile(kSnaplen, link_type, &compiled, filter.c_str(), /*optimize=*/1, /*netmask=*/0) != 0) return {};
  Program program;
  std::transform(compiled.instructions, compiled.instructions + compiled.count, std::back_inserter(program),
                 [](const SfbpfInstruction& from) {
                   return Instruction{from.code, from.jt, from.jf, from.k};
                 });
  return FormatProgram(program, Format::kDecimal);
}

Expected<PeerAnswer> AskSfbpf(const CorpusRow& row) {
  const auto link_type = FindLinkType(row.link_type);
  if (!link_type) return PeerAnswer{{}, link_type.error().message};
  const auto compile = [&](const ChildOutput& write) {
    write(CompileWithSfbpf(link_type->number, row.filter));
  };
  const auto ran = RunInChild(compile, kLimit);
  if (!ran) return tl::unexpected(ran.error());
  if (ran->over_time) return PeerAnswer{{}, "it does not end"};
  if (!ran->finished) return PeerAnswer{{}, "it ends in " + ran->death};
  if (ran->output.empty()) return PeerAnswer{{}, "it refuses the filter"};
  auto program = ParseProgram(ran->output);
  if (!program) return PeerAnswer{{}, program.error().message};
  return PeerAnswer{std::move(*program), {}};
}

PeerCompiler Sfbpf() {
  const auto loaded = RunInChild(
      [](const ChildOutput& write) {
        if (LoadSfbpf() != nullptr) write("yes");
      },
      kLimit);
  const bool is_there = loaded && loaded->output == "yes";
  return {"libsfbpf", "Snort's compiler, a fork of libpcap's", "libdaq2",
          is_there ? "" : fmt::format("no {}", kSfbpf), AskSfbpf};
}

// iptables' xt_bpf asks whether the verdict is 0; nfbpf_compile takes another snapshot length than tcpdump.
void TakeSnaplen(Program& program) {
  constexpr unsigned kReturn = 0x06;  // BPF_RET | BPF_K
  for (Instruction& each : program) {
    if (each.code == kReturn && each.k != 0) each.k = kSnaplen;
  }
}

Expected<PeerAnswer> AskNfbpf(const CorpusRow& row) {
  // timeout(1) ends what hangs, after so many seconds on the clock.
  const auto ran = RunProcess({"timeout", "10", "nfbpf_compile", row.link_type, row.filter});
  if (!ran) return tl::unexpected(ran.error());
  constexpr int kOverTime = 124;
  if (ran->status == kOverTime) return PeerAnswer{{}, "it does not end"};
  if (ran->status != 0 && ran->errors.empty()) return PeerAnswer{{}, "it refuses the filter"};
  if (ran->status != 0) return PeerAnswer{{}, FirstLine(ran->errors)};
  auto program = ParseProgram(ran->output);
  if (!program) return PeerAnswer{{}, program.error().message};
  TakeSnaplen(*program);
  return PeerAnswer{std::move(*program), {}};
}

PeerCompiler Nfbpf() {
  // Without arguments it prints how it is used.
  const bool is_there = RunProcess({"nfbpf_compile"}).has_value();
  return {"nfbpf_compile", "iptables' compiler for xt_bpf", "", is_there ? "" : "no nfbpf_compile", AskNfbpf};
}

}  // namespace

std::vector<PeerCompiler> PeerCompilers() { return {Unoptimized(), Sfbpf(), Nfbpf()}; }

}  // namespace bpfopt::bench
