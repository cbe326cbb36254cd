// Compiles filters in eight threads that share a cache and a log, to be watched by the thread sanitizer: the
// drop-in's own files are built with it here, and so is this one. Exits with 0, or with what the sanitizer
// found; with 1 when threads disagree.
#include "preload/drop_in.h"

#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace {

using bpfopt::preload::DropIn;

constexpr int kThreads = 8;
constexpr int kRounds = 6;
constexpr const char* kFilters[] = {"tcp port 80", "port 53", "foo bar",        "ip and arp",
                                    "vlan and ip", "inbound", "host 192.0.2.1", "host localhost"};

// The sizes of all programs, 0 for refusals.
std::vector<unsigned> CompileAll(DropIn& drop_in) {
  std::vector<unsigned> sizes;
  const std::unique_ptr<pcap_t, decltype(&pcap_close)> handle(pcap_open_dead(DLT_EN10MB, 65535), pcap_close);
  for (int round = 0; round < kRounds; ++round) {
    for (const char* filter : kFilters) {
      bpf_program code{};
      drop_in.Compile(handle.get(), &code, filter, 1, 0);
      sizes.push_back(code.bf_len);
      pcap_freecode(&code);
    }
  }
  return sizes;
}

}  // namespace

int main(int argc, char** argv) {
  bpfopt::preload::Settings settings;
  settings.cache_entries = 4;  // fewer than filters, so that entries come and go
  settings.level = 1;
  if (argc > 1) settings.log_file = argv[1];
  DropIn drop_in(settings, bpfopt::preload::Libpcap(pcap_compile));
  std::vector<std::vector<unsigned>> sizes(kThreads);
  std::vector<std::thread> threads;
  for (auto& each : sizes) threads.emplace_back([&] { each = CompileAll(drop_in); });
  for (std::thread& thread : threads) thread.join();
  for (const auto& each : sizes) {
    if (each == sizes[0]) continue;
    std::fputs("threads got different programs\n", stderr);
    return 1;
  }
  return 0;
}
