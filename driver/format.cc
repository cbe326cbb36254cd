// Tells bytes and JSON from the text forms, which bpf/ reads and writes.
#include "bpfopt/format.h"

#include "bpf/raw.h"
#include "bpf/text.h"
#include "driver/json_program.h"

#include <string>

#include <fmt/format.h>

namespace bpfopt {
namespace {

constexpr std::size_t kMaxIptables = 64;  // XT_BPF_MAX_NUM_INSTR of linux/netfilter/xt_bpf.h

bool IsRaw(std::string_view text) { return text.find('\0') != std::string_view::npos; }

}  // namespace

std::string FormatProgram(const Program& program, Format format, ByteOrder raw_order) {
  switch (format) {
    case Format::kAssembly:
      return bpf::FormatAssembly(program);
    case Format::kC:
      return bpf::FormatC(program);
    case Format::kDecimal:
      return bpf::FormatDecimal(program);
    case Format::kJson:
      return FormatJson(program);
    case Format::kIptables:
      return bpf::FormatIptables(program);
    case Format::kBpfAsm:
      return bpf::FormatBpfAsm(program);
    case Format::kRaw:
      break;
  }
  return bpf::EncodeRaw(program, raw_order);
}

Expected<void> CheckFormat(const Program& program, Format format) {
  if (format == Format::kIptables && program.size() > kMaxIptables) {
    return MakeError(ErrorCode::kTooLarge,
                     fmt::format("the program has {} instructions; xt_bpf of iptables takes at most {}",
                                 program.size(), kMaxIptables));
  }
  if (format == Format::kBpfAsm) return bpf::CheckForBpfAsm(program);
  return {};
}

Expected<Program> ParseProgram(std::string_view text, ByteOrder raw_order) {
  if (IsRaw(text)) return bpf::DecodeRaw(text, raw_order);
  if (LooksLikeJson(text)) return ParseJson(text);
  return bpf::Parse(text);
}

}  // namespace bpfopt
