// Compiles on the program's own handles, and copies programs in and out.
#include "preload/libpcap.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iterator>

namespace bpfopt::preload {
namespace {

// pcap_geterr gives the handle's own buffer of PCAP_ERRBUF_SIZE bytes, which libpcap writes to.
class KeptErrorText {
 public:
  explicit KeptErrorText(pcap_t* handle) : text_(pcap_geterr(handle)) {
    std::memcpy(kept_.data(), text_, kept_.size());
  }
  KeptErrorText(const KeptErrorText&) = delete;
  KeptErrorText& operator=(const KeptErrorText&) = delete;
  ~KeptErrorText() { std::memcpy(text_, kept_.data(), kept_.size()); }

 private:
  char* text_;
  std::array<char, PCAP_ERRBUF_SIZE> kept_{};
};

class OwnedCode {
 public:
  OwnedCode() = default;
  OwnedCode(const OwnedCode&) = delete;
  OwnedCode& operator=(const OwnedCode&) = delete;
  ~OwnedCode() { pcap_freecode(&code_); }
  bpf_program* get() { return &code_; }

  Program Copy() const {
    Program program;
    program.reserve(code_.bf_len);
    std::transform(code_.bf_insns, code_.bf_insns + code_.bf_len, std::back_inserter(program),
                   [](const bpf_insn& from) {
                     return Instruction{from.code, from.jt, from.jf, from.k};
                   });
    return program;
  }

 private:
  bpf_program code_{};
};

// Linux' SKF_AD_OFF: from here on, offsets of loads name words of the kernel's.
constexpr std::uint32_t kAncillaryOffset = 0xfffff000;

}  // namespace

Expected<Program> Libpcap::Ask(pcap_t* handle, const char* filter, bool optimize, bpf_u_int32 netmask) const {
  const KeptErrorText kept(handle);
  OwnedCode code;
  if (Compile(handle, code.get(), filter, optimize ? 1 : 0, netmask) != 0)
    return InvalidInput(pcap_geterr(handle));
  return code.Copy();
}

bool Libpcap::ReadsTagsFromKernel(pcap_t* handle) const {
  const Expected<Program> program = Ask(handle, "vlan", /*optimize=*/false, 0);
  return program && std::any_of(program->begin(), program->end(), [](const Instruction& instruction) {
           const bool is_load =
               BPF_CLASS(instruction.code) == BPF_LD && BPF_MODE(instruction.code) == BPF_ABS;
           return is_load && instruction.k >= kAncillaryOffset;
         });
}

bool GiveProgram(const Program& program, bpf_program* code) {
  auto* instructions = static_cast<bpf_insn*>(std::malloc(program.size() * sizeof(bpf_insn)));
  if (instructions == nullptr) return false;
  std::transform(program.begin(), program.end(), instructions, [](const Instruction& from) {
    return bpf_insn{from.code, from.jt, from.jf, from.k};
  });
  *code = {static_cast<u_int>(program.size()), instructions};
  return true;
}

}  // namespace bpfopt::preload
