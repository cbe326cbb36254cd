// The options that subcommands share, and how words of the command line become a filter and CompileOptions.
#ifndef BPFOPT_CLI_ARGUMENTS_H
#define BPFOPT_CLI_ARGUMENTS_H

#include "bpfopt/compiler.h"
#include "bpfopt/error.h"
#include "cli/diagnostics.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

namespace bpfopt::cli {

// Words that are no option's, options allowed among them and none after `--`. They are not a positional
// option of CLI11, which would take "[12]" for a list. Throws CLI::ExtrasError for an unknown option.
std::vector<std::string> FreeWords(const CLI::App& app);

// An option whose value is one of a few words.
template <typename Choice>
CLI::Option* AddChoice(CLI::App& app, const std::string& names, Choice& choice,
                       std::vector<std::pair<std::string, std::common_type_t<Choice>>> words,
                       const std::string& help) {
  std::vector<std::string> keys;
  keys.reserve(words.size());
  for (const auto& [word, value] : words) keys.push_back(word);
  return app
      .add_option_function<std::string>(
          names,
          [&choice, words = std::move(words)](const std::string& text) {
            for (const auto& [word, value] : words) {
              if (word == text) choice = value;
            }
          },
          help)
      ->check(CLI::IsMember(keys))
      ->type_name("");
}

// What says which packets are meant: link type, lengths, names.
struct MeaningArguments {
  std::string link_type = "EN10MB";
  std::uint32_t snaplen = 262144;
  std::string netmask = "0.0.0.0";
  std::uint32_t protochain_depth = kDefaultProtochainDepth;
  std::string hosts_file;

  void AddTo(CLI::App& app, bool with_link_type);
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

  void AddTo(CLI::App& app);
  void Apply(CompileOptions& options) const;
};

// The filter: EXPR... or -F FILE.
struct FilterArguments {
  std::string file;

  void AddTo(CLI::App& app);
  // `words` are joined by blanks as tcpdump does; in a file, comments from '#' to the end of the line are
  // blanked.
  Expected<NamedText> Read(const std::vector<std::string>& words) const;
};

// Parses and calls `run`, which throws only CLI11's errors: for these, and for --help, prints and returns.
template <typename Run>
int ParseAndRun(CLI::App& app, int argc, const char* const* argv, Run run);

// What libpcap makes of the filter, or where the spelling is bpfopt's alone (`host in { ... }`), of the same
// filter in libpcap's.
Expected<Program> LibpcapProgram(const std::string& filter, const CompileOptions& options, bool optimize);

// One line when a program is not proven, since it was asked for without a proof.
void NoteMissingProof(const CompileResult& result, int level, std::optional<ProofMode> proof);

template <typename Run>
int ParseAndRun(CLI::App& app, int argc, const char* const* argv, Run run) {
  app.allow_extras();
  try {
    app.parse(argc, argv);
    return run(FreeWords(app));
  } catch (const CLI::Success& success) {
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    return ReportError(std::string(error.what()));
  }
}

}  // namespace bpfopt::cli

#endif  // BPFOPT_CLI_ARGUMENTS_H
