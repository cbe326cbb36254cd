// pcap_open_dead or a capture file in memory, and pcap_compile.
#include "bpfopt/libpcap.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <memory>
#include <utility>

#include <pcap/pcap.h>

namespace bpfopt {
namespace {

struct CloseHandle {
  void operator()(pcap_t* handle) const { pcap_close(handle); }
};

using Handle = std::unique_ptr<pcap_t, CloseHandle>;

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

struct CloseStream {
  void operator()(std::FILE* stream) const { std::fclose(stream); }
};

// The header of an empty capture file of the handle's link type and snapshot length; nothing when files
// cannot have this link type.
std::string SavefileHeader(pcap_t* handle) {
  char* bytes = nullptr;
  std::size_t size = 0;
  std::FILE* stream = open_memstream(&bytes, &size);
  if (stream == nullptr) return {};
  pcap_dumper_t* dumper = pcap_dump_fopen(handle, stream);
  if (dumper != nullptr) {
    pcap_dump_close(dumper);  // closes the stream
  } else {
    std::fclose(stream);
  }
  const std::unique_ptr<char, decltype(&std::free)> owner(bytes, &std::free);
  return dumper == nullptr ? std::string() : std::string(bytes, size);
}

// As a host of the other byte order writes it: a word, two half-words, four words.
void SwapHeader(std::string& header) {
  std::size_t at = 0;
  for (const std::size_t width : {4, 2, 2, 4, 4, 4, 4}) {
    if (at + width > header.size()) return;
    std::reverse(header.begin() + static_cast<std::ptrdiff_t>(at),
                 header.begin() + static_cast<std::ptrdiff_t>(at + width));
    at += width;
  }
}

// pcap_compile asks its handle whether there is a file behind it, so there has to be one.
Expected<Handle> OpenForFile(Handle dead, PacketOrigin origin) {
  std::string header = SavefileHeader(dead.get());
  if (header.empty()) return InvalidInput(std::string("libpcap: ") + pcap_geterr(dead.get()));
  if (origin == PacketOrigin::kSwappedSavefile) SwapHeader(header);
  std::unique_ptr<std::FILE, CloseStream> stream(fmemopen(header.data(), header.size(), "rb"));
  if (stream == nullptr) return MakeError(ErrorCode::kInternal, "no stream over memory");
  std::array<char, PCAP_ERRBUF_SIZE> message{};
  Handle file(pcap_fopen_offline(stream.get(), message.data()));
  if (file == nullptr) return InvalidInput(std::string("libpcap: ") + message.data());
  [[maybe_unused]] const std::FILE* owned_by_handle = stream.release();
  return file;
}

Expected<Handle> OpenHandle(int dlt, const LibpcapOptions& options) {
  Handle dead(pcap_open_dead(dlt, static_cast<int>(options.snaplen)));
  if (dead == nullptr) return MakeError(ErrorCode::kInternal, "libpcap gave no handle");
  if (options.origin == PacketOrigin::kInterface) return dead;
  return OpenForFile(std::move(dead), options.origin);
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
  const Expected<Handle> opened = OpenHandle(*dlt, options);
  if (!opened) return tl::unexpected(opened.error());
  pcap_t* handle = opened->get();

  CompiledCode code;
  const std::string text(filter);
  // The mask goes into instructions as it is, so it is wanted in host order despite pcap_lookupnet's.
  const bpf_u_int32 netmask = options.netmask.value_or(PCAP_NETMASK_UNKNOWN);
  if (pcap_compile(handle, code.get(), text.c_str(), options.optimize ? 1 : 0, netmask) != 0) {
    return InvalidInput(pcap_geterr(handle));
  }
  return CopyProgram(*code.get());
}

std::string LibpcapVersion() { return pcap_lib_version(); }

}  // namespace bpfopt
