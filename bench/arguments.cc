// CLI11 alone knows the words of the command line.
#include "bench/arguments.h"

#include <chrono>
#include <filesystem>
#include <system_error>

#include <CLI/CLI.hpp>

namespace bpfopt::bench {
namespace {

// The command that was built beside this one.
std::string CommandBeside() {
  std::error_code failure;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", failure);
  return failure ? "bpfopt" : (self.parent_path() / "bpfopt").string();
}

std::vector<std::string> NamesOfParts() {
  std::vector<std::string> names;
  for (const Part& part : Parts()) names.emplace_back(part.name);
  return names;
}

// A page by itself is made in a minute or so.
constexpr std::array kPartsOfQuickPage = {"sizes", "executed", "sets"};
constexpr std::array kKindsOfQuickPage = {"hosts", "nets", "pairs"};
constexpr std::array kSizesOfQuickPage = {10, 20, 50, 100, 200, 500};
constexpr std::chrono::seconds kLibpcapOfQuickPage{3};

// Doubles hold whole numbers up to this, in which the range of what was written is looked at.
constexpr double kLargestSeed = 9007199254740992.0;

// A file that a variable of a shell was to name may come as nothing.
CLI::Validator IsNamed() {
  return {[](const std::string& path) {
            return path.empty() ? std::string("the name of a file is empty") : std::string();
          },
          ""};
}

class CommandLine {
 public:
  CommandLine() : app_("Compares bpfopt with libpcap, over a corpus of filters.", "bpfopt-bench") {
    arguments_.corpus = BPFOPT_CORPUS;
    arguments_.options.netmask = 0;  // what tcpdump -d takes without an interface
    arguments_.how.times.command = CommandBeside();
    AddCompileOptions();
    AddWays();
    AddDocuments();
    AddDetails();
    app_.footer(
        "Exit status: 0 all is well; 1 a program is missing, not proven or larger than tcpdump's, or differs "
        "from the "
        "baseline; 2 it cannot be measured; 77 the baseline is of another libpcap.");
  }

  std::variant<Arguments, int> Parse(int argc, char** argv) {
    try {
      app_.parse(argc, argv);
      Finish();
    } catch (const CLI::ParseError& error) {
      const int status = app_.exit(error);
      return status == 0 ? 0 : kCannotRun;
    }
    return std::move(arguments_);
  }

 private:
  static constexpr int kCannotRun = 2;

  void AddCompileOptions() {
    app_.add_option("--corpus", arguments_.corpus, "directory with files of 'id | link type | filter'");
    app_.add_option("--libpcap", arguments_.libpcap,
                    "compare with the libpcap in this file instead of the installed one")
        ->check(IsNamed());
    app_.add_option("--equal", relation_, "strict or faithful")->check(CLI::IsMember({"strict", "faithful"}));
    app_.add_option("-O", arguments_.options.level, "optimization level")->check(CLI::Range(2, 3));
    app_.add_option("--objective", objective_, "size, speed or balanced")
        ->check(CLI::IsMember({"size", "speed", "balanced"}));
    auto* json = app_.add_flag("--json", json_, "print JSON (docs/report.md)");
    app_.add_flag("--markdown", markdown_, "print the main figures in Markdown")->excludes(json);
  }

  void AddWays() {
    auto* group = app_.add_option_group("What to measure, instead of sizes");
    group->require_option(0, 1);
    const auto add = [&](const char* flag, const char* part, const char* text) {
      group->add_flag_callback(
          flag, [this, part] { arguments_.part = part; }, text);
    };
    add("--executed", "executed", "instructions executed per packet");
    add("--times", "times", "how long compiling takes, and how much memory");
    add("--rates", "rates", "time per packet in libpcap's interpreter and in the running kernel");
    add("--sets", "sets", "filters of many hosts, nets and ports");
    add("--peers", "peers",
        "sizes beside other compilers' than tcpdump's: libpcap without optimizer, and others");
    add("--ablation", "ablation", "what programs come to without each of the passes");
    add("--seccomp", "seccomp", "what libseccomp's filters of system calls come to");
    add("--levels", "levels", "what -O3 gains over -O2");
    baseline_ = group->add_option("--baseline", arguments_.baseline.path,
                                  "which rows are better or worse than in this file");
    app_.add_flag("--update-baseline", arguments_.baseline.update, "for --baseline: write the file anew")
        ->needs(baseline_);
    ways_ = group;
  }

  void AddDocuments() {
    Documents& documents = arguments_.documents;
    app_.add_option("--results", documents.results,
                    "make all measurements and write them to a document in Markdown; -: standard output");
    app_.add_option("--html", documents.page,
                    "write measurements to one HTML page: sizes, executed instructions and large filters, or "
                    "what --results or --parts says; with --json the data is printed as well");
    app_.add_option("--update-documents", documents.updated,
                    "replace the figures between the lines '<!-- bpfopt-bench PART -->' and '<!-- end of "
                    "bpfopt-bench -->' of these files")
        ->expected(1, -1);
    app_.add_option("--parts", documents.parts,
                    "the parts to be measured in one run: " + CLI::detail::join(NamesOfParts(), ", "))
        ->delimiter(',')
        ->check(CLI::IsMember(NamesOfParts()).description(""));
  }

  void AddDetails() {
    PartOptions& how = arguments_.how;
    app_.add_option("--captures", how.captures,
                    "for executed instructions: a directory of savefiles, instead of generated traffic; "
                    "--results measures both");
    app_.add_option("--seed", how.seed, "for executed instructions: of generated traffic")
        ->check(CLI::Range(0.0, kLargestSeed).description(""));
    app_.add_option("--command", how.times.command, "for --times: the bpfopt to run");
    app_.add_option("--kinds", how.sets.kinds,
                    "for --sets: hosts, src-hosts, nets, prefixes, ports, port-ranges, hosts6, pairs")
        ->delimiter(',');
    app_.add_option("--sizes", how.sets.sizes, "for --sets: numbers of entries")
        ->delimiter(',')
        ->check(CLI::Range(1, 100'000));
    auto* variants = app_.add_flag("--variants", variants_,
                                   "for --sets: negated and clustered filters too, as --sets by itself does");
    app_.add_flag("--plain", plain_, "for --sets: no negated and no clustered filters")->excludes(variants);
    app_.add_option("--libpcap-seconds", seconds_,
                    "for --sets: processor time that libpcap has for a filter; 0 leaves it out")
        ->check(CLI::Range(0, 3600));
    app_.add_flag("--no-kernel", skips_kernel_, "for --sets: nothing in the running kernel");
  }

  void Finish() {
    using Mode = Arguments::Mode;
    if (relation_ == "strict") arguments_.options.relation = Relation::kStrict;
    if (objective_ == "size") arguments_.options.objective = Objective::kSize;
    if (objective_ == "speed") arguments_.options.objective = Objective::kSpeed;
    arguments_.form = json_       ? Arguments::Form::kJson
                      : markdown_ ? Arguments::Form::kMarkdown
                                  : Arguments::Form::kText;
    PartOptions& how = arguments_.how;
    how.sets.asks_kernel = !skips_kernel_;
    if (seconds_) how.sets.libpcap_limit = std::chrono::seconds(*seconds_);
    Documents& documents = arguments_.documents;
    const bool is_run_of_parts = !documents.results.empty() || !documents.page.empty() ||
                                 !documents.updated.empty() || !documents.parts.empty();
    if (is_run_of_parts && ways_->count_all() > 0)
      throw CLI::ValidationError("--results, --html, --parts and --update-documents make a run of their own");
    if (is_run_of_parts) arguments_.mode = Mode::kDocuments;
    how.sets.has_variants = variants_ || (!plain_ && !is_run_of_parts);
    if (baseline_->count() > 0) arguments_.mode = Mode::kBaseline;
    if (is_run_of_parts && documents.parts.empty() && documents.results.empty() && documents.updated.empty())
      MakePageQuick();
    if (baseline_->count() > 0 && arguments_.form != Arguments::Form::kText)
      throw CLI::ValidationError("--baseline has neither JSON nor Markdown");
    if (is_run_of_parts && markdown_)
      throw CLI::ValidationError("--markdown is of one measurement; see --results");
    if (json_ && (documents.results == "-" || documents.page == "-"))
      throw CLI::ValidationError("--json takes standard output for itself");
    const bool measures_executed = is_run_of_parts || arguments_.part == "executed";
    if (how.captures && !measures_executed)
      throw CLI::ValidationError("--captures needs --executed, --results, --parts or --html");
    const bool measures_sets = is_run_of_parts || arguments_.part == "sets";
    if ((!how.sets.kinds.empty() || !how.sets.sizes.empty()) && !measures_sets)
      throw CLI::ValidationError("--kinds and --sizes need --sets, --results, --parts or --html");
  }

  void MakePageQuick() {
    PartOptions& how = arguments_.how;
    for (const char* part : kPartsOfQuickPage) arguments_.documents.parts.emplace_back(part);
    if (how.captures) arguments_.documents.parts.emplace_back("captures");
    if (how.sets.kinds.empty()) how.sets.kinds.assign(kKindsOfQuickPage.begin(), kKindsOfQuickPage.end());
    if (how.sets.sizes.empty()) how.sets.sizes.assign(kSizesOfQuickPage.begin(), kSizesOfQuickPage.end());
    if (!seconds_) how.sets.libpcap_limit = kLibpcapOfQuickPage;
    how.sets.asks_kernel = false;
  }

  CLI::App app_;
  Arguments arguments_;
  std::string relation_ = "faithful";
  std::string objective_ = "balanced";
  bool json_ = false;
  bool markdown_ = false;
  bool skips_kernel_ = false;
  bool variants_ = false;
  bool plain_ = false;
  std::optional<unsigned> seconds_;
  CLI::Option* baseline_ = nullptr;
  CLI::App* ways_ = nullptr;
};

}  // namespace

std::variant<Arguments, int> ParseArguments(int argc, char** argv) { return CommandLine().Parse(argc, argv); }

}  // namespace bpfopt::bench
