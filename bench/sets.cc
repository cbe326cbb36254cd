// Times are processor times of this machine, now; nothing is decided by them.
#include "bench/sets.h"

#include "bench/child.h"
#include "bench/kernel_rate.h"
#include "bench/peak_memory.h"
#include "bench/sets_report.h"
#include "bpfopt/kernel.h"
#include "bpfopt/libpcap.h"
#include "bpfopt/verify.h"

#include <algorithm>
#include <ctime>
#include <limits>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

namespace bpfopt::bench {
namespace {

constexpr std::size_t kFrames = 4000;
constexpr int kRuns = 3;
constexpr std::size_t kKernelHosts = 500;
constexpr std::chrono::seconds kOurLimit{300};
constexpr std::chrono::seconds kKernelLimit{120};  // for libpcap to compile the filter that the kernel runs

// Programs over the kernel's limit are measured like others.
constexpr std::size_t kNoLimit = 1'000'000;

// Of this thread, which does all the work: the clock of a process that has a limit of processor time, as the
// child has, goes by the ticks of the kernel.
double ProcessorTime() {
  timespec time = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

nlohmann::json ToJson(const Program& program) {
  auto json = nlohmann::json::array();
  for (const Instruction& each : program) json.push_back({each.code, each.jt, each.jf, each.k});
  return json;
}

Program FromJson(const nlohmann::json& json) {
  Program program;
  for (const auto& each : json) {
    Instruction instruction;
    each.at(0).get_to(instruction.code);
    each.at(1).get_to(instruction.jt);
    each.at(2).get_to(instruction.jf);
    each.at(3).get_to(instruction.k);
    program.push_back(instruction);
  }
  return program;
}

// The shortest of a few runs; one that takes long is not done again.
double TimeOf(const std::string& filter, const CompileOptions& options) {
  double best = std::numeric_limits<double>::max();
  for (int i = 0; i < kRuns && (i == 0 || best < 500); ++i) {
    const double begin = ProcessorTime();
    if (!Compile(filter, options)) return -1;
    best = std::min(best, ProcessorTime() - begin);
  }
  return best;
}

// In the child.
std::string MeasureOurs(const std::string& filter, CompileOptions options) {
  options.limit = kNoLimit;
  const PeakMemory memory;
  const double with_proof = TimeOf(filter, options);
  const auto result = Compile(filter, options);
  if (!result) return nlohmann::json{{"error", result.error().message}}.dump();
  const std::size_t kibibytes = memory.kibibytes().value_or(0);
  options.level = 1;
  options.proof = ProofMode::kOff;
  return nlohmann::json{{"program", ToJson(result->program)},
                        {"proven", result->proven},
                        {"quick", TimeOf(filter, options)},
                        {"with_proof", with_proof},
                        {"kibibytes", kibibytes}}
      .dump();
}

std::string MeasureTheirs(const std::string& filter, const CompileOptions& options) {
  LibpcapOptions theirs;
  theirs.netmask = options.netmask;
  const double begin = ProcessorTime();
  const auto program = CompileWithLibpcap(filter, theirs);
  const double time = ProcessorTime() - begin;
  if (!program) return nlohmann::json{{"error", program.error().message}}.dump();
  return nlohmann::json{{"program", ToJson(*program)}, {"time", time}}.dump();
}

// The frames whose verdict says that no entry matches.
std::vector<std::vector<std::uint8_t>> Strangers(const SetFilter& filter, const Program& program) {
  std::vector<std::vector<std::uint8_t>> strangers;
  for (auto& frame : RandomFrames(filter.kind, kFrames)) {
    const auto length = static_cast<std::uint32_t>(frame.size());
    const bool accepts = RunOnPacket(program, frame, length).verdict != 0;
    if (accepts == filter.is_negated) strangers.push_back(std::move(frame));
  }
  return strangers;
}

double MeanExecuted(const Program& program, const std::vector<std::vector<std::uint8_t>>& frames) {
  std::size_t sum = 0;
  for (const auto& frame : frames) {
    sum += RunOnPacket(program, frame, static_cast<std::uint32_t>(frame.size())).executed;
  }
  return frames.empty() ? 0 : static_cast<double>(sum) / static_cast<double>(frames.size());
}

Expected<SetRow> MeasureRow(const SetFilter& filter, const CompileOptions& options,
                            std::chrono::seconds libpcap_limit) {
  SetRow row{.filter = filter};
  const std::string text = TextOf(filter);
  const auto ours =
      RunInChild([&](const ChildOutput& write) { write(MeasureOurs(text, options)); }, kOurLimit);
  if (!ours) return tl::unexpected(ours.error());
  if (!ours->finished) {
    row.error = ours->over_time ? "over time" : ours->death;
    return row;
  }
  const auto measured = nlohmann::json::parse(ours->output);
  if (measured.contains("error")) {
    row.error = measured.at("error").get<std::string>();
    return row;
  }
  const Program program = FromJson(measured.at("program"));
  const auto strangers = Strangers(filter, program);
  row.ours = program.size();
  row.proven = measured.at("proven").get<bool>();
  row.quick = measured.at("quick").get<double>();
  row.with_proof = measured.at("with_proof").get<double>();
  row.megabytes = measured.at("kibibytes").get<double>() / 1024;
  row.executed = MeanExecuted(program, strangers);
  row.kernel_bytes = KernelMemory(program);
  if (libpcap_limit.count() == 0) return row;
  const auto theirs =
      RunInChild([&](const ChildOutput& write) { write(MeasureTheirs(text, options)); }, libpcap_limit);
  if (!theirs) return tl::unexpected(theirs.error());
  row.libpcap_over_time = !theirs->finished;
  if (row.libpcap_over_time) return row;
  const auto answer = nlohmann::json::parse(theirs->output);
  if (answer.contains("error")) return row;
  const Program their_program = FromJson(answer.at("program"));
  row.theirs = their_program.size();
  row.their_time = answer.at("time").get<double>();
  row.their_executed = MeanExecuted(their_program, strangers);
  return row;
}

// What the running kernel makes of it, as a line of text.
Expected<SetKernelRun> RunInKernel(const CompileOptions& options) {
  const SetFilter filter{SetKind::kHosts, Arrangement::kRandom, false, kKernelHosts};
  const std::string text = TextOf(filter);
  const auto ours = Compile(text, options);
  if (!ours) return tl::unexpected(ours.error());
  const auto child =
      RunInChild([&](const ChildOutput& write) { write(MeasureTheirs(text, options)); }, kKernelLimit);
  if (!child) return tl::unexpected(child.error());
  if (!child->finished) return InvalidInput("libpcap has no program within its time");
  const auto answer = nlohmann::json::parse(child->output);
  if (answer.contains("error")) return InvalidInput(answer.at("error").get<std::string>());
  const Program theirs = FromJson(answer.at("program"));
  const auto rate = CompareInKernel(ours->program, theirs, Strangers(filter, ours->program));
  if (!rate) return tl::unexpected(rate.error());
  return SetKernelRun{kKernelHosts, ours->program.size(), theirs.size(), *rate};
}

Expected<std::vector<SetKind>> KindsOf(const SetsOptions& how) {
  std::vector<SetKind> kinds;
  for (const SetKindName& known : SetKinds()) {
    if (how.kinds.empty() || std::ranges::find(how.kinds, known.name) != how.kinds.end())
      kinds.push_back(known.kind);
  }
  for (const std::string& name : how.kinds) {
    if (std::ranges::none_of(SetKinds(), [&](const SetKindName& known) { return known.name == name; }))
      return InvalidInput("there is no kind of entries called " + name);
  }
  return kinds;
}

}  // namespace

Expected<ModeReport> CompareSets(const CompileOptions& options, const SetsOptions& how) {
  const auto kinds = KindsOf(how);
  if (!kinds) return tl::unexpected(kinds.error());
  std::set<std::size_t> sizes(how.sizes.begin(), how.sizes.end());
  if (sizes.empty()) sizes = {10, 100, 500, 1000, 2000};
  std::vector<SetRow> rows;
  for (const SetKind kind : *kinds) {
    for (const bool is_negated : {false, true}) {
      for (const Arrangement arrangement : {Arrangement::kRandom, Arrangement::kClustered}) {
        const bool is_plain = !is_negated && arrangement == Arrangement::kRandom;
        if (!how.has_variants && !is_plain) continue;
        std::chrono::seconds limit = how.libpcap_limit;
        for (const std::size_t entries : sizes) {
          auto row = MeasureRow({kind, arrangement, is_negated, entries}, options, limit);
          if (!row) return tl::unexpected(row.error());
          if (limit.count() == 0 && how.libpcap_limit.count() != 0) row->libpcap_over_time = true;
          if (row->libpcap_over_time) limit = std::chrono::seconds(0);
          rows.push_back(std::move(*row));
        }
      }
    }
  }
  SetsReport report{how.libpcap_limit, std::move(rows), std::nullopt, {}};
  if (how.asks_kernel) {
    auto run = RunInKernel(options);
    if (run) report.kernel = *run;
    if (!run) report.kernel_error = run.error().message;
  }
  const bool is_bad =
      std::ranges::any_of(report.rows, [](const SetRow& row) { return row.ours == 0 || !row.proven; });
  return ModeReport{FormatSetsText(report), FormatSetsSummary(report), SetsData(report), is_bad};
}

}  // namespace bpfopt::bench
