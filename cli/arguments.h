// The options that subcommands share, and how words of the command line become a filter and CompileOptions.
#ifndef BPFOPT_CLI_ARGUMENTS_H
#define BPFOPT_CLI_ARGUMENTS_H

#include "bpfopt/compiler.h"
#include "bpfopt/error.h"
#include "cli/command_line.h"
#include "cli/diagnostics.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace bpfopt::cli {

// What says which packets are meant: link type, lengths, names.
struct MeaningArguments {
  std::string link_type = "EN10MB";
  std::uint32_t snaplen = 262144;
  std::string netmask = "0.0.0.0";
  std::uint32_t protochain_depth = kDefaultProtochainDepth;
  std::string hosts_file;

  void AddTo(CommandLine& line, bool with_link_type);
  // Fills the options' link type, snapshot length, netmask, depth of chains, resolver and reader of files.
  Expected<void> Apply(CompileOptions& options) const;
};

// How hard to optimize and prove.
struct EffortArguments {
  explicit EffortArguments(Relation default_relation) : relation(default_relation) {}

  int level = 2;
  Relation relation;
  Objective objective = Objective::kBalanced;
  std::size_t limit = 4096;
  Target target = Target::kPcap;
  std::optional<ProofMode> proof;
  std::vector<std::string> disabled_passes;

  void AddTo(CommandLine& line);
  void Apply(CompileOptions& options) const;
};

// The filter: EXPR... or -F FILE.
struct FilterArguments {
  std::string file;

  void AddTo(CommandLine& line);
  // `words` are joined by blanks as tcpdump does; in a file, comments from '#' to the end of the line are
  // blanked.
  Expected<NamedText> Read(const std::vector<std::string>& words) const;
};

// What libpcap makes of the filter, or where the spelling is bpfopt's alone (`host in { ... }`), of the same
// filter in libpcap's.
Expected<Program> LibpcapProgram(const std::string& filter, const CompileOptions& options, bool optimize);

// One line when a program is not proven, since it was asked for without a proof.
void NoteMissingProof(const CompileResult& result, int level, std::optional<ProofMode> proof);

}  // namespace bpfopt::cli

#endif  // BPFOPT_CLI_ARGUMENTS_H
