// pcap_open_dead and pcap_compile.
#include "bpfopt/libpcap.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <memory>

#include <pcap/pcap.h>

namespace bpfopt {
namespace {

struct CloseHandle {
  void operator()(pcap_t* handle) const { pcap_close(handle); }
};

class CompiledCode {
 public:
  CompiledCode() = default;
  CompiledCode(const CompiledCode&) = delete;
  CompiledCode& operator=(const CompiledCode&) = delete;
  ~CompiledCode() { pcap_freecode(&code_); }
  bpf_program* get() { return &code_; }

 private:
  bpf_program code_{};
};

Expected<int> DltNumber(const std::string& link_type) {
  int number = 0;
  const char* end = link_type.data() + link_type.size();
  if (const auto parsed = std::from_chars(link_type.data(), end, number); parsed.ptr == end) return number;
  number = pcap_datalink_name_to_val(link_type.c_str());
  if (number < 0) return InvalidInput("libpcap knows no link type '" + link_type + "'");
  return number;
}

Program CopyProgram(const bpf_program& code) {
  Program program;
  program.reserve(code.bf_len);
  std::transform(code.bf_insns, code.bf_insns + code.bf_len, std::back_inserter(program),
                 [](const bpf_insn& from) {
                   return Instruction{from.code, from.jt, from.jf, from.k};
                 });
  return program;
}

}  // namespace

Expected<Program> CompileWithLibpcap(std::string_view filter, const LibpcapOptions& options) {
  if (filter.find('\0') != std::string_view::npos)
    return InvalidInput("a filter for libpcap ends at a NUL byte");
  if (options.snaplen > static_cast<std::uint32_t>(std::numeric_limits<int>::max())) {
    return InvalidInput("libpcap takes no snapshot length above 2147483647");
  }
  const Expected<int> dlt = DltNumber(options.link_type);
  if (!dlt) return tl::unexpected(dlt.error());
  const std::unique_ptr<pcap_t, CloseHandle> handle(pcap_open_dead(*dlt, static_cast<int>(options.snaplen)));
  if (handle == nullptr) return MakeError(ErrorCode::kInternal, "libpcap gave no handle");

  CompiledCode code;
  const std::string text(filter);
  // The mask goes into instructions as it is, so it is wanted in host order despite pcap_lookupnet's.
  const bpf_u_int32 netmask = options.netmask.value_or(PCAP_NETMASK_UNKNOWN);
  if (pcap_compile(handle.get(), code.get(), text.c_str(), options.optimize ? 1 : 0, netmask) != 0) {
    return InvalidInput(pcap_geterr(handle.get()));
  }
  return CopyProgram(*code.get());
}

std::string LibpcapVersion() { return pcap_lib_version(); }

}  // namespace bpfopt
