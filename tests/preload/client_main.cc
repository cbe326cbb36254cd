// A program that knows libpcap alone, for the drop-in to be preloaded into: compiles each filter of its words
// in eight threads by pcap_compile and once by pcap_compile_nopcap, and prints the instructions of each
// program, or "refused".
#include <array>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <pcap/pcap.h>

namespace {

constexpr int kSnaplen = 65535;

std::string Describe(int status, bpf_program& code) {
  if (status != 0) return "refused";
  const std::string size = std::to_string(code.bf_len);
  pcap_freecode(&code);
  return size;
}

std::string Compile(const char* filter) {
  const std::unique_ptr<pcap_t, decltype(&pcap_close)> handle(pcap_open_dead(DLT_EN10MB, kSnaplen),
                                                              pcap_close);
  bpf_program code{};
  return Describe(pcap_compile(handle.get(), &code, filter, 1, 0), code);
}

std::string CompileWithoutHandle(const char* filter) {
  bpf_program code{};
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  return Describe(pcap_compile_nopcap(kSnaplen, DLT_EN10MB, &code, filter, 1, 0), code);
}

}  // namespace

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    std::array<std::string, 8> sizes;
    std::vector<std::thread> threads;
    for (std::string& size : sizes)
      threads.emplace_back([&size, filter = argv[i]] { size = Compile(filter); });
    for (std::thread& thread : threads) thread.join();
    for (const std::string& size : sizes) std::printf("%s ", size.c_str());
    std::printf("%s\n", CompileWithoutHandle(argv[i]).c_str());
  }
  return 0;
}
