// Fields as name=value, quoted where a value has other characters than words have; the filter last.
#include "preload/log.h"

#include <algorithm>
#include <ctime>
#include <fcntl.h>
#include <iterator>
#include <unistd.h>

#include <fmt/format.h>

namespace bpfopt::preload {
namespace {

constexpr std::size_t kMostReasonBytes = 400;
constexpr std::string_view kCut = "...";

bool IsPlain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("._:/@%+-").find(c) != std::string_view::npos;
}

std::string Escape(char c) {
  const auto byte = static_cast<unsigned char>(c);
  if (c == '"' || c == '\\') return {'\\', c};
  if (c == '\n') return "\\n";
  if (c == '\t') return "\\t";
  if (byte < 0x20 || byte > 0x7e) return fmt::format("\\x{:02x}", byte);
  return {c};
}

// In quotes, of no more than `most` bytes with them: what does not fit is cut off.
std::string Quote(std::string_view text, std::size_t most) {
  std::string quoted = "\"";
  std::size_t end_if_cut = 0;  // of what leaves room for the mark
  for (const char c : text) {
    quoted += Escape(c);
    if (quoted.size() + kCut.size() + 1 <= most) end_if_cut = quoted.size();
    if (quoted.size() + 1 > most) {
      quoted.resize(std::max<std::size_t>(end_if_cut, 1));
      quoted += kCut;
      break;
    }
  }
  return quoted + '"';
}

std::string Value(std::string_view text) {
  const bool is_word = !text.empty() && std::all_of(text.begin(), text.end(), IsPlain);
  return is_word ? std::string(text) : Quote(text, kMostReasonBytes);
}

template <typename Number>
std::string NumberOrDash(const std::optional<Number>& number) {
  return number ? fmt::format("{}", *number) : "-";
}

std::string Time(std::chrono::system_clock::time_point time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  const auto rest =
      std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count() % 1'000'000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, rest);
}

const char* Name(Entry::Used used) {
  switch (used) {
    case Entry::Used::kBpfopt:
      return "bpfopt";
    case Entry::Used::kLibpcap:
      return "libpcap";
    case Entry::Used::kNothing:
      break;
  }
  return "none";
}

const char* Name(const std::optional<Relation>& proven) {
  if (!proven) return "no";
  return *proven == Relation::kStrict ? "strict" : "faithful";
}

const char* Name(const std::optional<Target>& target) {
  if (!target) return "-";
  return *target == Target::kLinux ? "linux" : "pcap";
}

const char* Name(PacketOrigin origin) {
  switch (origin) {
    case PacketOrigin::kInterface:
      return "interface";
    case PacketOrigin::kSavefile:
      return "savefile";
    case PacketOrigin::kSwappedSavefile:
      break;
  }
  return "swapped-savefile";
}

std::string Netmask(const std::optional<std::uint32_t>& mask) {
  if (!mask) return "unknown";
  return fmt::format("{}.{}.{}.{}", *mask >> 24, *mask >> 16 & 0xff, *mask >> 8 & 0xff, *mask & 0xff);
}

std::string Head(std::chrono::system_clock::time_point time, int process, std::string_view program) {
  return fmt::format("time={} program={} pid={}", Time(time), Value(program), process);
}

}  // namespace

std::string FormatEntry(const Entry& entry) {
  std::string line = Head(entry.time, entry.process, entry.program);
  fmt::format_to(std::back_inserter(line), " used={} libpcap={} bpfopt={} source={} proven={} level={}",
                 Name(entry.used), NumberOrDash(entry.libpcap_instructions),
                 NumberOrDash(entry.bpfopt_instructions), NumberOrDash(entry.source_instructions),
                 Name(entry.proven), NumberOrDash(entry.level));
  fmt::format_to(std::back_inserter(line), " ms={:.3f} cache={}",
                 static_cast<double>(entry.took.count()) / 1000, entry.was_cached ? "hit" : "miss");
  if (entry.request) {
    fmt::format_to(std::back_inserter(line), " link={} from={} snaplen={} netmask={} target={}",
                   Value(entry.link_type), Name(entry.request->origin), entry.request->snaplen,
                   Netmask(entry.request->netmask), Name(entry.target));
  }
  if (!entry.reason.empty()) line += " why=" + Quote(entry.reason, kMostReasonBytes);
  fmt::format_to(std::back_inserter(line), " bytes={} filter=", entry.filter.size());
  return line + Quote(entry.filter, kMostLineBytes - line.size() - 1) + '\n';
}

std::string FormatIgnored(std::chrono::system_clock::time_point time, int process, std::string_view program,
                          const std::vector<std::string>& ignored) {
  std::string line = Head(time, process, program);
  for (const std::string& setting : ignored) line += " ignored=" + Quote(setting, kMostReasonBytes);
  return line + '\n';
}

void AppendLine(const std::string& path, const std::string& line) {
  // Opened for each line: a program may close descriptors that it does not know, or give up rights.
  const int file = open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);
  if (file < 0) return;
  [[maybe_unused]] const ssize_t written = write(file, line.data(), line.size());
  close(file);
}

}  // namespace bpfopt::preload
