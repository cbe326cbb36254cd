#include "bench/peak_memory.h"

#include <algorithm>
#include <fstream>
#include <malloc.h>
#include <string>
#include <string_view>

namespace bpfopt::bench {
namespace {

// Of /proc/self/status, such as "VmHWM:	  12345 kB".
std::optional<std::size_t> StatusEntry(std::string_view name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (!line.starts_with(name)) continue;
    const std::size_t digits = line.find_first_of("0123456789");
    if (digits != std::string::npos) return std::stoul(line.substr(digits));
  }
  return std::nullopt;
}

// proc(5): "5" sets the peak to what is resident now.
bool ResetPeak() {
  std::ofstream file("/proc/self/clear_refs");
  file << "5" << std::flush;
  return file.good();
}

}  // namespace

PeakMemory::PeakMemory() {
  malloc_trim(0);
  if (ResetPeak()) before_ = StatusEntry("VmRSS:");
}

std::optional<std::size_t> PeakMemory::kibibytes() const {
  const auto peak = StatusEntry("VmHWM:");
  if (!before_ || !peak) return std::nullopt;
  return *peak - std::min(*peak, *before_);
}

}  // namespace bpfopt::bench
