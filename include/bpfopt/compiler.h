// The compiler: a filter in, a proven classic BPF program out.
//
//   bpfopt::CompileOptions options;
//   options.link_type = "RAW";
//   bpfopt::Expected<bpfopt::CompileResult> result = bpfopt::Compile("tcp port 80", options);
//   if (!result) {
//     std::cerr << result.error().message << '\n';
//     return 1;
//   }
//   // An array of struct sock_filter, for setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, ...).
//   const bpfopt::Instruction* instructions = result->program.data();
//   for (const bpfopt::Diagnostic& diagnostic : result->diagnostics) std::cerr << diagnostic.message << '\n';
//
// Nothing here prints, exits, throws or keeps state: every call may run in several threads at once.
#ifndef BPFOPT_COMPILER_H
#define BPFOPT_COMPILER_H

#include "bpfopt/diagnostic.h"
#include "bpfopt/error.h"
#include "bpfopt/export.h"
#include "bpfopt/file_reader.h"
#include "bpfopt/filter.h"
#include "bpfopt/graph.h"
#include "bpfopt/interruption.h"
#include "bpfopt/options.h"
#include "bpfopt/program.h"
#include "bpfopt/resolver.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bpfopt {

// How much work a compile may do. Each is counted in steps that are the same on every machine, so the same
// input and options give the same program everywhere.
struct Budgets {
  std::uint64_t smt_steps = 20'000'000;    // Z3 resource units for the passes, from -O2 on
  std::uint64_t proof_steps = 50'000'000;  // Z3 resource units for each proof
  std::size_t proof_nodes = 200'000;       // program points that a proof may unfold
  std::size_t search = 2000;               // register assignments that the backend may try
};

// A step of a compile that has just ended: "parse", "resolve", "lower", a pass by its name, "emit", "prove".
struct StageReport {
  std::string_view name;
  bool changed = true;  // passes: did the function change?
  std::chrono::nanoseconds time{};
  // What the step made, as text: the filter, the IR, the program. Callable until the observer returns; empty
  // for steps that make no text.
  std::function<std::string()> text;
  // The same as a graph, for steps that make IR.
  std::function<Graph()> graph = {};
};

struct CompileOptions {
  std::string link_type = "EN10MB";  // a DLT_ name without the prefix, or its number
  std::uint32_t snaplen = 262144;    // what an accepted packet's verdict is; not 0
  // Of the network captured on, host order; for `ip broadcast`, which without it is an error.
  std::optional<std::uint32_t> netmask = {};
  PacketOrigin origin = PacketOrigin::kInterface;
  Target target = Target::kPcap;
  std::uint32_t protochain_depth = kDefaultProtochainDepth;  // 1 to kMaxProtochainDepth

  int level = 2;  // 0: as written; 1: passes without a solver; 2: all passes; 3: and the superoptimizer
  Relation relation = Relation::kFaithful;
  Objective objective = Objective::kBalanced;
  std::size_t limit = 4096;                       // instructions
  std::optional<ProofMode> proof = {};            // nothing: on from level 2 on, off below
  std::vector<std::string> disabled_passes = {};  // by name, as in Passes(): left out of every candidate

  std::shared_ptr<const Resolver> resolver = {};  // null: SystemResolver()
  FileReader read_file = {};                      // for `@FILE` in sets; empty: such a set is an error
  Budgets budgets = {};
  Interruption interruption = {};  // ends the compile

  // Called after each step of the compile of the main candidate; may be empty.
  std::function<void(const StageReport&)> observer = {};
  // Check the IR's invariants after each pass that changed something. Costs time.
  bool check_invariants = false;
};

// Where the program that a result is proven against came from.
enum class SourceKind {
  kLibpcap,   // libpcap's unoptimized program for the filter
  kLowering,  // bpfopt's own lowering of the filter, nothing optimized
  kProgram,   // the program that was to be optimized
};

// A way of compiling whose program was considered, in the order of preference.
struct Candidate {
  enum class Outcome {
    kNotNeeded,  // a better one was proven
    kUnproven,   // chosen with the proof switched off
    kProven,
    kUndecided,  // the proof ran out of its budget
    kTooLarge,   // did not fit the limit
  };
  // "full", "no-solver", "naive", "source", "superoptimized", or what is left out or done otherwise, such as
  // "no-merge" and "likely-first" (driver/candidate.cc).
  std::string_view name;
  std::size_t instructions = 0;
  double expected_path = 0;  // executed instructions, by a fixed guess at traffic (docs/objectives.md)
  Outcome outcome = Outcome::kNotNeeded;
  std::string detail;  // why undecided or too large
};

struct CompileStatistics {
  std::map<std::string, std::size_t> counters;  // what was done how often, by "pass.what"
  struct Timing {
    std::string name;  // of a step, as in StageReport
    std::size_t runs = 0;
    std::chrono::nanoseconds time{};
  };
  std::vector<Timing> timings;  // in the order of the steps' first runs
  std::size_t proof_nodes = 0;
  std::size_t proof_queries = 0;
  std::uint64_t proof_steps = 0;
};

struct CompileResult {
  Program program;
  // Is the program proven equal to `source` under the relation asked for?
  bool proven = false;
  Program source;
  SourceKind source_kind = SourceKind::kLibpcap;
  std::string source_reason;  // why it is not libpcap's
  // The libpcap in use understands the filter otherwise than the one whose language is bpfopt's: the program
  // means what libpcap's does, and a note shows a packet (docs/language.md).
  bool libpcap_reads_otherwise = false;
  // False: on a live capture with a cooked header (`any`) the kernel has no header where this program looks
  // for it, so libpcap has to run it, as it does its own.
  bool kernel_follows = true;
  // Random draws (instruction) of the program and the source's that each stands for; for Verify.
  std::map<std::size_t, std::size_t> draws;
  std::vector<Candidate> candidates;
  std::vector<Diagnostic> diagnostics;
  CompileStatistics statistics;
};

// Errors: the filter or an option is wrong (kInvalidInput, with the place); no candidate fits the limit
// (kTooLarge); no proof where one was required (kUndecided); a pass or a proof failed (kInternal, with the
// packet).
BPFOPT_API Expected<CompileResult> Compile(std::string_view filter, const CompileOptions& options = {});
BPFOPT_API Expected<CompileResult> Compile(const filter::Predicate& predicate,
                                           const CompileOptions& options = {});

// The IR at the end of the passes as text (docs/ir.md), or after the first run of `stop_after`: "lower" or a
// pass's name. After "parse" and "resolve" it is the filter with all of its qualifiers and parentheses.
BPFOPT_API Expected<std::string> CompileToIr(std::string_view filter, const CompileOptions& options,
                                             std::string_view stop_after = {});
// The control-flow graph at the end of the passes in Graphviz' DOT language.
BPFOPT_API Expected<std::string> CompileToDot(std::string_view filter, const CompileOptions& options);

struct PassInfo {
  std::string_view name;
  std::string_view description;
};
BPFOPT_API std::vector<PassInfo> Passes();

struct LinkTypeInfo {
  int number;  // DLT_
  std::string name;
  std::string description;
};
// Those that filters can be compiled for, by number.
BPFOPT_API std::vector<LinkTypeInfo> LinkTypes();
// By name or number.
BPFOPT_API Expected<LinkTypeInfo> FindLinkType(std::string_view name_or_number);

// bpfopt's version, such as "0.1.0".
BPFOPT_API std::string_view Version();

}  // namespace bpfopt

#endif  // BPFOPT_COMPILER_H
