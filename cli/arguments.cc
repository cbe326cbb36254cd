// Shared options, defined once so that they mean and say the same under every subcommand.
#include "cli/arguments.h"

#include "bpfopt/libpcap.h"
#include "cli/files.h"

#include <arpa/inet.h>
#include <limits>

#include <fmt/format.h>

namespace bpfopt::cli {
namespace {

constexpr std::uint32_t kMaxSnaplen = 262144;  // tcpdump's, and what it takes 0 for

Expected<std::uint32_t> ParseNetmask(const std::string& text) {
  in_addr address{};
  if (inet_pton(AF_INET, text.c_str(), &address) != 1) {
    return InvalidInput("a netmask is four numbers, such as 255.255.255.0, not '" + text + "'");
  }
  return ntohl(address.s_addr);
}

Expected<std::shared_ptr<const Resolver>> MakeResolver(const std::string& hosts_file) {
  if (hosts_file.empty()) return std::shared_ptr<const Resolver>();
  const auto text = ReadInput(hosts_file);
  if (!text) return tl::unexpected(text.error());
  auto resolver = HostsResolver(*text, SystemResolver());
  if (!resolver) {
    Error error = resolver.error();
    error.message = hosts_file + ": " + error.message;
    error.range.reset();  // a place in another text than the filter
    return tl::unexpected(std::move(error));
  }
  return std::shared_ptr<const Resolver>(std::move(*resolver));
}

}  // namespace

void MeaningArguments::AddTo(CommandLine& line, bool with_link_type) {
  if (with_link_type)
    line.AddOption("-y,--link-type", link_type, "link type by name or number (-L lists them)");
  line.AddNumber("-s,--snaplen", snaplen, 0, std::numeric_limits<std::uint32_t>::max(),
                 "bytes to keep of an accepted packet");
  line.AddOption("-m,--netmask", netmask, "of the network captured on, for 'ip broadcast'");
  line.AddNumber(
      "--protochain-depth", protochain_depth, 1, kMaxProtochainDepth,
      fmt::format("headers that 'protochain' follows, at most; {} by default", kDefaultProtochainDepth));
  line.AddOption("--hosts", hosts_file, "hosts(5) file to look names up in before the system's");
}

Expected<void> MeaningArguments::Apply(CompileOptions& options) const {
  options.link_type = link_type;
  options.snaplen = snaplen == 0 ? kMaxSnaplen : snaplen;
  const auto mask = ParseNetmask(netmask);
  if (!mask) return tl::unexpected(mask.error());
  options.netmask = *mask;
  options.protochain_depth = protochain_depth;
  auto resolver = MakeResolver(hosts_file);
  if (!resolver) return tl::unexpected(resolver.error());
  options.resolver = std::move(*resolver);
  options.read_file = [](std::string_view name) { return ReadFile(std::string(name)); };
  return {};
}

void EffortArguments::AddTo(CommandLine& line) {
  line.AddNumber(
      "-O", level, 0, 3,
      "0: as written, 1: without a solver, 2: everything, 3: and the superoptimizer, with larger budgets");
  line.AddChoice(
      "--equal", relation, {{"strict", Relation::kStrict}, {"faithful", Relation::kFaithful}},
      fmt::format("strict: the same verdict on every packet; faithful: but for packets cut short; {}",
                  relation == Relation::kStrict ? "strict is the default" : "faithful is the default"));
  line.AddChoice(
      "--objective", objective,
      {{"size", Objective::kSize}, {"speed", Objective::kSpeed}, {"balanced", Objective::kBalanced}},
      "what to make small: size, speed or balanced (default)");
  line.AddNumber("--limit", limit, 1, 1000000, "instructions that fit (BSDs take 512, iptables 64)");
  line.AddChoice("--target", target,
                 {{"pcap", Target::kPcap}, {"linux", Target::kLinux}, {"seccomp", Target::kSeccomp}},
                 "whose rules the program runs under: pcap (default), linux or seccomp");
  line.AddChoice("--proof", proof,
                 {{"on", ProofMode::kOn}, {"off", ProofMode::kOff}, {"required", ProofMode::kRequired}},
                 "on (default from -O2), off, or required: fail rather than fall back");
  line.AddRepeatedOption("--disable-pass", disabled_passes, "PASS",
                         "leave a pass out (--list-passes); may be repeated");
}

void EffortArguments::Apply(CompileOptions& options) const {
  options.level = level;
  options.relation = relation;
  options.objective = objective;
  options.limit = limit;
  options.target = target;
  options.proof = proof;
  options.disabled_passes = disabled_passes;
}

void FilterArguments::AddTo(CommandLine& line) {
  line.AddOption("-F,--file", file, "read the filter from a file ('-': standard input)");
}

Expected<NamedText> FilterArguments::Read(const std::vector<std::string>& words) const {
  if (!file.empty() && !words.empty())
    return InvalidInput("a filter is given either as words or by -F, not both");
  if (file.empty()) {
    NamedText filter;
    for (const std::string& word : words) {
      if (&word != words.data()) filter.text += ' ';
      filter.text += word;
    }
    return filter;
  }
  auto text = ReadInput(file);
  if (!text) return tl::unexpected(text.error());
  bool comment = false;
  for (char& c : *text) {
    comment = c == '#' || (comment && c != '\n');
    if (comment) c = ' ';
  }
  return NamedText{file, std::move(*text)};
}

Expected<Program> LibpcapProgram(const std::string& filter, const CompileOptions& options, bool optimize) {
  const LibpcapOptions libpcap = {.link_type = options.link_type,
                                  .snaplen = options.snaplen,
                                  .netmask = options.netmask,
                                  .optimize = optimize};
  auto program = CompileWithLibpcap(filter, libpcap);
  if (program) return program;
  const auto written_out = CompileToIr(filter, options, "parse");
  if (!written_out) return program;
  auto other = CompileWithLibpcap(*written_out, libpcap);
  return other ? std::move(other) : std::move(program);
}

void NoteMissingProof(const CompileResult& result, int level, std::optional<ProofMode> proof) {
  if (result.proven) return;
  ReportNote(proof ? "not proven" : "not proven: -O" + std::to_string(level) + " leaves the proof out");
}

}  // namespace bpfopt::cli
