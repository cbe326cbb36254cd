#include "bench/environment.h"

#include "bench/other_libpcap.h"
#include "bench/process.h"
#include "bpfopt/libpcap.h"

#include <ctime>
#include <fstream>
#include <string>
#include <sys/utsname.h>
#include <thread>

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace bpfopt::bench {
namespace {

// Of /proc/cpuinfo and /proc/meminfo: what follows `name` and a colon.
std::string ProcEntry(const char* path, std::string_view name) {
  std::ifstream info(path);
  for (std::string line; std::getline(info, line);) {
    const std::size_t colon = line.find(':');
    if (line.rfind(name, 0) != 0 || colon == std::string::npos) continue;
    const std::size_t value = line.find_first_not_of(" \t", colon + 1);
    return value == std::string::npos ? "" : line.substr(value);
  }
  return "unknown";
}

std::string Memory() {
  const std::string kilobytes = ProcEntry("/proc/meminfo", "MemTotal");
  if (kilobytes.find_first_of("0123456789") != 0) return kilobytes;
  return fmt::format("{:.0f} GiB", std::stod(kilobytes) / (1024 * 1024));
}

std::string Kernel() {
  utsname names = {};
  if (uname(&names) != 0) return "unknown";
  return fmt::format("{} {} {}", names.sysname, names.release, names.machine);
}

std::string TcpdumpVersion() {
  const auto ran = RunProcess({"tcpdump", "--version"});
  if (!ran) return "not installed";
  const std::string text = ran->output + ran->errors;
  return text.substr(0, text.find('\n'));
}

}  // namespace

nlohmann::ordered_json DescribeEnvironment(const CompileOptions& options, const PartOptions& how) {
  return {{"date", fmt::format("{:%Y-%m-%d}", fmt::gmtime(std::time(nullptr)))},
          {"bpfopt", Version()},
          {"libpcap", LibpcapVersion()},
          {"libpcap_file", LibpcapFile()},
          {"tcpdump", TcpdumpVersion()},
          {"processor", ProcEntry("/proc/cpuinfo", "model name")},
          {"threads", std::thread::hardware_concurrency()},
          {"memory", Memory()},
          {"kernel", Kernel()},
          {"compiler", BPFOPT_COMPILER},
          {"relation", options.relation == Relation::kStrict ? "strict" : "faithful"},
          {"objective", NameOf(options.objective)},
          {"level", options.level},
          {"packets", how.captures ? "generated and captures" : "generated"},
          {"seed", how.seed}};
}

}  // namespace bpfopt::bench
