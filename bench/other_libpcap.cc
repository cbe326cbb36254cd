// The library is tried in a child first: what is preloaded and cannot be loaded is ignored with a warning,
// and a comparison with the wrong library would look like any other.
#include "bench/other_libpcap.h"

#include "bench/child.h"
#include "bench/process.h"
#include "bpfopt/libpcap.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <filesystem>
#include <sstream>
#include <string_view>
#include <system_error>
#include <unistd.h>

#include <fmt/format.h>

namespace bpfopt::bench {
namespace {

namespace fs = std::filesystem;

#ifdef BPFOPT_IS_SANITIZED
constexpr bool kIsSanitized = true;
#else
constexpr bool kIsSanitized = false;
#endif

bool IsSameFile(const fs::path& a, const fs::path& b) {
  std::error_code failure;
  return fs::equivalent(a, b, failure) && !failure;
}

// The dynamic linker names the file itself, or another that is too old for it.
std::string LinkersReason(const std::string& file) {
  const std::string reason = dlerror();
  const std::string prefix = file + ": ";
  return reason.starts_with(prefix) ? reason.substr(prefix.size()) : reason;
}

// What is wrong with `file` as a libpcap; empty when nothing is.
std::string FaultOf(const std::string& file) {
  // It stays loaded until the child ends.
  void* library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return LinkersReason(file);
  for (const char* name : {"pcap_compile", "pcap_open_dead", "pcap_lib_version", "pcap_freecode"}) {
    const void* symbol = dlsym(library, name);
    Dl_info info{};
    // A library that needs libpcap finds these too, in another file.
    if (symbol == nullptr || dladdr(symbol, &info) == 0 || !IsSameFile(info.dli_fname, file))
      return fmt::format("it is no libpcap: it has no function {}", name);
  }
  return {};
}

Expected<void> CheckIsLibpcap(const std::string& file) {
  constexpr std::chrono::seconds kLimit{10};
  const auto tried = RunInChild([&](const ChildOutput& write) { write(FaultOf(file)); }, kLimit);
  if (!tried) return tl::unexpected(tried.error());
  if (!tried->output.empty()) return InvalidInput(fmt::format("cannot use {}: {}", file, tried->output));
  if (tried->over_time) return InvalidInput(fmt::format("cannot use {}: loading it does not end", file));
  if (!tried->finished)
    return InvalidInput(fmt::format("cannot use {}: loading it ends in {}", file, tried->death));
  return {};
}

// The dynamic linker takes the list apart at these.
Expected<void> CheckCanBeListed(const std::string& file) {
  if (file.find_first_of(" :") == std::string::npos) return {};
  return InvalidInput(fmt::format(
      "cannot use {}: a path with a space or a colon cannot be preloaded; make a link to it", file));
}

std::string PreloadList() {
  const char* list = std::getenv("LD_PRELOAD");
  return list == nullptr ? std::string() : list;
}

bool IsFirst(const std::string& file, const std::string& list) {
  return list == file || list.starts_with(file + ":");
}

Expected<void> RunAnew(const std::string& file, char** argv) {
  const std::string before = PreloadList();
  if (IsFirst(file, before))
    return InvalidInput(
        fmt::format("cannot use {}: it is preloaded, and libpcap is {}", file, LibpcapFile()));
  setenv("LD_PRELOAD", (before.empty() ? file : file + ":" + before).c_str(), 1);
  execv("/proc/self/exe", argv);
  return InvalidInput(fmt::format("cannot run anew with {}: {}", file, std::strerror(errno)));
}

// Of a line of the dynamic linker's trace, such as "libc.so.6 => /lib/libc.so.6 (0x7f00)".
std::string_view PathIn(std::string_view line) {
  const std::size_t begin = line.find('/');
  const std::size_t end = line.rfind(" (");
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) return {};
  return line.substr(begin, end - begin);
}

bool IsLoaded(const std::string& trace, const std::string& file) {
  std::istringstream lines(trace);
  for (std::string line; std::getline(lines, line);) {
    if (IsSameFile(PathIn(line), file)) return true;
  }
  return false;
}

bool HasTcpdump() { return RunProcess({"tcpdump", "--version"}).has_value(); }

}  // namespace

Expected<void> UseLibpcap(const std::string& file, char** argv) {
  if (kIsSanitized)
    return InvalidInput(fmt::format(
        "cannot use {}: a build with sanitizers lets nothing be preloaded in front of them", file));
  std::error_code failure;
  const std::string path = fs::canonical(file, failure).string();
  if (failure) return InvalidInput(fmt::format("cannot use {}: {}", file, failure.message()));
  if (IsSameFile(path, LibpcapFile())) return {};
  if (auto listed = CheckCanBeListed(path); !listed) return listed;
  if (auto is_libpcap = CheckIsLibpcap(path); !is_libpcap) return is_libpcap;
  return RunAnew(path, argv);
}

Expected<void> CheckLibpcapOfTcpdump() {
  if (!HasTcpdump()) return {};
  const std::string file = LibpcapFile();
  // Both print the version where the environment is not heeded: no capture begins.
  const auto trace = RunProcess({"env", "LD_TRACE_LOADED_OBJECTS=1", "tcpdump", "--version"});
  if (!trace) return tl::unexpected(trace.error());
  if (!IsLoaded(trace->output, file)) return InvalidInput(fmt::format("tcpdump cannot be run with {}", file));
  const auto ran = RunProcess({"env", "LD_BIND_NOW=1", "tcpdump", "--version"});
  if (!ran) return tl::unexpected(ran.error());
  if (ran->status != 0) return InvalidInput(fmt::format("tcpdump fails with {}: {}", file, ran->errors));
  return {};
}

std::string LibpcapFile() {
  // Not by the function's address here, which may be that of a jump to it.
  const void* symbol = dlsym(RTLD_DEFAULT, "pcap_lib_version");
  Dl_info info{};
  if (symbol == nullptr || dladdr(symbol, &info) == 0) return "unknown";
  std::error_code failure;
  const fs::path path = fs::canonical(info.dli_fname, failure);
  return failure ? std::string(info.dli_fname) : path.string();
}

std::string DescribeLibpcap() { return fmt::format("{}, {}", LibpcapVersion(), LibpcapFile()); }

}  // namespace bpfopt::bench
